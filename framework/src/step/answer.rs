//! What a step written as a function may answer.

use serde::Serialize;
use serde_json::Value;

use crate::error::BatchError;
use crate::row::Record;
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
/// Later steps find them in the `outputs` of [`JobView::steps`](crate::step::JobView::steps), and their conditions see those that
/// the step declares, `#[step(outputs = { rows: integer })]`, as `steps.NAME.rows`.
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

/// What a function answers that makes a reader or a writer.
#[diagnostic::on_unimplemented(
    message = "a function with `#[reader]` or `#[writer]` answers a `Result`, not `{Self}`",
    label = "expected `Result<impl ItemReader<Item>>` or `Result<impl ItemWriter<Item>>`",
    note = "a list or an iterator becomes a reader by `Ok(Items::of(…))`"
)]
pub trait IntoPart {
    /// The reader or the writer.
    type Part;

    /// The reader or the writer.
    ///
    /// # Errors
    /// The function's own; the attempt has failed then.
    fn into_part(self) -> Result<Self::Part, BatchError>;
}

impl<P, E: IntoError> IntoPart for Result<P, E> {
    type Part = P;

    fn into_part(self) -> Result<P, BatchError> {
        self.map_err(E::into_error)
    }
}

/// What a processor may answer: an item, an `Option` where it may leave one out, or a `Result` with one of them.
#[diagnostic::on_unimplemented(
    message = "a processor cannot hand on `{Self}`",
    label = "no answer of a processor",
    note = "a processor answers an item, `Option` of an item to leave some out, or a `Result` of one of them",
    note = "an item is a struct with `#[derive(overnight::Row)]`",
    note = "an error has `#[derive(overnight::BatchError)]`, or is `overnight::BatchError` itself, as in `overnight::error::Result`"
)]
pub trait IntoItem {
    /// The item.
    type Item: Record;

    /// The item for those behind the processor; `None` leaves it out.
    ///
    /// # Errors
    /// The processor's own; the item is then skipped or tried again by the policies of the step.
    fn into_item(self) -> Result<Option<Self::Item>, BatchError>;
}

#[diagnostic::do_not_recommend]
impl<T: Record> IntoItem for T {
    type Item = T;

    fn into_item(self) -> Result<Option<T>, BatchError> {
        Ok(Some(self))
    }
}

impl<T: Record> IntoItem for Option<T> {
    type Item = T;

    fn into_item(self) -> Result<Self, BatchError> {
        Ok(self)
    }
}

impl<T: IntoItem, E: IntoError> IntoItem for Result<T, E> {
    type Item = T::Item;

    fn into_item(self) -> Result<Option<T::Item>, BatchError> {
        self.map_err(E::into_error)?.into_item()
    }
}

/// An error that a step can fail with: what becomes a [`BatchError`].
#[diagnostic::on_unimplemented(
    message = "a step cannot fail with `{Self}`",
    label = "no error of a step",
    note = "add `#[derive(overnight::BatchError)]` to `{Self}`, which gives its errors the names that `skip` and `retry` choose by",
    note = "an error of a library becomes one by `.or_fail()` or `.named(…)` of `overnight::error::ResultExt`",
    note = "`Box<dyn std::error::Error + Send + Sync>` carries every error, without a name"
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
