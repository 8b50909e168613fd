//! The engine of overnight: jobs made of steps, their parameters, their records and the port to the store.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

pub mod suggest;
pub mod error;
pub mod row;
mod text;
pub mod expr;
pub mod yaml;
pub mod status;
pub mod stop;
pub mod clock;
pub mod params;
pub mod execution;
pub mod launch;
pub mod repository;
pub mod monitor;
pub mod listener;
pub mod policy;
pub mod stop_line;
pub mod resource;
pub mod step;
pub mod kind;
pub mod job;
pub mod definition;
pub mod builder;
pub mod registry;
pub mod runner;
pub mod worker;
pub mod operator;
pub mod trial;

#[doc(hidden)]
pub mod __private;

pub use error::BatchError;
pub use overnight_derive::{BatchError, ParamValue, Params, job};
