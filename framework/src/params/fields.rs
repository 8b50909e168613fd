//! The fields of a Rust type as the parameters of a job: declared and read in one text.

use super::{Field, ParamDeclaration, ParamProblem, Params, ParamsError};
use crate::row::Value;

/// A type that a job takes its parameters as: one field for each of them.
///
/// [`#[derive(Params)]`](macro@crate::Params) writes it for a struct. By hand it is as short, because the declarations and the
/// reading are one text:
///
/// ```
/// use chrono::NaiveDate;
/// use overnight_framework::params::{Field, Fields, FromParams};
///
/// struct Close {
///     day: NaiveDate,
///     rate: i64,
/// }
///
/// impl FromParams for Close {
///     fn fields(fields: &mut Fields<'_>) -> Option<Self> {
///         let day = fields.field(Field::new("day").description("Accounting day to close."));
///         let rate = fields.field(Field::new("rate").default(375).range(0..=10_000));
///         Some(Self { day: day?, rate: rate? })
///     }
/// }
///
/// let declared = Close::declarations()?;
/// assert!(declared[0].required && !declared[1].required);
/// # Ok::<(), overnight_framework::params::ParamsError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parameters of a job",
    label = "no parameters",
    note = "write `#[derive(Params)]` above `struct {Self}`; a job without parameters takes `()`"
)]
pub trait FromParams: Sized + Send + Sync + 'static {
    /// What they are the parameters of, unless the job says so itself.
    const DESCRIPTION: Option<&'static str> = None;

    /// Names every field, in the order in which they are shown, and takes its value. `None` when one has none: that is so
    /// when they are only declared.
    fn fields(fields: &mut Fields<'_>) -> Option<Self>;

    /// What the fields declare.
    ///
    /// # Errors
    /// When a default or a pattern cannot be what it is meant to be, with all problems at once.
    fn declarations() -> Result<Vec<ParamDeclaration>, ParamsError> {
        let mut fields = Fields::of(None);
        Self::fields(&mut fields);
        let Fields { declared, problems, .. } = fields;
        if problems.is_empty() { Ok(declared) } else { Err(ParamsError { problems }) }
    }

    /// The fields with their values.
    ///
    /// # Errors
    /// When `params` were bound to other declarations than these.
    fn from_params(params: &Params) -> Result<Self, ParamsError> {
        let mut fields = Fields::of(Some(params));
        match Self::fields(&mut fields) {
            Some(read) => Ok(read),
            None => Err(ParamsError { problems: fields.problems }),
        }
    }
}

/// A job without parameters.
impl FromParams for () {
    fn fields(_: &mut Fields<'_>) -> Option<Self> {
        Some(())
    }
}

/// The fields of a type, while they are declared or read.
#[derive(Debug)]
pub struct Fields<'a> {
    /// The values, when they are read.
    params: Option<&'a Params>,
    declared: Vec<ParamDeclaration>,
    problems: Vec<ParamProblem>,
}

impl<'a> Fields<'a> {
    fn of(params: Option<&'a Params>) -> Self {
        Self { params, declared: Vec::new(), problems: Vec::new() }
    }

    /// A field that has a value in every run: its parameter is required, unless it has a default.
    pub fn field<T>(&mut self, field: Field<T>) -> Option<T> {
        match self.params {
            Some(params) => self.read(params, &field),
            None => {
                self.declare(field.required());
                None
            }
        }
    }

    /// A field that may be without a value.
    pub fn optional<T>(&mut self, field: Field<T>) -> Option<Option<T>> {
        match self.params {
            Some(params) if params.get(&field.declaration.name).is_none_or(Value::is_null) => Some(None),
            Some(params) => self.read(params, &field).map(Some),
            None => {
                self.declare(field);
                None
            }
        }
    }

    fn read<T>(&mut self, params: &Params, field: &Field<T>) -> Option<T> {
        let name = &field.declaration.name;
        let value = params.get(name).and_then(field.read);
        if value.is_none() {
            let message = format!("parameter `{name}` was bound to another declaration");
            self.problems.push(ParamProblem { name: name.to_string(), message, help: None });
        }
        value
    }

    fn declare<T>(&mut self, field: Field<T>) {
        match field.finish() {
            Ok(declaration) => self.declared.push(declaration),
            Err(problem) => self.problems.push(problem),
        }
    }
}
