//! The first record of a file: which field belongs to which column.

use std::path::Path;

use super::error::FileError;
use super::layout::{Column, Finding, Layout};
use super::mark::sha256;
use super::records::{Place, Records};

/// What the first record says about the others.
pub(super) struct Head {
    /// The texts of its cells, where it is a header.
    names: Vec<String>,
    /// How many fields every record has.
    pub(super) width: usize,
    /// Where the first record of data is looked for.
    pub(super) body: Place,
    /// The hash by which the file is known again.
    pub(super) sha256: String,
}

impl Head {
    /// Reads the first record.
    pub(super) fn read(records: &mut Records, layout: &Layout) -> Result<Self, FileError> {
        let found = records.read()?;
        let (width, sha256) = if found { (records.len(), sha256(records.raw())) } else { (0, String::new()) };
        match layout.by {
            // A file of empty lines only has records if they have one field, and there is none to tell how many they have.
            Finding::Number if !found => {
                Ok(Self { names: Vec::new(), width: layout.width(), body: Place::BEGIN, sha256 })
            }
            Finding::Number => Ok(Self { names: Vec::new(), width, body: Place::BEGIN, sha256 }),
            Finding::Header if !found => Err(FileError::NoHeader { path: records.path().to_owned() }),
            Finding::Header => Ok(Self { names: names(records)?, width, body: records.end(), sha256 }),
        }
    }

    /// The field of a column, from 0.
    pub(super) fn field(&self, path: &Path, column: &Column, by: Finding) -> Result<usize, FileError> {
        match by {
            Finding::Header => self.named(path, &column.source),
            Finding::Number => {
                let wanted = column.number();
                if wanted > self.width {
                    return Err(FileError::NoField { path: path.to_owned(), wanted, found: self.width });
                }
                Ok(wanted.saturating_sub(1))
            }
        }
    }

    /// The fields whose header cells are neither empty nor `kept`, with their names.
    pub(super) fn others(&self, path: &Path, kept: &[Box<str>]) -> Result<Vec<(usize, Box<str>)>, FileError> {
        for name in kept {
            self.named(path, name)?;
        }
        let is_other = |name: &str| !name.is_empty() && !kept.iter().any(|kept| **kept == *name);
        let others = self.names.iter().filter(|name| is_other(name));
        let others = others.map(|name| Ok((self.named(path, name)?, name.as_str().into())));
        let others: Vec<_> = others.collect::<Result<_, FileError>>()?;
        if others.is_empty() { Err(FileError::NothingToUnpivot { path: path.to_owned() }) } else { Ok(others) }
    }

    fn named(&self, path: &Path, wanted: &str) -> Result<usize, FileError> {
        let path = || path.to_owned();
        let mut places = self.names.iter().enumerate().filter(|(_, name)| *name == wanted).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(place),
            (Some(first), Some(second)) => {
                let (name, fields) = (wanted.to_owned(), (first + 1, second + 1));
                Err(FileError::TwoColumns { path: path(), name, fields })
            }
            (None, _) => {
                Err(FileError::NoColumn { path: path(), wanted: wanted.to_owned(), found: self.names.clone() })
            }
        }
    }
}

fn names(records: &Records) -> Result<Vec<String>, FileError> {
    if let Err(fault) = records.check() {
        return Err(FileError::HeaderForm { path: records.path().to_owned(), line: records.start().line, fault });
    }
    let name = |place| records.cells().get(place).text().map(str::to_owned);
    let names = (0..records.len()).map(name).collect::<Option<_>>();
    names.ok_or_else(|| FileError::HeaderEncoding { path: records.path().to_owned() })
}
