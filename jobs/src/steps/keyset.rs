//! Rows of a query, page by page behind a key: what the readers `sql` and `table` have in common.

use std::sync::Arc;

use overnight_db::Database;
use overnight_db::table::{Key, KeyError, KeysetQuery, KeysetReader};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::row::Row;
use overnight_framework::step::chunk::{Batch, ChunkSource, Fill, Locate};
use serde::{Deserialize, Serialize};

use super::connections::{query_error, store_error};

/// The size of the pages for which a query is checked. A chunk of another size has it checked once more.
const PAGE: usize = 1_000;

/// Reads a query. It holds no snapshot and no transaction between two pages, so a writer of the same step may write what it
/// reads, as long as the keys stay.
pub(super) struct KeysetSource {
    database: Database,
    query: KeysetQuery,
    reader: Option<KeysetReader>,
    last: Option<Key>,
    read: u64,
    page: Vec<Row>,
}

/// The position after a chunk, as the checkpoint keeps it.
#[derive(Serialize, Deserialize)]
struct Position {
    /// The key of the last row; none before the first.
    key: Option<serde_json::Value>,
    /// How many rows were read.
    read: u64,
}

impl KeysetSource {
    pub(super) fn new(database: Database, query: KeysetQuery) -> Self {
        Self { database, query, reader: None, last: None, read: 0, page: Vec::new() }
    }

    /// Checks the query against the database.
    fn check(&mut self, page: usize) -> Result<(), BatchError> {
        self.query.page = page;
        let opened = self.database.read(|connection| self.query.open(connection)).map_err(store_error)?;
        self.reader = Some(opened.map_err(query_error)?);
        Ok(())
    }
}

impl ChunkSource<Row> for KeysetSource {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        if let Some(from) = from {
            let Position { key, read } = serde_json::from_value(from.clone())?;
            let key = key.as_ref().map(Key::from_json).transpose();
            self.last = key.map_err(|error: KeyError| BatchError::of(names::INVALID_VALUE, error))?;
            self.read = read;
        }
        self.check(PAGE)
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        if limit != self.query.page {
            self.check(limit)?;
        }
        // A row comes out of the driver whole: the memory of earlier ones is of no use.
        batch.spare.clear();
        let Self { database, reader: Some(reader), last, page, .. } = self else { return Ok(Fill::End) };
        let read = database.read(|connection| reader.page(connection, last.as_ref(), page)).map_err(store_error)?;
        let end = read.map_err(query_error)?;
        for row in self.page.drain(..) {
            self.read += 1;
            batch.push(self.read, row);
        }
        if end.last.is_some() {
            self.last = end.last;
        }
        Ok(if end.more { Fill::More } else { Fill::End })
    }

    fn checkpoint(&self) -> serde_json::Value {
        let position = Position { key: self.last.as_ref().map(Key::to_json), read: self.read };
        serde_json::to_value(position).unwrap_or_default()
    }

    /// The number of a row says where it stood only as long as nobody writes; its key is in the dead letter.
    fn locator(&self) -> Locate {
        Arc::new(|row| serde_json::json!({ "row": row }))
    }
}
