//! `#[step]`, `#[reader]`, `#[processor]` and `#[writer]`: a function as something that job files may name.

mod ast;
mod expand;
mod valid;

pub(crate) use ast::Sort;
pub(crate) use expand::{component, on_something_else};
