//! Statements of orders, of the heartbeat, and of ending what dead workers left.

use std::time::Duration;

use diesel::QueryResult;
use overnight_framework::repository::Beat;
use overnight_framework::status::Status;

use super::Backing;
use crate::models::{BeatRow, ExecutionRow, StepState};

/// The statements of control.
pub(crate) trait ControlStatements: Backing {
    /// Renews what a worker holds, and brings back what became of each lease.
    fn beat(&mut self, now: Self::Now, beat: &Beat) -> QueryResult<Vec<BeatRow>>;

    /// Writes a stop order on an execution, and ends one that only waited.
    fn stop_execution(&mut self, now: Self::Now, id: i64, order: &Stop<'_>) -> QueryResult<ExecutionRow>;

    /// Locks the live steps of an execution, in the order of their ids.
    fn lock_live_steps(&mut self, execution: i64) -> QueryResult<Vec<StepState>>;

    /// Tells steps, which are locked, of the end that was requested.
    fn stop_steps(&mut self, ids: &[i64], intent: &str) -> QueryResult<()>;

    /// Whether the lease of an execution is over since at least `margin`.
    fn lease_is_over(&mut self, now: Self::Now, execution: i64, margin: Duration) -> QueryResult<bool>;

    /// Ends an execution whose worker is lost, and raises its token.
    fn end_lost_execution(&mut self, now: Self::Now, id: i64, end: &Loss<'_>) -> QueryResult<ExecutionRow>;

    /// Ends its steps, which are locked, and raises their tokens as that of the execution.
    fn end_lost_steps(&mut self, now: Self::Now, ids: &[i64], end: &Loss<'_>) -> QueryResult<()>;

    /// Marks a worker as dead, unless it is.
    fn retire_worker(&mut self, now: Self::Now, id: i64) -> QueryResult<()>;
}

/// A stop as it is written.
pub(crate) struct Stop<'a> {
    pub(crate) to: Status,
    pub(crate) exit_code: &'static str,
    pub(crate) intent: &'static str,
    pub(crate) by: &'a str,
    pub(crate) reason: Option<&'a str>,
}

/// The end of a run whose worker is lost.
pub(crate) struct Loss<'a> {
    pub(crate) to: Status,
    pub(crate) exit_code: &'a str,
    pub(crate) reason: &'a str,
}

macro_rules! control_statements {
    ($store:ident $(, $lock:ident)?) => {
        fn beat(&mut self, now: Self::Now, beat: &Beat) -> QueryResult<Vec<BeatRow>> {
            crate::$store::beat(self, now, beat)
        }

        fn stop_execution(&mut self, now: Self::Now, id: i64, order: &Stop<'_>) -> QueryResult<ExecutionRow> {
            use crate::schema::$store::job_execution::{all_columns, dsl};
            let row = dsl::job_execution.find(id);
            let order_columns = (
                    dsl::status.eq(order.to.as_str()),
                    dsl::exit_code.eq(order.exit_code),
                    dsl::stop_intent.eq(order.intent),
                    dsl::stop_by.eq(order.by),
                    dsl::reason.eq(order.reason),
                );
            if order.to.is_ended() {
                let ended = (order_columns, dsl::ended_at.eq(crate::$store::then(now)));
                diesel::update(row).set(ended).returning(all_columns).get_result(self)
            } else {
                diesel::update(row).set(order_columns).returning(all_columns).get_result(self)
            }
        }

        fn lock_live_steps(&mut self, execution: i64) -> QueryResult<Vec<StepState>> {
            use crate::schema::$store::step_execution::dsl;
            let live = Status::ALL.into_iter().filter(|status| status.is_live()).map(Status::as_str);
            dsl::step_execution
                .filter(dsl::job_execution_id.eq(execution))
                .filter(dsl::status.eq_any(live))
                .order(dsl::id)
                .select((dsl::id, dsl::path, dsl::status))
                $(.$lock())?
                .load(self)
        }

        fn stop_steps(&mut self, ids: &[i64], intent: &str) -> QueryResult<()> {
            use crate::schema::$store::step_execution::dsl;
            diesel::update(dsl::step_execution.filter(dsl::id.eq_any(ids)))
                .set((dsl::status.eq(Status::Stopping.as_str()), dsl::stop_intent.eq(intent)))
                .execute(self)?;
            Ok(())
        }

        fn lease_is_over(&mut self, now: Self::Now, execution: i64, margin: Duration) -> QueryResult<bool> {
            use crate::schema::$store::job_execution::dsl;
            let over = dsl::job_execution
                .find(execution)
                .filter(dsl::lease_until.le(crate::$store::before(now, margin)))
                .select(dsl::id);
            Ok(over.get_result::<i64>(self).optional()?.is_some())
        }

        fn end_lost_execution(&mut self, now: Self::Now, id: i64, end: &Loss<'_>) -> QueryResult<ExecutionRow> {
            use crate::schema::$store::job_execution::{all_columns, dsl};
            diesel::update(dsl::job_execution.find(id))
                .set((
                    dsl::status.eq(end.to.as_str()),
                    dsl::exit_code.eq(end.exit_code),
                    dsl::exit_message.eq(end.reason),
                    dsl::lease_token.eq(dsl::lease_token + 1),
                    dsl::lease_until.eq(None::<Instant>),
                    dsl::ended_at.eq(crate::$store::then(now)),
                ))
                .returning(all_columns)
                .get_result(self)
        }

        fn end_lost_steps(&mut self, now: Self::Now, ids: &[i64], end: &Loss<'_>) -> QueryResult<()> {
            use crate::schema::$store::step_execution::dsl;
            diesel::update(dsl::step_execution.filter(dsl::id.eq_any(ids)))
                .set((
                    dsl::status.eq(end.to.as_str()),
                    dsl::exit_code.eq(end.exit_code),
                    dsl::lease_token.eq(dsl::lease_token + 1),
                    dsl::ended_at.eq(crate::$store::then(now)),
                ))
                .execute(self)?;
            Ok(())
        }

        fn retire_worker(&mut self, now: Self::Now, id: i64) -> QueryResult<()> {
            use crate::schema::$store::worker::dsl;
            diesel::update(dsl::worker.find(id).filter(dsl::death_at.is_null()))
                .set(dsl::death_at.eq(crate::$store::then(now)))
                .execute(self)?;
            Ok(())
        }
    };
}

pub(crate) use control_statements;
