//! The token that carries a stop request into a running step.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
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
    /// What [`code`] makes of the intent; 0 while there is none. Written under the lock of `children`, so
    /// that nobody falls asleep between a look and a request; read without it, so that a loop may ask for every item.
    intent: AtomicU8,
    children: Mutex<Vec<Weak<Shared>>>,
    changed: Condvar,
}

impl StopToken {
    /// A token that hears what is requested of this one, but not the other way round: the token of one step, whose timeout
    /// is not the timeout of its job.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::default();
        let mut children = lock(&self.shared);
        child.shared.intent.store(self.shared.intent.load(Ordering::Acquire), Ordering::Release);
        children.retain(|known| known.strong_count() > 0);
        children.push(Arc::downgrade(&child.shared));
        child
    }

    /// Asks the holder to end.
    pub fn request(&self, intent: StopIntent) {
        request(&self.shared, intent);
    }

    /// Why the holder shall end, if it shall. Cheap enough to ask for every item.
    #[must_use]
    pub fn requested(&self) -> Option<StopIntent> {
        self.shared.requested()
    }

    /// Whether the holder shall end now, without reaching its safe point.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.shared.intent.load(Ordering::Relaxed) == code(StopIntent::Aborted)
    }

    /// Waits until a stop is requested, at most for `limit`: the pause between two attempts that a stop cuts short.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> Option<StopIntent> {
        let undisturbed = |_: &mut Vec<_>| self.requested().is_none();
        let waited = self.shared.changed.wait_timeout_while(lock(&self.shared), limit, undisturbed);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.requested()
    }
}

impl Shared {
    fn requested(&self) -> Option<StopIntent> {
        let requested = self.intent.load(Ordering::Acquire);
        StopIntent::ALL.into_iter().find(|intent| code(*intent) == requested)
    }
}

fn request(shared: &Shared, intent: StopIntent) {
    let children = lock(shared);
    if shared.requested().is_some_and(|earlier| earlier >= intent) {
        return;
    }
    shared.intent.store(code(intent), Ordering::Release);
    shared.changed.notify_all();
    for child in children.iter().filter_map(Weak::upgrade) {
        request(&child, intent);
    }
}

/// A number for each intent, from 1.
const fn code(intent: StopIntent) -> u8 {
    intent as u8 + 1
}

/// A poisoned lock is only a panic of another holder; the value behind it is always whole.
fn lock(shared: &Shared) -> MutexGuard<'_, Vec<Weak<Shared>>> {
    shared.children.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn a_child_hears_its_parent_and_keeps_its_own_requests() {
        let job = StopToken::default();
        let (step, other) = (job.child(), job.child());
        step.request(StopIntent::Timeout);
        assert_eq!((job.requested(), other.requested()), (None, None));
        job.request(StopIntent::Aborted);
        assert_eq!(step.requested(), Some(StopIntent::Aborted));
        assert_eq!(job.child().requested(), Some(StopIntent::Aborted));
    }

    #[test]
    fn every_intent_is_heard_as_it_was_requested() {
        for intent in StopIntent::ALL {
            let token = StopToken::default();
            token.request(intent);
            assert_eq!(token.requested(), Some(intent));
            assert_eq!(token.is_aborted(), intent == StopIntent::Aborted);
        }
    }
}
