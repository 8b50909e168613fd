//! The statements that the verbs are made of, by verb.
//!
//! Each file holds a trait, which the verbs are written against, and a macro that writes the statements over the tables
//! and the connection of one store: both stores say the same, only their types differ. What really differs between them
//! is written out in `postgres` and `sqlite`.

mod chunk;
mod control;
mod kept;
mod launch;
mod queue;
mod read;
mod run;
mod trigger;

use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection};
use diesel::r2d2::R2D2Connection;
use overnight_framework::clock::Clock;
use overnight_framework::repository::StepLease;

use crate::instant::Instant;

pub(crate) use self::chunk::{ChunkStatements, Fenced, LETTERS_AT_ONCE, chunk_statements};
pub(crate) use self::control::{ControlStatements, Loss, Stop, control_statements};
pub(crate) use self::kept::update_kept;
pub(crate) use self::launch::{LaunchStatements, NewApplied, NewRevision, launch_statements};
pub(crate) use self::queue::{Claimant, QueueStatements, queue_statements};
pub(crate) use self::read::{Condition, ReadStatements, Stops, read_statements};
pub(crate) use self::run::{RunStatements, run_statements};
pub(crate) use self::trigger::{Settled, TriggerStatements, trigger_statements};

/// A connection to one of the databases: how it begins transactions, and where it reads the time.
pub(crate) trait Backing:
    R2D2Connection + SimpleConnection + Connection<TransactionManager = AnsiTransactionManager> + Send + 'static
{
    /// The time in a statement: an expression in PostgreSQL, a value in SQLite.
    type Now: Copy;

    /// What begins the transaction of a verb.
    const BEGIN: &'static str;

    /// What must still be there when a chunk is committed: the savepoint that its BEGIN has set, to be released. It is
    /// gone when the transaction of BEGIN is, and diesel cannot be fooled about it.
    const GUARD: Option<&'static str>;

    /// Whether the commit of a chunk renews the lease of its execution.
    const CHUNK_RENEWS: bool;

    /// What undoes what a user's statements may have changed in their session; without it only a new session does.
    const RESET: Option<&'static str>;

    /// Whether a transaction is open that diesel does not count, because its BEGIN was sent as SQL.
    fn is_in_transaction(&mut self) -> QueryResult<bool>;

    /// What begins the transaction of a chunk.
    fn begin_chunk(lease: &StepLease) -> String;

    /// How long the transaction of a chunk may be idle, where there is a limit.
    fn idle_limit(lease: &StepLease) -> Option<Duration>;

    /// Renews the lease of the execution whose chunk is about to be committed, where chunks do that; `false` when it is lost.
    fn renew_with_chunk(&mut self, now: Self::Now, lease: &StepLease) -> QueryResult<bool>;

    /// The time in the next statement.
    fn now(clock: &dyn Clock) -> Self::Now;

    /// What the time of a statement is.
    fn tell(&mut self, now: Self::Now) -> QueryResult<Instant>;

    /// Whether the connection is of no more use, as far as can be told without asking the other side.
    fn is_gone(&mut self) -> bool;
}

/// Everything that a store must be able to say.
pub(crate) trait Store:
    LaunchStatements
    + QueueStatements
    + RunStatements
    + ControlStatements
    + ChunkStatements
    + TriggerStatements
    + ReadStatements
{
}

impl<C> Store for C where
    C: LaunchStatements
        + QueueStatements
        + RunStatements
        + ControlStatements
        + ChunkStatements
        + TriggerStatements
        + ReadStatements
{
}
