//! Statements and queries of the user's own.

mod bind;
mod build;
mod cancel;
mod reader;
mod tasklet;
mod text;

pub use self::build::{Read, read, read_by};
pub use self::reader::SqlReader;
pub use self::tasklet::SqlTasklet;

/// The name of the error of a statement that the database does not understand, or of a result that is not as declared.
pub const SQL_ERROR: &str = "SqlError";
