//! Job files: what they may say, what is said about them when they are wrong, and how they run.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without may stop it")]

mod dice;
#[path = "definition/good.rs"]
mod good;
#[path = "definition/hostile.rs"]
mod hostile;
#[path = "definition/kinds.rs"]
mod kinds;
#[path = "definition/own.rs"]
mod own;
#[path = "definition/refused.rs"]
mod refused;
#[path = "definition/runs.rs"]
mod runs;
#[path = "definition/schema.rs"]
mod schema;
#[path = "definition/support.rs"]
mod support;
#[path = "definition/trials.rs"]
mod trials;
#[path = "definition/triggers.rs"]
mod triggers;
