//! The engine of overnight: jobs made of steps, their parameters, their records and the port to the store.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

pub mod error;
pub mod row;
pub mod suggest;
pub mod params;
pub mod status;
pub mod stop;
pub mod clock;
pub mod execution;
pub mod launch;
pub mod repository;

#[doc(hidden)]
pub mod __private;

pub use error::BatchError;
