//! The store in SQLite.
//!
//! One writer at a time is all there is: a transaction that may write begins IMMEDIATE, and then nothing needs a lock.

mod beat;

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use diesel::result::Error;
use overnight_framework::clock::{Clock, later};
use overnight_framework::repository::{
    Beat, ChunkCommit, DeadLetter, ExecutionFilter, Fire, FireOutcome, LaunchRequest, NewMessage, Reject, StepLease,
    TriggerKey, TriggerWatch, WorkerIdentity, clean, cleaned_json,
};
use overnight_framework::status::Status;
use serde_json::Value;

use self::beat::beat;
use crate::instant::Instant;
use crate::models::{
    AppliedRow, BeatRow, CountColumns, DeadLetterRow, DefinitionRow, EndedExecution, EndedStep, EventRow, ExecutionRow,
    FireRow, InstanceRow, MessageRow, NewEvent, NewExecution, NewStep, RejectRow, StepPlace, StepRow, StepRunRow,
    StepState, WatchedRow, WorkerRow, error_document, to_column,
};
use crate::statements::{
    Backing, ChunkStatements, Claimant, Condition, ControlStatements, Fenced, LETTERS_AT_ONCE, LaunchStatements, Loss,
    NewApplied, NewRevision, QueueStatements, ReadStatements, RunStatements, Settled, Stop, Stops, TriggerStatements,
    chunk_statements, control_statements, launch_statements, queue_statements, read_statements, run_statements,
    trigger_statements, update_kept,
};

/// SQLite's words for a pragma that waits for the end of a transaction.
const PRAGMA_INSIDE: &str = "Safety level may not be changed inside a transaction";

impl Backing for SqliteConnection {
    type Now = Instant;

    /// What operators are told has happened is on the disk.
    const BEGIN: &'static str = "PRAGMA synchronous = FULL; BEGIN IMMEDIATE";

    const GUARD: Option<&'static str> = Some("RELEASE SAVEPOINT overnight_chunk");

    /// The heartbeat waits behind the chunk.
    const CHUNK_RENEWS: bool = true;

    /// Pragmas, attached files, temporary tables and triggers: nothing undoes them all. To open a file again costs little.
    const RESET: Option<&'static str> = None;

    /// The pragma that every transaction of ours begins with is refused inside of one, whose it may be.
    fn is_in_transaction(&mut self) -> QueryResult<bool> {
        match self.batch_execute("PRAGMA synchronous = FULL") {
            Err(Error::DatabaseError(_, information)) if information.message() == PRAGMA_INSIDE => Ok(true),
            outcome => outcome.map(|()| false),
        }
    }

    /// A chunk may be lost when the power fails, together with its checkpoint; the end of its step is FULL and keeps both.
    fn begin_chunk(_: &StepLease) -> String {
        "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; SAVEPOINT overnight_chunk".to_owned()
    }

    fn idle_limit(_: &StepLease) -> Option<Duration> {
        None
    }

    fn renew_with_chunk(&mut self, now: Instant, lease: &StepLease) -> QueryResult<bool> {
        beat::renew(self, &lease.lease, after(now, lease.duration))
    }

    fn now(clock: &dyn Clock) -> Instant {
        clock.now().into()
    }

    fn tell(&mut self, now: Instant) -> QueryResult<Instant> {
        Ok(now)
    }

    fn is_gone(&mut self) -> bool {
        self.is_broken()
    }
}

impl LaunchStatements for SqliteConnection {
    launch_statements!(sqlite);
}

impl QueueStatements for SqliteConnection {
    queue_statements!(sqlite);
}

impl TriggerStatements for SqliteConnection {
    trigger_statements!(sqlite);
}

impl RunStatements for SqliteConnection {
    run_statements!(sqlite);
}

impl ControlStatements for SqliteConnection {
    control_statements!(sqlite);
}

/// For `RETURNING` SQLite makes a table in memory each time, which costs more than the UPDATE; nobody else writes while this
/// transaction is open, so the row can as well be read afterwards.
macro_rules! fenced_after_update {
    ($connection:expr, $lease:expr, $update:expr) => {
        match $update.execute($connection)? {
            0 => Ok(None),
            _ => {
                let row = dsl::step_execution.find($lease.step.0).select(dsl::stop_intent);
                // The savepoint of BEGIN was there just before.
                Ok(row.get_result($connection).optional()?.map(|intent| Fenced { intent, is_of_chunk: true }))
            }
        }
    };
}

impl ChunkStatements for SqliteConnection {
    chunk_statements!(sqlite, fenced_after_update);
}

impl ReadStatements for SqliteConnection {
    read_statements!(sqlite);
}

/// Now, for a column that was empty before.
fn then(now: Instant) -> Instant {
    now
}

/// The instant this long after now.
fn after(now: Instant, duration: Duration) -> Instant {
    later(now.into(), duration).into()
}

/// The same, if it is asked for.
fn after_if(now: Instant, duration: Option<Duration>) -> Option<Instant> {
    duration.map(|duration| after(now, duration))
}

/// The instant this long before now.
fn before(now: Instant, duration: Duration) -> Instant {
    now.minus(duration)
}
