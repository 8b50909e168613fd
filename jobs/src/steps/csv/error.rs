//! What can be wrong with a file, and with one of its records.

use std::fmt;
use std::io;
use std::path::PathBuf;

use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::suggest::nearest;
use thiserror::Error;

use super::INVALID_FILE;
use crate::quoted::quoted;
use crate::steps::path::help_for;

/// How many header cells a message lists.
const LISTED: usize = 40;

/// How many characters of a cell a message shows.
const SHOWN: usize = 60;

/// Why a file cannot be read, or not be read on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum FileError {
    #[error("cannot read {}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is a folder, and a CSV file was expected", .path.display())]
    Folder { path: PathBuf },
    #[error("{} is not a regular file, so that a restart could not go on within it", .path.display())]
    NotAFile { path: PathBuf },
    #[error("{} is empty; a header with the names of the columns was expected", .path.display())]
    NoHeader { path: PathBuf },
    #[error("{}: the header is not UTF-8; save the file as UTF-8", .path.display())]
    HeaderEncoding { path: PathBuf },
    #[error("{}:{line}: {fault}", .path.display())]
    HeaderForm { path: PathBuf, line: u64, fault: RecordError },
    #[error("{}: {}", .path.display(), missing(.wanted, .found))]
    NoColumn { path: PathBuf, wanted: String, found: Vec<String> },
    #[error("{}: the header has `{name}` in the fields {} and {}", .path.display(), .fields.0, .fields.1)]
    TwoColumns { path: PathBuf, name: String, fields: (usize, usize) },
    #[error("{}: field {wanted} is asked for, and the first record has {found}", .path.display())]
    NoField { path: PathBuf, wanted: usize, found: usize },
    #[error("{}: there is nothing to unpivot: all columns of the header are kept", .path.display())]
    NothingToUnpivot { path: PathBuf },
    #[error("{}:{line}: the quote that is opened here is never closed", .path.display())]
    OpenQuote { path: PathBuf, line: u64 },
    #[error("{}:{line}: the record has more than {} MiB; is a quote not closed?", .path.display(), .limit >> 20)]
    TooLong { path: PathBuf, line: u64, limit: usize },
    #[error(
        "{} has changed since the run that is continued: {how}; put the file back, or start with other parameters",
        .path.display()
    )]
    Changed { path: PathBuf, how: &'static str },
    #[error("the checkpoint is not one of a CSV file")]
    Checkpoint(#[from] serde_json::Error),
}

fn missing(wanted: &str, found: &[String]) -> String {
    let near = nearest(wanted, found.iter().map(String::as_str));
    let hint = match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => form_of(found).unwrap_or_default(),
    };
    let listed: Vec<_> = found.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = if found.len() > LISTED { format!(" and {} more", found.len() - LISTED) } else { String::new() };
    format!("the header has no column `{wanted}`{hint} (it has {}{more})", listed.join(", "))
}

/// What the cells of a header tell of a file that has none, or another delimiter.
fn form_of(cells: &[String]) -> Option<String> {
    const DELIMITERS: [(char, &str); 4] = [(';', "';'"), (',', "','"), ('\t', r#""\t""#), ('|', "'|'")];
    match cells {
        [line] => {
            let (_, written) = DELIMITERS.iter().find(|(delimiter, _)| line.contains(*delimiter))?;
            Some(format!("; is it `delimiter: {written}`?"))
        }
        cells => {
            let is_number = |cell: &String| cell.starts_with(|letter: char| letter.is_ascii_digit());
            cells.iter().any(is_number).then(|| "; if the file has no header, say `header: false`".to_owned())
        }
    }
}

impl From<FileError> for BatchError {
    fn from(error: FileError) -> Self {
        match &error {
            FileError::Io { path, source } => {
                let help = help_for(path, source);
                Self::of(names::IO, error).with_any_help(help)
            }
            FileError::Folder { path } => {
                let help = format!("`ls -l {}` shows what is in it", quoted(&path.to_string_lossy()));
                Self::of(INVALID_FILE, error).with_help(help)
            }
            _ => Self::of(INVALID_FILE, error),
        }
    }
}

/// Why a record is no row.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum RecordError {
    #[error("expected {expected} fields, found {found}")]
    Width { expected: usize, found: usize },
    #[error("text stands behind the closing quote of the field that begins on line {line}")]
    BehindQuote { line: u64 },
    #[error("a carriage return stands alone, outside quotes and without a line feed behind it")]
    CarriageReturn,
    #[error("column `{column}` (field {field}): {}", .flaw.shown(.cell))]
    Cell { column: Box<str>, field: usize, flaw: Flaw, cell: Box<[u8]> },
}

impl From<RecordError> for BatchError {
    fn from(error: RecordError) -> Self {
        Self::of(names::INVALID_ROW, error)
    }
}

/// Why a cell is no value of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is not what these words say.
    Expected(&'static str),
    /// It is empty, and the column is not nullable.
    Empty,
    /// It is text, but not in UTF-8.
    Encoding,
    /// It is a decimal with more digits than fit.
    Digits,
}

impl Flaw {
    fn shown(self, cell: &[u8]) -> impl fmt::Display {
        let found = excerpt(cell);
        match self {
            Self::Expected(what) => format!("expected {what}, found {found}"),
            Self::Empty => "the cell is empty, and the column is not nullable".to_owned(),
            Self::Encoding => format!("the text {found} is not UTF-8"),
            Self::Digits => format!("{found} has more digits than a decimal holds"),
        }
    }
}

/// The beginning of a cell in quotes, fit for one line.
fn excerpt(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{:?}…", text.get(..cut).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
