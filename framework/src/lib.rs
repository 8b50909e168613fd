//! The engine of overnight: jobs made of steps, their parameters, their records and the port to the store.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

pub mod clock;
pub mod error;
pub mod execution;
pub mod job;
pub mod launch;
pub mod listener;
pub mod monitor;
pub mod params;
pub mod policy;
pub mod repository;
pub mod row;
pub mod runner;
pub mod status;
pub mod step;
pub mod stop;
pub mod stop_line;
pub mod suggest;

#[doc(hidden)]
pub mod __private;

pub use error::BatchError;
