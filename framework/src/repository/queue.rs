//! Runs that wait for a worker: put into the queue by a trigger or by a program, and claimed by whoever has room.

use std::time::Duration;

use super::LaunchWorker;

/// The order to claim runs that wait.
#[derive(Clone, Debug)]
pub struct ClaimOrder {
    /// Only runs of this project.
    pub project: String,
    /// The worker that takes the leases.
    pub worker: LaunchWorker,
    /// How long each lease lasts from now.
    pub lease: Duration,
    /// At most so many, the oldest first. Nobody claims more than it can run now: what it held without working on it would
    /// wait where others have room.
    pub limit: u32,
    /// The jobs in Rust that the worker contains. A job file is in the store and can be run by everybody; a run of any other
    /// program is left to those who have it.
    pub programs: Vec<String>,
}
