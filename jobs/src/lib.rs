//! overnight: batch jobs from YAML or Rust, their stock steps, and the command line `jobctl`.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

mod ignored;
mod executable;
mod quoted;
pub mod steps;
mod config;
mod secrets;
mod catalog;
mod wiring;
mod explain;
pub mod cli;

pub use overnight_db as db;
pub use overnight_framework::*;
