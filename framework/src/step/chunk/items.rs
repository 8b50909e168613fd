//! Items that are in memory, or come out of an iterator, as a reader.

use serde_json::{Value, json};

use super::{ItemReader, ReadError};
use crate::error::{BatchError, names};

/// Reads the items of an iterator. Its position is how many were taken: a restart passes them over, so the iterator must give
/// the same items again.
///
/// ```
/// use overnight_framework::step::chunk::{ItemReader, Items};
///
/// let mut items = Items::of(["a", "b", "c"]);
/// items.open(Some(&serde_json::json!(2)))?;
/// assert_eq!(items.read().ok().flatten(), Some("c"));
/// # Ok::<(), overnight_framework::BatchError>(())
/// ```
#[derive(Debug)]
pub struct Items<I> {
    items: I,
    taken: u64,
}

impl<I: Iterator> Items<I> {
    /// The items of anything that can be iterated over.
    pub fn of(items: impl IntoIterator<IntoIter = I>) -> Self {
        Self { items: items.into_iter(), taken: 0 }
    }
}

impl<T, I: Iterator<Item = T> + Send> ItemReader<T> for Items<I> {
    fn open(&mut self, from: Option<&Value>) -> Result<(), BatchError> {
        let Some(from) = from else { return Ok(()) };
        let foreign = || BatchError::new(names::INVALID_VALUE, format!("{from} is no number of items"));
        let passed = from.as_u64().ok_or_else(foreign)?;
        for _ in 0..passed {
            if self.items.next().is_none() {
                let message = format!("{passed} items were taken before, and there are only {} now", self.taken);
                return Err(BatchError::new(names::INVALID_VALUE, message));
            }
            self.taken += 1;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<Option<T>, ReadError> {
        let item = self.items.next();
        self.taken += u64::from(item.is_some());
        Ok(item)
    }

    fn checkpoint(&self) -> Value {
        json!(self.taken)
    }

    fn total(&self) -> Option<u64> {
        match self.items.size_hint() {
            (least, Some(most)) if least == most => Some(self.taken + most as u64),
            _ => None,
        }
    }
}
