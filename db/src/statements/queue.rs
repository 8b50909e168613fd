//! Statements of the queue: what waits for a worker, and claiming it.

use std::time::Duration;

use diesel::QueryResult;

use super::Backing;
use crate::models::ExecutionRow;

/// The statements of the queue.
pub(crate) trait QueueStatements: Backing {
    /// The oldest executions that wait in a project and are job files or one of `programs`. They are locked; what somebody else
    /// is claiming is passed over.
    fn lock_queued(&mut self, project: &str, programs: &[String], limit: u32) -> QueryResult<Vec<i64>>;

    /// Whether there is one, claimed by somebody at this moment or not.
    fn has_queued(&mut self, project: &str, programs: &[String]) -> QueryResult<bool>;

    /// Leases executions that wait, and are locked, to a worker; by id.
    fn claim_executions(&mut self, now: Self::Now, ids: &[i64], by: &Claimant<'_>) -> QueryResult<Vec<ExecutionRow>>;
}

/// A worker that claims.
pub(crate) struct Claimant<'a> {
    pub(crate) worker_id: i64,
    pub(crate) worker_name: &'a str,
    pub(crate) lease: Duration,
}

macro_rules! queue_statements {
    ($store:ident $(, $($lock:ident)+)?) => {
        fn lock_queued(&mut self, project: &str, programs: &[String], limit: u32) -> QueryResult<Vec<i64>> {
            use crate::schema::$store::{job_definition, job_execution::dsl};
            let files = job_definition::table.filter(job_definition::yaml.ne("")).select(job_definition::id.nullable());
            dsl::job_execution
                .filter(dsl::project.eq(project))
                .filter(dsl::status.eq(Status::Queued.as_str()))
                .filter(dsl::definition_id.eq_any(files).or(dsl::job_name.eq_any(programs)))
                .order(dsl::id)
                .limit(limit.into())
                .select(dsl::id)
                $($(.$lock())+)?
                .load(self)
        }

        fn has_queued(&mut self, project: &str, programs: &[String]) -> QueryResult<bool> {
            use crate::schema::$store::{job_definition, job_execution::dsl};
            let files = job_definition::table.filter(job_definition::yaml.ne("")).select(job_definition::id.nullable());
            let waiting = dsl::job_execution
                .filter(dsl::project.eq(project))
                .filter(dsl::status.eq(Status::Queued.as_str()))
                .filter(dsl::definition_id.eq_any(files).or(dsl::job_name.eq_any(programs)));
            diesel::select(diesel::dsl::exists(waiting)).get_result(self)
        }

        fn claim_executions(
            &mut self,
            now: Self::Now,
            ids: &[i64],
            by: &Claimant<'_>,
        ) -> QueryResult<Vec<ExecutionRow>> {
            use crate::schema::$store::job_execution::{all_columns, dsl};
            let mut rows: Vec<ExecutionRow> = diesel::update(dsl::job_execution.filter(dsl::id.eq_any(ids)))
                .set((
                    dsl::status.eq(Status::Starting.as_str()),
                    dsl::worker_id.eq(by.worker_id),
                    dsl::worker_name.eq(by.worker_name),
                    dsl::lease_token.eq(dsl::lease_token + 1),
                    dsl::lease_until.eq(crate::$store::after(now, by.lease)),
                ))
                .returning(all_columns)
                .get_results(self)?;
            rows.sort_by_key(|row| row.id);
            Ok(rows)
        }
    };
}

pub(crate) use queue_statements;
