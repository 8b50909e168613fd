//! What a run told whoever watched it, kept.

use std::sync::{Arc, Mutex, PoisonError};

use crate::monitor::{Happened, Monitor, RunEvent};

/// A monitor that keeps what it is told. Clones keep the same.
#[derive(Clone, Debug, Default)]
pub struct Events {
    happened: Arc<Mutex<Vec<Happened>>>,
}

impl Events {
    /// Everything so far, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Happened> {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Monitor for Events {
    fn event(&self, event: &RunEvent<'_>) {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner).push(event.into());
    }
}
