//! Reads `#[setting(…)]` and `#[settings(crate = path)]`.

use syn::{Attribute, Expr, LitStr, Path, Token};

use crate::keys::{self, Keys};
use crate::problems::Problems;

/// What a field says of its key.
#[derive(Default)]
pub(crate) struct SettingKeys {
    pub(crate) name: Option<LitStr>,
    pub(crate) default: Option<Fallback>,
    pub(crate) check: Option<Path>,
}

/// What the field is where its key is absent.
pub(crate) enum Fallback {
    /// `default = VALUE`.
    Value(Expr),
    /// `default`: what the type says.
    OfType,
}

const SETTING: Keys = Keys {
    attribute: "setting",
    known: &[("name", "name = \"…\""), ("default", "default = VALUE"), ("check", "check = FUNCTION")],
};

const SETTINGS: Keys = Keys { attribute: "settings", known: &[("crate", "crate = PATH")] };

/// What stands at a field.
pub(crate) fn setting(attributes: &[Attribute], problems: &mut Problems) -> SettingKeys {
    refuse_serde(attributes, problems);
    let mut read = SettingKeys::default();
    SETTING.read(attributes, problems, |key| {
        match key.name {
            "name" => read.name = Some(SETTING.value(key)?),
            "default" if key.input.peek(Token![=]) => read.default = Some(Fallback::Value(SETTING.value(key)?)),
            "default" => read.default = Some(Fallback::OfType),
            _ => read.check = Some(SETTING.value(key)?),
        }
        Ok(())
    });
    read
}

/// The path under which the code we write finds the framework.
pub(crate) fn framework(attributes: &[Attribute], problems: &mut Problems) -> Path {
    keys::refuse_above(attributes, &SETTING, &SETTINGS, problems);
    let mut path = None;
    SETTINGS.read(attributes, problems, |key| {
        path = Some(SETTINGS.value::<keys::ModPath>(key)?.0);
        Ok(())
    });
    keys::framework(path)
}

/// Settings are read by overnight: a rule for serde would silently do nothing.
fn refuse_serde(attributes: &[Attribute], problems: &mut Problems) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let message = "settings are not read by serde: write `#[setting(name = …)]` or `#[setting(default = …)]`";
        problems.at(attribute, message);
    }
}
