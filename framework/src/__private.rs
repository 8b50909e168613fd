//! What the derive macros name in the code they write. No promise is made to anybody else.

pub use std::borrow::Cow;
pub use std::convert::From;
pub use std::vec::Vec;

pub use crate::error::{BatchError, NamedError};
