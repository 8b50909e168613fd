//! The parameters of a job: what is declared, what is given, and the key that they make of a run.

mod bind;
mod declaration;
mod distinct;
mod document;
mod exact;
mod field;
mod fields;
mod into;
mod key;
mod parse;
mod value;

pub use self::bind::{BindContext, ParamProblem, ParamsError, bind};
pub(crate) use self::bind::{broken_rule, compare};
pub use self::declaration::{Check, ParamDeclaration, ParamType};
pub use self::document::{DocumentError, Given, GivenParams, GivenPlace};
pub use self::exact::{JsonError, parse_json};
pub(crate) use self::exact::{keeps_digits, survives};
pub use self::field::{Field, Limits};
pub use self::fields::{Fields, FromParams};
pub use self::into::{Giving, IntoParams, ToParams};
pub use self::key::InstanceKey;
pub(crate) use self::key::hex_digest;
pub(crate) use self::parse::{parse, stored};
pub use self::value::ParamValue;
pub use crate::text::{parse_date, parse_datetime, parse_duration};

use std::collections::BTreeMap;

use crate::row::Value;

/// The bound parameters of one run: every declared name with its value, checked and defaulted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    values: BTreeMap<Box<str>, Param>,
}

/// One bound parameter.
#[derive(Clone, Debug, PartialEq)]
struct Param {
    value: Value,
    identifying: bool,
    secret: bool,
    /// Whether another value would stand here if none had been given.
    has_default: bool,
}

impl Params {
    /// The value of the parameter `name`; `None` when none is declared by that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).map(|param| &param.value)
    }

    /// The key of the job instance that these parameters name.
    #[must_use]
    pub fn key(&self) -> InstanceKey {
        InstanceKey::of(self.identifying())
    }

    /// The values that may be stored and shown: all but the secret ones, and the nulls that nobody gave. A null in the
    /// place of a default was given, and a restart shall find it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        let is_said = |param: &Param| !param.secret && (!param.value.is_null() || param.has_default);
        let open = self.values.iter().filter(|(_, param)| is_said(param));
        open.map(|(name, param)| (name.to_string(), key::to_canonical(&param.value))).collect()
    }

    /// The values of the secret parameters, for those who mask them in output.
    pub fn secrets(&self) -> impl Iterator<Item = String> {
        self.values.values().filter(|param| param.secret && !param.value.is_null()).map(|param| param.value.to_string())
    }

    /// The identifying parameters that have a value.
    fn identifying(&self) -> impl Iterator<Item = (&str, &Value)> {
        let identifying = self.values.iter().filter(|(_, param)| param.identifying && !param.value.is_null());
        identifying.map(|(name, param)| (&**name, &param.value))
    }

    fn insert(&mut self, declaration: &ParamDeclaration, value: Value) {
        let ParamDeclaration { identifying, secret, .. } = *declaration;
        let param = Param { value, identifying, secret, has_default: declaration.default.is_some() };
        self.values.insert(declaration.name.clone(), param);
    }
}
