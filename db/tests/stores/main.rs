//! What both stores promise, and what each promises alone.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod begin_to_end;
mod chunks;
mod lending;
mod opening;
mod plans;
mod promises;
mod queued_in;
mod races;
mod schema;
mod support;
mod tables_page;
