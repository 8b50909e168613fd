//! Batch jobs that survive the night, written in Rust or declared in YAML: the engine, its stock steps, and the command line `jobctl`.
//!
#![doc = include_str!("lib.md")]

// The modules stand in the order of their dependencies: each one uses only those above it.

pub mod db;
mod ignored;
mod executable;
mod quoted;
#[cfg(feature = "cli")]
mod chain;
pub mod steps;
mod places;
mod setup;
#[cfg(feature = "cli")]
mod config;
mod secrets;
mod catalog;
mod wiring;
mod driver;
mod embed;
mod launch_in;
#[cfg(feature = "cli")]
mod explain;
#[cfg(feature = "cli")]
mod triggers;
#[cfg(feature = "cli")]
mod serve;
#[cfg(feature = "cli")]
pub mod cli;

pub use embed::{EngineBuilder, OpenEngineError};
pub use launch_in::LaunchIn;
pub use overnight_framework::*;
