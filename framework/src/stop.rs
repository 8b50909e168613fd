//! The token that carries a stop request into a running step.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::status::StopIntent;

/// A request to stop, shared by the thread that runs a step and those that may ask it to end.
///
/// Clones are the same token. A request is never withdrawn; a stronger intent replaces a weaker one, so that an abort
/// overtakes a stop that is already under way.
///
/// ```
/// use overnight_framework::{status::StopIntent, stop::StopToken};
///
/// let token = StopToken::default();
/// assert_eq!(token.requested(), None);
/// token.request(StopIntent::Stopped);
/// token.request(StopIntent::Aborted);
/// assert_eq!(token.requested(), Some(StopIntent::Aborted));
/// ```
#[derive(Clone, Debug, Default)]
pub struct StopToken {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    intent: Mutex<Option<StopIntent>>,
    changed: Condvar,
}

impl StopToken {
    /// Asks the holder to end.
    pub fn request(&self, intent: StopIntent) {
        let mut current = self.lock();
        if current.is_none_or(|earlier| intent > earlier) {
            *current = Some(intent);
            self.shared.changed.notify_all();
        }
    }

    /// Why the holder shall end, if it shall. Cheap enough to ask once per chunk or per row of output.
    #[must_use]
    pub fn requested(&self) -> Option<StopIntent> {
        *self.lock()
    }

    /// Waits until a stop is requested, at most for `limit`: the pause between two attempts that a stop cuts short.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> Option<StopIntent> {
        let waited = self.shared.changed.wait_timeout_while(self.lock(), limit, |intent| intent.is_none());
        let (intent, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *intent
    }

    /// A poisoned lock is only a panic of another holder; the value behind it is always whole.
    fn lock(&self) -> MutexGuard<'_, Option<StopIntent>> {
        self.shared.intent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weaker_request_does_not_replace_a_stronger_one() {
        let token = StopToken::default();
        token.request(StopIntent::Aborted);
        token.request(StopIntent::Stopped);
        assert_eq!(token.requested(), Some(StopIntent::Aborted));
    }

    #[test]
    fn a_waiting_holder_is_woken_by_the_request() {
        let token = StopToken::default();
        let asker = token.clone();
        let waiter = std::thread::spawn(move || token.wait(Duration::from_secs(60)));
        asker.request(StopIntent::Paused);
        assert_eq!(waiter.join().unwrap(), Some(StopIntent::Paused));
    }

    #[test]
    fn waiting_without_a_request_ends_by_itself() {
        assert_eq!(StopToken::default().wait(Duration::from_millis(1)), None);
    }
}
