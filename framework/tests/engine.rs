//! The engine, proved on the store in memory: order, restart, chunks, faults, leases.
//!
//! Faults come from the wrapper around the store that `testing` offers to everybody, and from parts that break where they are told
//! to (`support/parts.rs`). A crash is a process whose store no longer answers; whoever comes after it is a new process with a life
//! lock of its own. Nothing sleeps: what must be waited for sends a signal.

#![expect(clippy::unwrap_used, reason = "the parts of a test that cannot go on fail it")]

mod engine {
    mod support;

    mod ancestors;
    mod bisect;
    mod by_name;
    mod chunk;
    mod closing;
    mod embedding;
    mod handover;
    mod lease;
    mod listeners;
    mod panics;
    mod property;
    mod replay;
    mod restart;
    mod rust;
    mod sequence;
    mod skip;
    mod stop;
    mod store;
    mod takeover;
    mod timeout;
    mod worker;
}
