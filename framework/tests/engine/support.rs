//! What the tests of the engine are made of.

pub(crate) mod journal;
pub(crate) mod parts;
pub(crate) mod world;

pub(crate) use overnight_framework::testing::{Crash, Fault, FaultKind, Gate, Verb};

pub(crate) use self::journal::{Journal, Recorder, Watcher};
pub(crate) use self::parts::{Chunks, Place, Record, numbers, refusing};
pub(crate) use self::world::{Process, World, failed, job, job_of, retries, skips, tasklet};
