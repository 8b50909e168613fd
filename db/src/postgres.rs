//! The store in PostgreSQL.

mod beat;
mod given;
mod launch;

use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use overnight_framework::clock::Clock;
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

    /// The same, of a length of time that there need not be.
    #[sql_name = "overnight.after"]
    fn now_and_if(microseconds: Nullable<BigInt>) -> Nullable<Timestamptz>;

    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;

    /// `NULL` where nobody ever set it in the session, and empty where it was set in another transaction.
    fn current_setting(name: Text, missing_ok: Bool) -> Nullable<Text>;
}

/// How long a transaction may be idle before the server ends it.
const IDLE_LIMIT: &str = "idle_in_transaction_session_timeout";

/// What the transaction of a chunk is known by: it ends with it.
const MARK: &str = "overnight.chunk";

impl Backing for PgConnection {
    type Now = now;

    /// Said in full: a database whose default is another level would quietly break statements that wait for a lock.
    const BEGIN: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED";

    /// libpq tells the depth of the transaction. One that was ended and begun again has lost its mark, which the fence looks at.
    const GUARD: Option<&'static str> = None;

    /// The heartbeat has a connection of its own.
    const CHUNK_RENEWS: bool = false;

    /// Everything of DISCARD ALL but the prepared statements, which diesel knows by name; and what diesel tells a new session.
    const RESET: Option<&'static str> = Some(
        "CLOSE ALL; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); \
         DISCARD TEMP; DISCARD SEQUENCES; SET TIME ZONE 'UTC'; SET CLIENT_ENCODING TO 'UTF8'",
    );

    /// There are savepoints only inside of a transaction; outside, the refusal changes nothing. In one that has failed
    /// already the BEGIN to come is refused as well.
    fn is_in_transaction(&mut self) -> QueryResult<bool> {
        match self.batch_execute("SAVEPOINT overnight_look") {
            Ok(()) => self.batch_execute("RELEASE SAVEPOINT overnight_look").map(|()| true),
            Err(Error::DatabaseError(DatabaseErrorKind::Unknown, _)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A worker that freezes in its chunk holds the rows that it wrote; the server lets go of them in the end.
    fn begin_chunk(lease: &StepLease) -> String {
        let limit = milliseconds(lease.idle_timeout);
        format!("{}; SET LOCAL {IDLE_LIMIT} = {limit}; SET LOCAL {MARK} = 'open'", Self::BEGIN)
    }

    fn idle_limit(lease: &StepLease) -> Option<Duration> {
        Some(lease.idle_timeout)
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

    const LAUNCHES_AT_ONCE: bool = true;

    fn launch_at_once(&mut self, request: &LaunchRequest) -> QueryResult<Option<ExecutionRow>> {
        launch::at_once(self, request)
    }
}

impl QueueStatements for PgConnection {
    queue_statements!(postgres, for_no_key_update skip_locked);
}

impl TriggerStatements for PgConnection {
    trigger_statements!(postgres, for_no_key_update, skip_locked);
}

impl RunStatements for PgConnection {
    run_statements!(postgres, for_no_key_update);
}

impl ControlStatements for PgConnection {
    control_statements!(postgres, for_no_key_update);
}

/// In one round trip, and of the row as this statement left it.
///
/// From here on the transaction holds the row of its step, for which a takeover would wait: it may be idle for a lease at most.
macro_rules! fenced_by_update {
    ($connection:expr, $lease:expr, $update:expr) => {{
        let limit = set_config(IDLE_LIMIT, milliseconds($lease.duration).to_string(), true);
        let row = $update.returning((dsl::stop_intent, current_setting(MARK, true), limit)).get_result($connection);
        let row: Option<(Option<String>, Option<String>, String)> = row.optional()?;
        Ok(row.map(|(intent, mark, _)| Fenced { intent, is_of_chunk: mark.as_deref() == Some("open") }))
    }};
}

impl ChunkStatements for PgConnection {
    chunk_statements!(postgres, fenced_by_update);
}

impl ReadStatements for PgConnection {
    read_statements!(postgres);
}

/// A length of time as the settings of the server take it. None at all would be no limit.
fn milliseconds(length: Duration) -> u128 {
    length.as_millis().clamp(1, i32::MAX as u128)
}

/// Now, for a column that was empty before.
fn then(_: now) -> now_at_last {
    now_at_last()
}

/// The instant this long after now, on the clock of the database.
fn after(_: now, duration: Duration) -> now_and<i64> {
    now_and(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// The same, if it is asked for.
fn after_if(_: now, duration: Option<Duration>) -> now_and_if<Option<i64>> {
    now_and_if(duration.map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
}

/// The instant this long before now.
fn before(_: now, duration: Duration) -> now_and<i64> {
    now_and(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX).saturating_neg())
}
