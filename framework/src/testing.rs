//! What tests of jobs are made of: runs in milliseconds on the store in memory, readers and writers that do as they are told,
//! faults, and the death of a process at every point.
//!
//! ```
//! use overnight_framework::builder::{JobBuilder, StepBuilder};
//! use overnight_framework::step::StepContext;
//! use overnight_framework::step::chunk::{Chunk, Items};
//! use overnight_framework::testing::{self, Collect};
//!
//! let double = |number: &i64| Ok((*number != 2).then_some(number * 10));
//! let load = StepBuilder::chunk("load", 2, move |_: &(), _: &StepContext<'_>| {
//!     Ok(Chunk::read(Items::of(1..=3)).process(double).write(Collect::into("out")))
//! });
//! let job = JobBuilder::<()>::new("numbers").step(load).build()?;
//!
//! let ran = testing::run(&job).go();
//! ran.assert_completed();
//! ran.step("load").assert_read(3).assert_filtered(1).assert_written(2);
//! assert_eq!(ran.rows::<i64>("out"), [10, 30]);
//!
//! // Wherever its process dies, the next one brings it to its end, and every row is there once.
//! let points = testing::crash_everywhere(&job, (), |ran| assert_eq!(ran.rows::<i64>("out"), [10, 30]));
//! assert!(points > 10);
//! # Ok::<(), overnight_framework::builder::JobProblems>(())
//! ```
//!
//! What is asserted here panics when it is not so, with what the run did.

mod crash;
mod events;
mod fault;
mod faulty;
mod gate;
mod parts;
mod ran;
mod run;
mod world;

pub use self::crash::{CrashPoint, crash_everywhere};
pub use self::events::Events;
pub use self::fault::{Fault, FaultKind, Verb};
pub use self::faulty::{Crash, FaultyRepository};
pub use self::gate::Gate;
pub use self::parts::{Collect, Record, Refusing, Scripted};
pub use self::ran::{Ran, RanStep};
pub use self::run::{TestRun, run};
pub use self::world::{Machine, Process, World};
