//! Rows of a query, page by page behind a key: what the readers `sql` and `table` have in common.

use std::sync::Arc;

use overnight_db::Database;
use overnight_db::table::{Key, KeysetQuery, KeysetReader, QueryError};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::repository::StoreError;
use overnight_framework::row::Row;
use overnight_framework::step::chunk::{Batch, ChunkSource, Fill, Locate};
use serde_json::{Value, json};

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

impl KeysetSource {
    pub(super) fn new(database: Database, query: KeysetQuery) -> Self {
        Self { database, query, reader: None, last: None, read: 0, page: Vec::new() }
    }

    /// The query is checked against the database when the size of its pages is known: before the first row.
    fn prepare(&mut self, page: usize) -> Result<(), BatchError> {
        if self.reader.is_none() {
            self.query.page = page;
            let opened = self.database.read(|connection| self.query.open(connection)).map_err(store)?;
            self.reader = Some(opened.map_err(query)?);
        }
        Ok(())
    }
}

impl ChunkSource<Row> for KeysetSource {
    fn open(&mut self, from: Option<&Value>) -> Result<(), BatchError> {
        let key = from.and_then(|from| from.get("key")).filter(|key| !key.is_null());
        self.last = key.map(Key::from_json).transpose().map_err(|error| BatchError::of(names::INVALID_VALUE, error))?;
        self.read = from.and_then(|from| from["read"].as_u64()).unwrap_or_default();
        Ok(())
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        self.prepare(limit)?;
        let Self { database, reader: Some(reader), last, page, .. } = self else { return Ok(Fill::End) };
        let read = database.read(|connection| reader.page(connection, last.as_ref(), page)).map_err(store)?;
        let end = read.map_err(query)?;
        for row in self.page.drain(..) {
            self.read += 1;
            batch.push(self.read, row);
        }
        if end.last.is_some() {
            self.last = end.last;
        }
        Ok(if end.more { Fill::More } else { Fill::End })
    }

    fn checkpoint(&self) -> Value {
        json!({ "key": self.last.as_ref().map(Key::to_json), "read": self.read })
    }

    fn locator(&self) -> Locate {
        Arc::new(|row| json!({ "row": row }))
    }
}

pub(super) fn store(error: StoreError) -> BatchError {
    BatchError::of(names::STORE_ERROR, error)
}

/// A query that is wrong is the job's fault; one that the database refuses may be the database's.
pub(super) fn query(error: QueryError) -> BatchError {
    let name = match error {
        QueryError::Statement { .. } => names::STORE_ERROR,
        _ => names::INVALID_VALUE,
    };
    BatchError::of(name, error)
}
