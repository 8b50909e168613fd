//! overnight: batch jobs from YAML or Rust, their stock steps, and the command line `jobctl`.

mod catalog;
pub mod cli;
mod config;
mod secrets;
pub mod steps;
mod wiring;

pub use overnight_framework::*;
