//! Statements of the launch.

use diesel::QueryResult;
use overnight_framework::repository::{LaunchRequest, WorkerIdentity};

use super::Backing;
use crate::models::{ExecutionRow, InstanceRow, NewEvent, NewExecution};

/// The statements of the launch.
pub(crate) trait LaunchStatements: Backing {
    /// Whether the store can launch a new instance in one statement.
    const LAUNCHES_AT_ONCE: bool = false;

    /// The whole launch of a new instance in one statement, for stores that can. `None` when it is not that simple:
    /// then nothing was written.
    fn launch_at_once(&mut self, _request: &LaunchRequest) -> QueryResult<Option<ExecutionRow>> {
        Ok(None)
    }

    /// The revision of a job with this text.
    fn revision_of_text(&mut self, project: &str, job: &str, sha256: &str) -> QueryResult<Option<i64>>;

    /// Records a text as the next revision; `None` when another process was quicker.
    fn insert_revision(&mut self, now: Self::Now, text: &NewRevision<'_>) -> QueryResult<Option<i64>>;

    /// Makes a revision what the name of its job stands for.
    fn upsert_applied(&mut self, now: Self::Now, applied: &NewApplied<'_>) -> QueryResult<()>;

    /// The newest generation of an instance, locked: launches of one instance go one after another.
    fn lock_newest_instance(&mut self, project: &str, job: &str, key: &str) -> QueryResult<Option<InstanceRow>>;

    /// Opens a generation; `None` when another process was quicker.
    fn insert_instance(&mut self, now: Self::Now, request: &LaunchRequest, generation: i32)
    -> QueryResult<Option<i64>>;

    /// The newest execution of an instance.
    fn newest_execution(&mut self, instance: i64) -> QueryResult<Option<ExecutionRow>>;

    /// Records a worker. One whose first launch was written and not answered comes again under its session.
    fn insert_worker(&mut self, now: Self::Now, worker: &WorkerIdentity) -> QueryResult<i64>;

    /// Records an execution, STARTING with token 1 or QUEUED; `None` when its instance has a live one.
    fn insert_execution(&mut self, now: Self::Now, new: &NewExecution<'_>) -> QueryResult<Option<ExecutionRow>>;

    /// Adds to the log.
    fn insert_event(&mut self, now: Self::Now, event: &NewEvent) -> QueryResult<()>;
}

/// A text to be recorded as a revision.
pub(crate) struct NewRevision<'a> {
    pub(crate) project: &'a str,
    pub(crate) job: &'a str,
    pub(crate) yaml: &'a str,
    pub(crate) sha256: &'a str,
}

/// A revision that the name of its job shall stand for.
pub(crate) struct NewApplied<'a> {
    pub(crate) project: &'a str,
    pub(crate) job: &'a str,
    pub(crate) definition: i64,
    pub(crate) base_dir: Option<&'a str>,
    pub(crate) by: &'a str,
}

macro_rules! launch_statements {
    ($store:ident $(, $lock:ident)?) => {
        fn revision_of_text(&mut self, project: &str, job: &str, sha256: &str) -> QueryResult<Option<i64>> {
            use crate::schema::$store::job_definition::dsl;
            dsl::job_definition
                .filter(dsl::project.eq(project))
                .filter(dsl::name.eq(job))
                .filter(dsl::sha256.eq(sha256))
                .select(dsl::id)
                .first(self)
                .optional()
        }

        fn insert_revision(&mut self, now: Self::Now, text: &NewRevision<'_>) -> QueryResult<Option<i64>> {
            use crate::schema::$store::job_definition::dsl;
            let newest: Option<i32> = dsl::job_definition
                .filter(dsl::project.eq(text.project))
                .filter(dsl::name.eq(text.job))
                .select(diesel::dsl::max(dsl::revision))
                .get_result(self)?;
            diesel::insert_into(dsl::job_definition)
                .values((
                    dsl::project.eq(text.project),
                    dsl::name.eq(text.job),
                    dsl::revision.eq(newest.unwrap_or_default() + 1),
                    dsl::yaml.eq(text.yaml),
                    dsl::sha256.eq(text.sha256),
                    dsl::created_at.eq(now),
                ))
                .on_conflict_do_nothing()
                .returning(dsl::id)
                .get_result(self)
                .optional()
        }

        fn upsert_applied(&mut self, now: Self::Now, applied: &NewApplied<'_>) -> QueryResult<()> {
            use crate::schema::$store::applied_job::dsl;
            let what = || {
                (
                    dsl::definition_id.eq(applied.definition),
                    dsl::base_dir.eq(applied.base_dir),
                    dsl::applied_at.eq(now),
                    dsl::applied_by.eq(applied.by),
                )
            };
            diesel::insert_into(dsl::applied_job)
                .values((dsl::project.eq(applied.project), dsl::name.eq(applied.job), what()))
                .on_conflict((dsl::project, dsl::name))
                .do_update()
                .set(what())
                .execute(self)?;
            Ok(())
        }

        fn lock_newest_instance(&mut self, project: &str, job: &str, key: &str) -> QueryResult<Option<InstanceRow>> {
            use crate::schema::$store::job_instance::dsl;
            dsl::job_instance
                .filter(dsl::project.eq(project))
                .filter(dsl::job_name.eq(job))
                .filter(dsl::job_key.eq(key))
                .order(dsl::generation.desc())
                .limit(1)
                $(.$lock())?
                .get_result(self)
                .optional()
        }

        fn insert_instance(
            &mut self,
            now: Self::Now,
            request: &LaunchRequest,
            generation: i32,
        ) -> QueryResult<Option<i64>> {
            use crate::schema::$store::job_instance::dsl;
            diesel::insert_into(dsl::job_instance)
                .values((
                    dsl::project.eq(&request.project),
                    dsl::job_name.eq(&request.job_name),
                    dsl::job_key.eq(request.key.hash()),
                    dsl::generation.eq(generation),
                    dsl::params.eq(request.key.text()),
                    dsl::created_at.eq(now),
                ))
                .on_conflict_do_nothing()
                .returning(dsl::id)
                .get_result(self)
                .optional()
        }

        fn newest_execution(&mut self, instance: i64) -> QueryResult<Option<ExecutionRow>> {
            use crate::schema::$store::job_execution::dsl;
            dsl::job_execution
                .filter(dsl::instance_id.eq(instance))
                .order(dsl::id.desc())
                .limit(1)
                .get_result(self)
                .optional()
        }

        fn insert_worker(&mut self, now: Self::Now, worker: &WorkerIdentity) -> QueryResult<i64> {
            use crate::schema::$store::worker::dsl;
            diesel::insert_into(dsl::worker)
                .values((
                    dsl::name.eq(&worker.name),
                    dsl::session.eq(&worker.session),
                    dsl::host.eq(&worker.host),
                    dsl::pid.eq(i64::from(worker.pid)),
                    dsl::lock_path.eq(worker.lock_path.as_deref()),
                    dsl::build.eq(&worker.build),
                    dsl::birth_at.eq(now),
                    dsl::last_heartbeat.eq(now),
                ))
                .on_conflict(dsl::session)
                .do_update()
                .set(dsl::last_heartbeat.eq(now))
                .returning(dsl::id)
                .get_result(self)
        }

        fn insert_execution(&mut self, now: Self::Now, new: &NewExecution<'_>) -> QueryResult<Option<ExecutionRow>> {
            use crate::schema::$store::job_execution::dsl;
            let NewExecution { origin, holder, texts, .. } = new;
            let lease = crate::$store::after_if(now, holder.as_ref().map(|holder| holder.lease));
            diesel::insert_into(dsl::job_execution)
                .values((
                    (
                        dsl::instance_id.eq(origin.instance_id),
                        dsl::previous_id.eq(origin.previous_id),
                        dsl::attempt.eq(origin.attempt),
                        dsl::context.eq(&origin.context),
                        dsl::progress_percent.eq(origin.progress_percent),
                    ),
                    (
                        dsl::definition_id.eq(new.definition_id),
                        dsl::project.eq(new.project),
                        dsl::module.eq(new.module),
                        dsl::job_name.eq(new.job_name),
                        dsl::target.eq(new.target),
                        dsl::params.eq(&texts.params),
                        dsl::labels.eq(&texts.labels),
                        dsl::base_dir.eq(new.base_dir),
                        dsl::abortable.eq(new.abortable),
                        dsl::trigger_kind.eq(new.trigger.as_str()),
                        dsl::triggered_by.eq(&*texts.triggered_by),
                        dsl::reason.eq(texts.reason.as_deref()),
                    ),
                    (
                        dsl::status.eq(new.status().as_str()),
                        dsl::worker_id.eq(holder.as_ref().map(|holder| holder.worker_id)),
                        dsl::worker_name.eq(holder.as_ref().map(|holder| holder.worker_name)),
                        dsl::lease_token.eq(i64::from(holder.is_some())),
                        dsl::lease_until.eq(lease),
                        dsl::created_at.eq(now),
                    ),
                ))
                .on_conflict_do_nothing()
                .returning(crate::schema::$store::job_execution::all_columns)
                .get_result(self)
                .optional()
        }

        fn insert_event(&mut self, now: Self::Now, event: &NewEvent) -> QueryResult<()> {
            use crate::schema::$store::event::dsl;
            diesel::insert_into(dsl::event)
                .values((
                    dsl::execution_id.eq(event.execution_id),
                    dsl::path.eq(event.path.as_deref()),
                    dsl::at.eq(now),
                    dsl::actor.eq(&event.actor),
                    dsl::name.eq(event.name),
                    dsl::from_status.eq(event.from),
                    dsl::to_status.eq(event.to),
                    dsl::reason.eq(event.reason.as_deref()),
                ))
                .execute(self)?;
            Ok(())
        }
    };
}

pub(crate) use launch_statements;
