//! `#[derive(BatchError)]`: the names of the errors of a job.

mod ast;
mod attr;
mod expand;
mod fallback;
mod valid;

pub(crate) use expand::batch_error;
