//! Tables, their writers and readers, on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod catalogue;
mod execute;
mod numeric;
mod pages;
mod support;
mod types;
mod upsert;
mod writers;
