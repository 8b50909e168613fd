//! Reads `#[param(…)]` and `#[params(crate = path)]`.

use syn::{Attribute, Expr, ExprArray, LitStr, Path};

use crate::keys::{self, Keys};
use crate::problems::Problems;

/// What a field says of its parameter.
#[derive(Default)]
pub(crate) struct ParamKeys {
    pub(crate) name: Option<LitStr>,
    pub(crate) default: Option<Expr>,
    pub(crate) range: Option<Expr>,
    pub(crate) pattern: Option<LitStr>,
    pub(crate) one_of: Option<ExprArray>,
    pub(crate) check: Option<Path>,
    pub(crate) identifying: Option<bool>,
    pub(crate) secret: bool,
    pub(crate) json: bool,
}

const PARAM: Keys = Keys {
    attribute: "param",
    known: &[
        ("name", "name = \"…\""),
        ("default", "default = VALUE"),
        ("range", "range = LOW..=HIGH"),
        ("pattern", "pattern = \"REGEX\""),
        ("one_of", "one_of = [VALUE, …]"),
        ("check", "check = FUNCTION"),
        ("identifying", "identifying = false"),
        ("secret", "secret"),
        ("json", "json"),
    ],
};

const PARAMS: Keys = Keys { attribute: "params", known: &[("crate", "crate = PATH")] };

/// What stands at a field.
pub(crate) fn param(attributes: &[Attribute], problems: &mut Problems) -> ParamKeys {
    refuse_serde(attributes, problems);
    let mut keys = ParamKeys::default();
    PARAM.read(attributes, problems, |key| {
        match key.name {
            "name" => keys.name = Some(PARAM.value(key)?),
            "default" => keys.default = Some(PARAM.value(key)?),
            "range" => keys.range = Some(PARAM.value(key)?),
            "pattern" => keys.pattern = Some(PARAM.value(key)?),
            "one_of" => keys.one_of = Some(PARAM.value(key)?),
            "check" => keys.check = Some(PARAM.value(key)?),
            "identifying" => keys.identifying = Some(PARAM.flag(key)?),
            "secret" => keys.secret = PARAM.flag(key)?,
            _ => keys.json = PARAM.flag(key)?,
        }
        Ok(())
    });
    keys
}

/// The path under which the code we write finds the framework.
pub(crate) fn framework(attributes: &[Attribute], problems: &mut Problems) -> Path {
    keys::refuse_above(attributes, &PARAM, &PARAMS, problems);
    let mut path = None;
    PARAMS.read(attributes, problems, |key| {
        path = Some(PARAMS.value::<keys::ModPath>(key)?.0);
        Ok(())
    });
    keys::framework(path)
}

/// Parameters are bound by overnight: a rule for serde would silently do nothing.
fn refuse_serde(attributes: &[Attribute], problems: &mut Problems) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        problems
            .at(attribute, "parameters are not read by serde: write `#[param(name = …)]` or `#[param(default = …)]`");
    }
}
