//! Finding the rows that the database refuses: halves under savepoints, so that everything else of the chunk is kept.

use std::error::Error;
use std::ops::Range;

use super::attempt::Refused;
use super::write::{Chunk, ChunkWriter, Letter, beside};
use super::{BadItem, Processed};
use crate::error::{BatchError, names};
use crate::execution::Counts;
use crate::repository::{ChunkError, ChunkTransaction, Phase};

type BoxError = Box<dyn Error + Send + Sync>;

/// What the search found so far.
pub(super) struct Found {
    /// What the chunk adds to the counters.
    pub(super) delta: Counts,
    /// What is skipped.
    pub(super) letters: Vec<Letter>,
    /// The rows, by index, about which the database gave an error without a kind.
    unclear: Vec<(usize, BoxError)>,
    /// Whether any row was accepted.
    accepted: bool,
}

impl<I, O> ChunkWriter<'_, '_, I, O> {
    /// Writes what can be written of the chunk, and ends at the first row more than the skip policy allows.
    ///
    /// A row that fails with an unclear error is taken to be at fault only when another row of its chunk was accepted: a full
    /// disk must not empty a file into the dead letters.
    pub(super) fn bisect(
        &mut self,
        transaction: &mut dyn ChunkTransaction,
        chunk: &Chunk<O>,
    ) -> Result<Found, Refused> {
        let (delta, letters) = (chunk.delta, chunk.letters.clone());
        let mut found = Found { delta, letters, unclear: Vec::new(), accepted: false };
        self.search(transaction, &chunk.output, 0..chunk.output.items.len(), &mut found)?;
        for (index, error) in std::mem::take(&mut found.unclear) {
            if !found.accepted {
                return Err(ChunkError::Unclear(error).into());
            }
            let error = BatchError::new(names::INVALID_ROW, "the database refused the row").with_source(error);
            self.skip_row(&chunk.output, index, error, &mut found)?;
        }
        Ok(found)
    }

    fn search(
        &mut self,
        transaction: &mut dyn ChunkTransaction,
        output: &Processed<O>,
        range: Range<usize>,
        found: &mut Found,
    ) -> Result<(), Refused> {
        let Some(part) = output.items.get(range.clone()).filter(|part| !part.is_empty()) else { return Ok(()) };
        if self.context.stop.is_aborted() {
            return Err(Refused::Aborted);
        }
        let savepoint = "overnight_half";
        transaction.savepoint(savepoint)?;
        let refused = match self.write_listened(transaction, part, None) {
            Ok(()) => {
                found.accepted = true;
                return Ok(transaction.release(savepoint)?);
            }
            Err(Refused::Chunk(error @ (ChunkError::Data(_) | ChunkError::Unclear(_)))) => error,
            Err(refused) => return Err(refused),
        };
        // Rolled back and released before the halves are tried: there is never more than one savepoint.
        transaction.rollback_to(savepoint)?;
        if part.len() > 1 {
            let middle = range.start + part.len() / 2;
            self.search(transaction, output, range.start..middle, found)?;
            return self.search(transaction, output, middle..range.end, found);
        }
        match refused {
            ChunkError::Unclear(error) => self.doubt_row(range.start, error, found),
            ChunkError::Data(error) => self.skip_row(output, range.start, error, found),
            error => Err(error.into()),
        }
    }

    /// Keeps a row in doubt. Once there are more of them than could be skipped the search can only fail, and it stops sending
    /// rows to a store that takes none.
    fn doubt_row(&self, index: usize, error: BoxError, found: &mut Found) -> Result<(), Refused> {
        let mut delta = found.delta;
        delta.write_skip += found.unclear.len() as u64 + 1;
        if !self.permits(delta) {
            return Err(ChunkError::Unclear(error).into());
        }
        found.unclear.push((index, error));
        Ok(())
    }

    fn skip_row(
        &self,
        output: &Processed<O>,
        index: usize,
        error: BatchError,
        found: &mut Found,
    ) -> Result<(), Refused> {
        let (Some(item), Some(place)) = (output.items.get(index), output.places.get(index)) else {
            // A processor that keeps no places: its own error, because the row cannot be named.
            return Err(ChunkError::Failed(error).into());
        };
        let item = BadItem { place: *place, payload: (self.describe)(item), error };
        found.delta.write -= 1;
        let skipped = self.skip(Phase::Write, item, &mut found.delta);
        let letter = skipped.map_err(|error| Refused::Step(beside(error, &found.letters)))?;
        found.letters.push(letter);
        Ok(())
    }
}
