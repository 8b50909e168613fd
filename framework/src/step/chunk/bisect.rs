//! Finding the rows that the database refuses: halves under savepoints, so that everything else of the chunk is kept.

use std::ops::Range;

use super::write::ChunkWriter;
use super::{BadItem, Processed};
use crate::error::{BatchError, names};
use crate::repository::{ChunkError, ChunkTransaction};

/// What the search found so far.
#[derive(Default)]
struct Found {
    /// The index of each refused row and why it was refused.
    refused: Vec<(usize, Reason)>,
    /// Whether any row was accepted.
    accepted: bool,
}

/// Why a row was refused.
enum Reason {
    /// The database or the writer named a fault of the row.
    Row(BatchError),
    /// The database gave an error without a kind.
    Unclear(Box<dyn std::error::Error + Send + Sync>),
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    /// Writes what can be written of `output` and gives back the rest, in order.
    ///
    /// A row that fails with an unclear error is taken to be at fault only when another row of its chunk was accepted: a full
    /// disk must not empty a file into the dead letters.
    pub(super) fn bisect(
        &mut self,
        transaction: &mut dyn ChunkTransaction,
        output: &Processed<O>,
    ) -> Result<Vec<BadItem>, ChunkError> {
        let mut found = Found::default();
        self.search(transaction, &output.items, 0..output.items.len(), &mut found)?;
        let Found { refused, accepted } = found;
        refused.into_iter().map(|(index, reason)| self.bad_item(output, index, reason, accepted)).collect()
    }

    fn search(
        &mut self,
        transaction: &mut dyn ChunkTransaction,
        items: &[O],
        range: Range<usize>,
        found: &mut Found,
    ) -> Result<(), ChunkError> {
        let Some(part) = items.get(range.clone()).filter(|part| !part.is_empty()) else { return Ok(()) };
        let savepoint = "overnight_half";
        transaction.savepoint(savepoint)?;
        let reason = match self.write_rows(transaction, part) {
            Ok(()) => {
                found.accepted = true;
                return transaction.release(savepoint);
            }
            Err(ChunkError::Data(error)) => Reason::Row(error),
            Err(ChunkError::Unclear(error)) => Reason::Unclear(error),
            Err(error) => return Err(error),
        };
        // Rolled back and released before the halves are tried: there is never more than one savepoint.
        transaction.rollback_to(savepoint)?;
        if part.len() == 1 {
            found.refused.push((range.start, reason));
            return Ok(());
        }
        let middle = range.start + part.len() / 2;
        self.search(transaction, items, range.start..middle, found)?;
        self.search(transaction, items, middle..range.end, found)
    }

    fn bad_item(
        &self,
        output: &Processed<O>,
        index: usize,
        reason: Reason,
        accepted: bool,
    ) -> Result<BadItem, ChunkError> {
        let error = match reason {
            Reason::Row(error) => error,
            Reason::Unclear(source) if accepted => {
                BatchError::new(names::INVALID_ROW, "the database refused the row").with_source(source)
            }
            Reason::Unclear(source) => return Err(ChunkError::Unclear(source)),
        };
        let (item, place) = (output.items.get(index), output.places.get(index));
        let payload = item.map(|item| (self.describe)(item));
        match (payload, place) {
            (Some(payload), Some(place)) => Ok(BadItem { place: *place, payload, error }),
            _ => Err(ChunkError::Failed(BatchError::new(names::STORE_ERROR, "a row lost its place"))),
        }
    }
}
