//! Rows by id: what a table with an identity column is to the other stores.

/// Rows whose ids count up from 1 and are never used again, because no row ever goes.
#[derive(Debug)]
pub(super) struct Table<T>(Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Table<T> {
    /// Adds the row that `make` makes of its id, and gives that id back.
    pub(super) fn insert(&mut self, make: impl FnOnce(i64) -> T) -> i64 {
        let id = self.0.len() as i64 + 1;
        self.0.push(make(id));
        id
    }

    pub(super) fn get(&self, id: i64) -> Option<&T> {
        self.0.get(position(id)?)
    }

    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut T> {
        self.0.get_mut(position(id)?)
    }

    /// The rows, oldest first.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

fn position(id: i64) -> Option<usize> {
    usize::try_from(id.checked_sub(1)?).ok()
}
