//! Drives the asynchronous steps of the program on a runtime of tokio, unless the program brings a driver of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use overnight_framework::registry::Registry;
use overnight_framework::resource::Need;
use overnight_framework::step::BlockOn;
use tokio::runtime::{Builder, Runtime};

/// A runtime that is made when the first asynchronous step begins. It has threads of its own: on one that nobody drives the
/// timers of a step would never ring.
#[derive(Debug, Default)]
struct Tokio(OnceLock<Runtime>);

impl BlockOn for Tokio {
    fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        let made = || Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = match self.0.get() {
            Some(runtime) => runtime,
            None => match made() {
                Ok(runtime) => self.0.get_or_init(|| runtime),
                // The step is told that its driver left before it was ready.
                Err(error) => return tracing::error!(%error, "cannot make a runtime for asynchronous steps"),
            },
        };
        runtime.block_on(future);
    }
}

/// A runtime that is dropped by a task of another one must not wait for its threads: tokio would panic.
impl Drop for Tokio {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The program with a driver.
pub(crate) fn provided(program: Registry) -> Registry {
    if program.has(Need::of::<dyn BlockOn>()) { program } else { program.share::<dyn BlockOn>(Arc::<Tokio>::default()) }
}
