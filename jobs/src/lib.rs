//! overnight: batch jobs from YAML or Rust, their stock steps, and the command line `jobctl`.

pub mod steps;

pub use overnight_framework::*;
