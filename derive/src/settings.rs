//! `#[derive(Settings)]`: what stands below `with` as a Rust type.

mod ast;
mod attr;
mod expand;
mod valid;

pub(crate) use expand::settings;
