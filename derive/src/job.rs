//! `#[job]`: a struct of parameters and its methods as a job with steps.

mod ast;
mod attr;
mod expand;
mod parts;
mod valid;

pub(crate) use expand::{job, on_something_else};
