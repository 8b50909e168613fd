//! Schedules against an oracle that walks the clock minute by minute and shares no code with them.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without may stop it")]

mod dice;
#[path = "schedule/clocks.rs"]
mod clocks;
#[path = "schedule/expression.rs"]
mod expression;
#[path = "schedule/oracle.rs"]
mod oracle;
#[path = "schedule/traps.rs"]
mod traps;
