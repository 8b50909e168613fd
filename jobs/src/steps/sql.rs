//! Statements and queries of the user's own.

mod reader;
mod tasklet;
mod text;

pub use self::reader::SqlReader;
pub use self::tasklet::SqlTasklet;
