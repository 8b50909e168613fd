//! The engine of [overnight](https://docs.rs/overnight): jobs made of steps, their parameters, their records and the port to the
//! store.
//!
//! Programs depend on `overnight`, which hands on everything that is here, beside the stores, the stock steps and the command line;
//! its page is the way in. This crate by itself is for those who put another store behind the port in [`repository`], and for crates
//! that are nothing but steps. Those call it by the name that the macros speak of:
//!
//! ```toml
//! overnight = { package = "overnight-framework", version = "0.1" }
//! ```

// The modules stand in the order of their dependencies: each one uses only those above it.

pub mod suggest;
pub mod error;
pub mod row;
mod text;
pub mod expr;
pub mod yaml;
pub mod status;
pub mod stop;
pub mod clock;
pub mod schedule;
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
pub mod trigger;
pub mod job;
pub mod definition;
pub mod builder;
pub mod registry;
pub mod runner;
pub mod worker;
pub mod operator;
pub mod engine;
pub mod trial;
pub mod testing;

#[doc(hidden)]
pub mod __private;

pub use engine::Engine;
pub use error::BatchError;
pub use overnight_derive::{BatchError, ParamValue, Params, Row, Settings, job, processor, reader, step, writer};
