//! Statements of a run: its begin and end, and those of its steps.

use diesel::QueryResult;
use serde_json::Value;

use super::Backing;
use crate::models::{EndedExecution, EndedStep, ExecutionRow, NewStep, StepRow};

/// The statements of a run. What is called `lock_…` keeps every other writer of the row away until the transaction ends;
/// rows are locked in the order instance, execution, steps by id.
pub(crate) trait RunStatements: Backing {
    /// The instance of an execution, which never changes.
    fn instance_of(&mut self, execution: i64) -> QueryResult<Option<i64>>;

    /// Locks an instance.
    fn lock_instance(&mut self, id: i64) -> QueryResult<()>;

    /// Locks an execution.
    fn lock_execution(&mut self, id: i64) -> QueryResult<Option<ExecutionRow>>;

    /// Locks a step.
    fn lock_step(&mut self, id: i64) -> QueryResult<Option<StepRow>>;

    /// Moves an execution to STARTED.
    fn begin_execution(&mut self, now: Self::Now, id: i64) -> QueryResult<ExecutionRow>;

    /// Ends an execution.
    fn end_execution(&mut self, now: Self::Now, id: i64, end: &EndedExecution) -> QueryResult<ExecutionRow>;

    /// Closes an instance, unless it is closed.
    fn close_instance(&mut self, now: Self::Now, id: i64, why: &str) -> QueryResult<()>;

    /// Records a STARTED step.
    fn insert_step(&mut self, now: Self::Now, new: &NewStep<'_>) -> QueryResult<StepRow>;

    /// Ends a step.
    fn end_step(&mut self, now: Self::Now, id: i64, end: &EndedStep) -> QueryResult<StepRow>;

    /// Replaces the context of an execution.
    fn set_context(&mut self, execution: i64, context: &Value) -> QueryResult<()>;
}

macro_rules! run_statements {
    ($store:ident $(, $lock:ident)?) => {
        fn instance_of(&mut self, execution: i64) -> QueryResult<Option<i64>> {
            use crate::schema::$store::job_execution::dsl;
            dsl::job_execution.find(execution).select(dsl::instance_id).get_result(self).optional()
        }

        fn lock_instance(&mut self, id: i64) -> QueryResult<()> {
            use crate::schema::$store::job_instance::dsl;
            let locked = dsl::job_instance.find(id).select(dsl::id)$(.$lock())?;
            locked.get_result::<i64>(self).optional().map(drop)
        }

        fn lock_execution(&mut self, id: i64) -> QueryResult<Option<ExecutionRow>> {
            use crate::schema::$store::job_execution::dsl;
            dsl::job_execution.find(id)$(.$lock())?.get_result(self).optional()
        }

        fn lock_step(&mut self, id: i64) -> QueryResult<Option<StepRow>> {
            use crate::schema::$store::step_execution::dsl;
            dsl::step_execution.find(id)$(.$lock())?.get_result(self).optional()
        }

        fn begin_execution(&mut self, now: Self::Now, id: i64) -> QueryResult<ExecutionRow> {
            use crate::schema::$store::job_execution::{all_columns, dsl};
            let begun = (dsl::status.eq(Status::Started.as_str()), dsl::started_at.eq(crate::$store::then(now)));
            update_kept(&dsl::job_execution, dsl::id.eq(id), begun).returning(all_columns).get_result(self)
        }

        fn end_execution(&mut self, now: Self::Now, id: i64, end: &EndedExecution) -> QueryResult<ExecutionRow> {
            use crate::schema::$store::job_execution::{all_columns, dsl};
            let ended = (
                dsl::status.eq(end.status),
                dsl::exit_code.eq(&end.exit_code),
                dsl::exit_message.eq(end.exit_message.as_deref()),
                dsl::result.eq(end.result.as_ref()),
                dsl::error.eq(end.error.as_ref()),
                dsl::progress_percent.eq(end.progress_percent),
                dsl::lease_until.eq(None::<Instant>),
                dsl::ended_at.eq(crate::$store::then(now)),
            );
            update_kept(&dsl::job_execution, dsl::id.eq(id), ended).returning(all_columns).get_result(self)
        }

        fn close_instance(&mut self, now: Self::Now, id: i64, why: &str) -> QueryResult<()> {
            use crate::schema::$store::job_instance::dsl;
            let open = dsl::id.eq(id).and(dsl::closed_at.is_null());
            let closed = (dsl::closed_at.eq(crate::$store::then(now)), dsl::closed_why.eq(why));
            update_kept(&dsl::job_instance, open, closed).execute(self)?;
            Ok(())
        }

        fn insert_step(&mut self, now: Self::Now, new: &NewStep<'_>) -> QueryResult<StepRow> {
            use crate::schema::$store::step_execution::{all_columns, dsl};
            let NewStep { lease, start, .. } = new;
            diesel::insert_into(dsl::step_execution)
                .values((
                    dsl::job_execution_id.eq(lease.execution.0),
                    dsl::ordinal.eq(start.ordinal),
                    dsl::path.eq(&new.path),
                    dsl::step_key.eq(&start.step_key),
                    dsl::step_name.eq(&start.name),
                    dsl::kind.eq(start.kind.as_str()),
                    dsl::dest.eq(&*new.dest),
                    dsl::status.eq(Status::Started.as_str()),
                    dsl::worker_id.eq(lease.worker.0),
                    dsl::lease_token.eq(lease.token),
                    dsl::stop_intent.eq(new.stop_intent),
                    dsl::checkpoint.eq(start.checkpoint.as_ref()),
                    dsl::context.eq(&new.context),
                    dsl::outputs.eq(&new.outputs),
                    dsl::created_at.eq(now),
                    dsl::started_at.eq(crate::$store::then(now)),
                ))
                .returning(all_columns)
                .get_result(self)
        }

        fn end_step(&mut self, now: Self::Now, id: i64, end: &EndedStep) -> QueryResult<StepRow> {
            use crate::schema::$store::step_execution::{all_columns, dsl};
            let ended = (
                dsl::status.eq(end.status),
                dsl::exit_code.eq(&end.exit_code),
                dsl::error.eq(end.error.as_ref()),
                dsl::read_count.eq(end.counts.read),
                dsl::write_count.eq(end.counts.write),
                dsl::filter_count.eq(end.counts.filter),
                dsl::read_skip_count.eq(end.counts.read_skip),
                dsl::process_skip_count.eq(end.counts.process_skip),
                dsl::write_skip_count.eq(end.counts.write_skip),
                dsl::commit_count.eq(end.counts.commit),
                dsl::rollback_count.eq(end.counts.rollback),
                dsl::retry_count.eq(end.counts.retry),
                dsl::context.eq(&end.context),
                dsl::outputs.eq(&end.outputs),
                dsl::ended_at.eq(crate::$store::then(now)),
            );
            update_kept(&dsl::step_execution, dsl::id.eq(id), ended).returning(all_columns).get_result(self)
        }

        fn set_context(&mut self, execution: i64, context: &Value) -> QueryResult<()> {
            use crate::schema::$store::job_execution::dsl;
            update_kept(&dsl::job_execution, dsl::id.eq(execution), dsl::context.eq(context)).execute(self)?;
            Ok(())
        }
    };
}

pub(crate) use run_statements;
