//! The engine of overnight: jobs made of steps, their parameters, their records and the port to the store.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

pub mod clock;
pub mod error;
pub mod execution;
pub mod launch;
pub mod params;
pub mod repository;
pub mod row;
pub mod status;
pub mod stop;
pub mod suggest;
