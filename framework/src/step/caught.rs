//! The edge at which a panic of a job's own code becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::BatchError;

/// What `call` answers, or its panic as an error of that name. What the call left half done is thrown away by whoever calls:
/// a part that panicked is told to roll back and closed, and never given items again.
pub(crate) fn caught<T, E: From<BatchError>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(BatchError::of_panic(panic).into()))
}
