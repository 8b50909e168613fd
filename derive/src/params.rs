//! `#[derive(Params)]` and `#[derive(ParamValue)]`: the parameters of a job as a Rust type.

mod ast;
mod attr;
mod choice;
mod expand;
mod valid;

pub(crate) use choice::param_value;
pub(crate) use expand::params;
