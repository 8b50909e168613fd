//! What a step written as a function may answer.

use serde::Serialize;
use serde_json::Value;

use crate::error::BatchError;
use crate::step::{Outcome, StepContext};

/// Something that a step can answer: nothing, an [`Outcome`], its outputs as [`Json`], or a `Result` with one of them.
#[diagnostic::on_unimplemented(
    message = "a step cannot hand on `{Self}`",
    label = "no answer of a step",
    note = "a step answers `()`, `Outcome`, `Json<T>` for values that later steps see, or a `Result` of one of them",
    note = "a step with `chunk = …` answers `Chunk` or `Result<Chunk>`"
)]
pub trait IntoOutcome {
    /// Keeps what is to be kept and says how the step ended.
    ///
    /// # Errors
    /// The step's own, and when its outputs cannot be written as JSON.
    fn into_outcome(self, step: &mut StepContext<'_>) -> Result<Outcome, BatchError>;
}

/// The outputs of a step: the fields of a struct, or the entries of a map, are its outputs by their names; any other value is
/// its output `value`.
///
/// Later steps and conditions see them as `steps.NAME.outputs.FIELD`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl IntoOutcome for () {
    fn into_outcome(self, _: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        Ok(Outcome::COMPLETED)
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(self, _: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        Ok(self)
    }
}

impl<T: Serialize> IntoOutcome for Json<T> {
    fn into_outcome(self, step: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        match serde_json::to_value(self.0)? {
            Value::Object(outputs) => step.state.outputs.extend(outputs),
            Value::Null => {}
            value => drop(step.state.outputs.insert("value".to_owned(), value)),
        }
        Ok(Outcome::COMPLETED)
    }
}

impl<T: IntoOutcome, E: IntoError> IntoOutcome for Result<T, E> {
    fn into_outcome(self, step: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        self.map_err(E::into_error)?.into_outcome(step)
    }
}

/// An error that a step can fail with: what becomes a [`BatchError`].
#[diagnostic::on_unimplemented(
    message = "a step cannot fail with `{Self}`",
    label = "no error of a step",
    note = "add `#[derive(overnight::BatchError)]` to `{Self}`, which gives its errors the names that `skip` and `retry` choose by",
    note = "an error of a library becomes one by `.or_fail(…)` or `.named(…)` of `overnight::error::ResultExt`"
)]
pub trait IntoError {
    /// The error of the step.
    fn into_error(self) -> BatchError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BatchError>> IntoError for E {
    fn into_error(self) -> BatchError {
        self.into()
    }
}
