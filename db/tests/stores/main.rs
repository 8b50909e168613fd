//! What both stores promise, and what each promises alone.

mod begin_to_end;
mod chunks;
mod opening;
mod plans;
mod promises;
mod races;
mod schema;
mod support;
