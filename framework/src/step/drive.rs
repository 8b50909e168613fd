//! Asynchronous steps on an engine of plain threads.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::error::BatchError;

/// Drives the future of an asynchronous step on the thread of the step, to its end: the engine never drops it in the middle.
///
/// The program gives it as a resource, `share::<dyn BlockOn>(…)`; the `jobctl` of a program gives that of its tokio runtime.
/// A future need not be `Send`, because it never leaves its thread.
pub trait BlockOn: Send + Sync {
    /// Polls `future` until it is ready.
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>);
}

/// Drives futures that need no runtime: it sleeps until they are woken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Park;

/// Wakes a thread that sleeps.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl BlockOn for Park {
    fn block_on(&self, mut future: Pin<&mut dyn Future<Output = ()>>) {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        while future.as_mut().poll(&mut context) == Poll::Pending {
            thread::park();
        }
    }
}

/// What `future` answers, driven to its end by `driver`.
pub(crate) fn drive<T>(driver: &dyn BlockOn, future: impl Future<Output = T>) -> Result<T, BatchError> {
    let mut answer = None;
    driver.block_on(std::pin::pin!(async { answer = Some(future.await) }));
    answer.ok_or_else(|| BatchError::from("the driver of asynchronous steps left before the step was ready"))
}
