//! The business tables of the twin: what its writers write to, and what tests read.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::row::Row;

/// Named tables of rows.
///
/// Inside a chunk this is its connection: a writer finds it with `downcast_mut`, and what it does becomes visible to
/// others when the chunk is committed. The chunk sees the tables as they stood when it was opened, and its own rows.
///
/// ```
/// use overnight_framework::repository::ChunkTransaction;
/// use overnight_framework::repository::memory::MemoryTables;
/// use overnight_framework::row::Value;
///
/// fn write(transaction: &mut dyn ChunkTransaction, account: i64, amount: i64) {
///     if let Some(tables) = transaction.connection().downcast_mut::<MemoryTables>() {
///         tables.insert("balance", [Value::Int(account), Value::Int(amount)]);
///     }
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryTables {
    committed: BTreeMap<Box<str>, Arc<Vec<Row>>>,
    /// What an open chunk did, in order. Rolling back to a savepoint is cutting this short.
    staged: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Insert(Box<str>, Row),
    Clear(Box<str>),
}

impl MemoryTables {
    /// Adds a row to the table, which comes into being with its first row.
    pub fn insert(&mut self, table: &str, row: impl Into<Row>) {
        self.staged.push(Change::Insert(table.into(), row.into()));
    }

    /// Removes all rows of the table.
    pub fn clear(&mut self, table: &str) {
        self.staged.push(Change::Clear(table.into()));
    }

    /// The rows of the table in the order in which they were added; none, when there is no such table.
    #[must_use]
    pub fn rows(&self, table: &str) -> Vec<Row> {
        let mut rows = self.committed.get(table).map_or_else(Vec::new, |rows| rows.to_vec());
        for change in &self.staged {
            match change {
                Change::Insert(name, row) if &**name == table => rows.push(row.clone()),
                Change::Clear(name) if &**name == table => rows.clear(),
                Change::Insert(..) | Change::Clear(_) => {}
            }
        }
        rows
    }

    /// How much was done so far: a savepoint.
    pub(super) fn position(&self) -> usize {
        self.staged.len()
    }

    /// Undoes everything after `position`.
    pub(super) fn undo_to(&mut self, position: usize) {
        self.staged.truncate(position);
    }

    /// Ends the view of a chunk and gives what it did. The view ends first, because tables that nobody else looks at
    /// grow in place, and others are copied.
    pub(super) fn into_changes(self) -> Changes {
        Changes(self.staged)
    }

    /// Does what a chunk did to the committed tables.
    pub(super) fn apply(&mut self, changes: Changes) {
        for change in changes.0 {
            match change {
                Change::Insert(table, row) => Arc::make_mut(self.committed.entry(table).or_default()).push(row),
                Change::Clear(table) => {
                    self.committed.insert(table, Arc::default());
                }
            }
        }
    }
}

/// What a chunk did to the tables.
#[derive(Debug)]
pub(super) struct Changes(Vec<Change>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Value;

    fn numbers(tables: &MemoryTables) -> Vec<Value> {
        tables.rows("out").into_iter().flatten().collect()
    }

    #[test]
    fn a_chunk_sees_its_own_rows_and_others_see_them_when_they_are_applied() {
        let mut committed = MemoryTables::default();
        let mut chunk = committed.clone();
        chunk.insert("out", [Value::Int(1)]);
        assert_eq!(numbers(&chunk), [Value::Int(1)]);
        assert!(numbers(&committed).is_empty());
        committed.apply(chunk.into_changes());
        assert_eq!(numbers(&committed), [Value::Int(1)]);
    }

    #[test]
    fn two_chunks_at_once_lose_nothing_of_each_other() {
        let mut committed = MemoryTables::default();
        let (mut one, mut two) = (committed.clone(), committed.clone());
        one.insert("out", [Value::Int(1)]);
        two.insert("out", [Value::Int(2)]);
        committed.apply(two.into_changes());
        committed.apply(one.into_changes());
        assert_eq!(numbers(&committed), [Value::Int(2), Value::Int(1)]);
    }

    #[test]
    fn clearing_takes_part_in_the_chunk_like_every_change() {
        let mut tables = MemoryTables::default();
        tables.insert("out", [Value::Int(1)]);
        let before = tables.position();
        tables.clear("out");
        tables.insert("out", [Value::Int(2)]);
        assert_eq!(numbers(&tables), [Value::Int(2)]);
        tables.undo_to(before);
        assert_eq!(numbers(&tables), [Value::Int(1)]);
    }
}
