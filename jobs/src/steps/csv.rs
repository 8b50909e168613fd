//! CSV files: a reader of typed rows that restarts at any record, and a writer that publishes whole files only.
//!
//! The dialect is RFC 4180 as spreadsheets and databases write it: fields in quotes where they need them, quotes doubled
//! inside, lines that end in LF or CRLF, a byte order mark that is skipped. An empty line is no record, but in a file of one
//! column, where databases write nulls so. Text behind a closing quote, and a CR that is neither in quotes nor before an LF,
//! make a record a bad one.

mod build;
mod cell;
mod delimiter;
mod error;
mod fields;
mod header;
mod input;
mod layout;
mod mark;
mod part;
mod quotes;
mod reader;
mod reading;
mod records;
mod unpivot;
mod writer;

pub use self::build::{Read, Write, read, write};
pub use self::reader::CsvReader;
pub use self::writer::CsvWriter;

/// The name of errors that concern a file as a whole: another header than expected, a quote that is never closed, a file
/// that changed between two runs.
pub const INVALID_FILE: &str = "InvalidFile";
