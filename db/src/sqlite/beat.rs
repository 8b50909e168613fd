//! Leases: the heartbeat renews them, and so does each chunk, because the beat waits behind it.

use std::collections::HashMap;

use diesel::prelude::*;
use overnight_framework::repository::{Beat, Lease};
use overnight_framework::status::Status;

use crate::instant::Instant;
use crate::models::BeatRow;
use crate::schema::sqlite::{job_execution, worker};
use crate::statements::update_kept;

/// What became of each lease, in their order.
pub(super) fn beat(connection: &mut SqliteConnection, now: Instant, beat: &Beat) -> QueryResult<Vec<BeatRow>> {
    let alive = worker::id.eq(beat.worker.0).and(worker::death_at.is_null());
    let beating = worker::last_heartbeat.eq(now);
    let is_alive = update_kept(&worker::table, alive, beating).execute(connection)? > 0;
    let intents = intents(connection, beat)?;
    beat.leases
        .iter()
        .map(|lease| {
            let held = intents.get(&(lease.execution.0, lease.token)).filter(|_| lease.worker == beat.worker);
            let renewed = held.is_some() && is_alive && renew(connection, lease, super::after(now, beat.duration))?;
            Ok(BeatRow { held: held.is_some(), renewed, stop_intent: held.cloned().flatten() })
        })
        .collect()
}

/// The intents of what the worker holds, by execution and token.
fn intents(connection: &mut SqliteConnection, beat: &Beat) -> QueryResult<HashMap<(i64, i64), Option<String>>> {
    let rows: Vec<(i64, i64, Option<String>)> = job_execution::table
        .filter(job_execution::worker_id.eq(beat.worker.0))
        .filter(job_execution::status.eq_any(live()))
        .select((job_execution::id, job_execution::lease_token, job_execution::stop_intent))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, token, intent)| ((id, token), intent)).collect())
}

/// Renews one lease; `false` when it is lost.
pub(super) fn renew(connection: &mut SqliteConnection, lease: &Lease, until: Instant) -> QueryResult<bool> {
    let held = (job_execution::id.eq(lease.execution.0))
        .and(job_execution::lease_token.eq(lease.token))
        .and(job_execution::worker_id.eq(lease.worker.0))
        .and(job_execution::lease_until.is_not_null());
    Ok(update_kept(&job_execution::table, held, job_execution::lease_until.eq(until)).execute(connection)? > 0)
}

fn live() -> impl Iterator<Item = &'static str> {
    Status::ALL.into_iter().filter(|status| status.is_live()).map(Status::as_str)
}
