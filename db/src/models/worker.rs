//! Workers.

use diesel::Queryable;
use overnight_framework::execution::WorkerId;
use overnight_framework::repository::Worker;

use crate::instant::Instant;

/// A row of `worker`, in the order of its columns.
#[derive(Debug, Queryable)]
pub(crate) struct WorkerRow {
    id: i64,
    name: String,
    _session: String,
    host: String,
    pid: i64,
    lock_path: Option<String>,
    _build: String,
    _birth_at: Instant,
    last_heartbeat: Instant,
    death_at: Option<Instant>,
}

impl From<WorkerRow> for Worker {
    fn from(row: WorkerRow) -> Self {
        Self {
            id: WorkerId(row.id),
            name: row.name,
            host: row.host,
            pid: u32::try_from(row.pid).unwrap_or_default(),
            lock_path: row.lock_path,
            last_heartbeat: row.last_heartbeat.into(),
            dead: row.death_at.is_some(),
        }
    }
}
