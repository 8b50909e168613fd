//! The store in PostgreSQL.

mod beat;
mod given;
mod launch;

use std::time::Duration;

use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use diesel::sql_types::BigInt;
use overnight_framework::clock::Clock;
use overnight_framework::repository::{
    Beat, ChunkCommit, DeadLetter, ExecutionFilter, LaunchRequest, StepLease, WorkerIdentity, cleaned_json,
};
use overnight_framework::status::Status;
use serde_json::Value;

use self::beat::beat;
use crate::instant::Instant;
use crate::models::{
    BeatRow, CountColumns, DeadLetterRow, DefinitionRow, EndedExecution, EndedStep, EventRow, ExecutionRow,
    InstanceRow, NewEvent, NewExecution, NewStep, StepPlace, StepRow, StepRunRow, StepState, WorkerRow, error_document,
    to_column,
};
use crate::statements::{
    Backing, ChunkStatements, Condition, ControlStatements, LETTERS_AT_ONCE, LaunchStatements, Loss, NewRevision,
    ReadStatements, RunStatements, Stop, Stops, chunk_statements, control_statements, launch_statements,
    read_statements, run_statements,
};

/// The clock of the database, see the first migration.
#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "overnight.now"]
    fn now() -> Timestamptz;

    /// The same, for a column that can be empty.
    #[sql_name = "overnight.now"]
    fn now_at_last() -> Nullable<Timestamptz>;

    #[sql_name = "overnight.after"]
    fn now_and(microseconds: BigInt) -> Nullable<Timestamptz>;
}

impl Backing for PgConnection {
    type Now = now;

    /// Said in full: a database whose default is another level would quietly break statements that wait for a lock.
    const BEGIN: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED";

    /// libpq tells the depth of the transaction; nothing can end it without diesel noticing.
    const GUARD: Option<&'static str> = None;

    /// The heartbeat has a connection of its own.
    const CHUNK_RENEWS: bool = false;

    /// Everything of DISCARD ALL but the prepared statements, which diesel knows by name; and what diesel tells a new session.
    const RESET: Option<&'static str> = Some(
        "CLOSE ALL; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); \
         DISCARD TEMP; DISCARD SEQUENCES; SET TIME ZONE 'UTC'; SET CLIENT_ENCODING TO 'UTF8'",
    );

    /// A worker that freezes in its chunk holds the rows that it wrote; the server lets go of them in the end.
    fn begin_chunk(lease: &StepLease) -> String {
        let limit = lease.duration.as_millis().clamp(1, i32::MAX as u128);
        format!("{}; SET LOCAL idle_in_transaction_session_timeout = {limit}", Self::BEGIN)
    }

    fn renew_with_chunk(&mut self, _: now, _: &StepLease) -> QueryResult<bool> {
        Ok(true)
    }

    fn now(_: &dyn Clock) -> now {
        now()
    }

    fn tell(&mut self, now: now) -> QueryResult<Instant> {
        diesel::select(now).get_result(self)
    }

    /// diesel knows of what went wrong in a transaction. What arrived on the socket since, libpq reads here: first the last
    /// words of a server that has shut down, and then that it has hung up.
    fn is_gone(&mut self) -> bool {
        self.is_broken() || (0..2).any(|_| self.notifications_iter().next().is_some_and(|heard| heard.is_err()))
    }
}

impl LaunchStatements for PgConnection {
    launch_statements!(postgres, for_no_key_update);

    fn launch_at_once(&mut self, request: &LaunchRequest) -> QueryResult<Option<ExecutionRow>> {
        launch::at_once(self, request)
    }
}

impl RunStatements for PgConnection {
    run_statements!(postgres, for_no_key_update);
}

impl ControlStatements for PgConnection {
    control_statements!(postgres, for_no_key_update);
}

/// In one round trip, and of the row as this statement left it.
macro_rules! intent_of_update {
    const LAUNCHES_AT_ONCE: bool = true;

    ($connection:expr, $step:expr, $update:expr) => {
        $update.returning(dsl::stop_intent).get_result($connection).optional()
    };
}

impl ChunkStatements for PgConnection {
    chunk_statements!(postgres, intent_of_update);
}

impl ReadStatements for PgConnection {
    read_statements!(postgres);
}

/// Now, for a column that was empty before.
fn then(_: now) -> now_at_last {
    now_at_last()
}

/// The instant this long after now, on the clock of the database.
fn after(_: now, duration: Duration) -> now_and<i64> {
    now_and(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// The instant this long before now.
fn before(_: now, duration: Duration) -> now_and<i64> {
    now_and(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).saturating_neg())
}
