//! What a program can give as the parameters of a job: a text, a value, a struct.

use serde_json::Value as Json;

use super::{DocumentError, Field, Given, GivenParams};

/// Something that can be given as the parameters of a job: a JSON text, a `serde_json::Value`, [`GivenParams`], the struct of
/// [`#[derive(Params)]`](macro@crate::Params), and `()` for none.
///
/// ```
/// use overnight_framework::params::{GivenParams, IntoParams};
/// use serde_json::json;
///
/// let text = r#"{"day": "2026-10-30"}"#.into_params()?;
/// let value = json!({ "day": "2026-10-30" }).into_params()?;
/// assert!(text.get("day").is_some() && value.get("day").is_some());
/// assert!(().into_params()?.is_empty());
/// # Ok::<(), overnight_framework::params::DocumentError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given as the parameters of a job",
    label = "no parameters",
    note = "parameters are a JSON text, a `serde_json::Value`, a struct with `#[derive(Params)]`, or `()` for none"
)]
pub trait IntoParams {
    /// The parameters, not yet bound to what a job declares.
    ///
    /// # Errors
    /// When a text or value is no JSON object, or larger than 1 MiB.
    fn into_params(self) -> Result<GivenParams, DocumentError>;
}

/// A type whose fields can be given as the parameters of a job: the way back from [`FromParams`](super::FromParams).
///
/// [`#[derive(Params)]`](macro@crate::Params) writes both. By hand it names the same fields once more:
///
/// ```
/// use overnight_framework::params::{Field, Giving, IntoParams, ToParams};
///
/// struct Close {
///     branch: i64,
///     note: Option<String>,
/// }
///
/// impl ToParams for Close {
///     fn give(&self, giving: &mut Giving) {
///         giving.field(&Field::new("branch"), &self.branch);
///         giving.optional(&Field::new("note"), self.note.as_ref());
///     }
/// }
///
/// let given = Close { branch: 7, note: None }.into_params()?;
/// assert_eq!(given.names().collect::<Vec<_>>(), ["branch", "note"]);
/// # Ok::<(), overnight_framework::params::DocumentError>(())
/// ```
pub trait ToParams {
    /// Gives every field, secret ones included: they reach the run and no row.
    fn give(&self, giving: &mut Giving);
}

/// The fields of a value, while they are given.
#[derive(Debug, Default)]
pub struct Giving {
    given: GivenParams,
}

impl Giving {
    /// A field that has a value.
    pub fn field<T>(&mut self, field: &Field<T>, value: &T) {
        self.set(field, &field.value_of(value).to_json());
    }

    /// A field that may be without a value: then a null is given, which is no default.
    pub fn optional<T>(&mut self, field: &Field<T>, value: Option<&T>) {
        self.set(field, &value.map_or(Json::Null, |value| field.value_of(value).to_json()));
    }

    fn set<T>(&mut self, field: &Field<T>, value: &Json) {
        self.given.set(field.name(), Given::Json { text: value.to_string(), place: None });
    }
}

/// A job without parameters.
impl ToParams for () {
    fn give(&self, _: &mut Giving) {}
}

impl<T: ToParams + ?Sized> ToParams for &T {
    fn give(&self, giving: &mut Giving) {
        (**self).give(giving);
    }
}

impl<T: ToParams> IntoParams for T {
    fn into_params(self) -> Result<GivenParams, DocumentError> {
        let mut giving = Giving::default();
        self.give(&mut giving);
        Ok(giving.given)
    }
}

impl IntoParams for GivenParams {
    fn into_params(self) -> Result<GivenParams, DocumentError> {
        Ok(self)
    }
}

/// A JSON object; an empty text is an empty object.
impl IntoParams for &str {
    fn into_params(self) -> Result<GivenParams, DocumentError> {
        GivenParams::from_json(self)
    }
}

impl IntoParams for String {
    fn into_params(self) -> Result<GivenParams, DocumentError> {
        GivenParams::from_json(&self)
    }
}

impl IntoParams for Json {
    fn into_params(self) -> Result<GivenParams, DocumentError> {
        GivenParams::of(&self)
    }
}

impl IntoParams for &Json {
    fn into_params(self) -> Result<GivenParams, DocumentError> {
        GivenParams::of(self)
    }
}
