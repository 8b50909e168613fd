//! Launching on the twin: decide, then write instance, revision, worker and execution.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::records::{Entry, Records, cleaned, refuse};
use crate::clock::later;
use crate::execution::{
    DefinitionId, ExecutionId, InstanceId, JobExecution, JobInstance, JsonObject, Trigger, WorkerId,
};
use crate::launch::{Decision, Last, decide};
use crate::repository::{
    ClaimOrder, LaunchError, LaunchRequest, LaunchWorker, Launched, Lease, Revision, StoreError, Worker,
    WorkerIdentity, clean, no_worker,
};
use crate::status::{ExitCode, Status};

/// Who runs a new execution.
struct Holder {
    worker: WorkerId,
    name: String,
    lease: Duration,
}

/// Where a launch goes on.
struct Origin {
    instance: InstanceId,
    previous: Option<ExecutionId>,
    attempt: i32,
    context: JsonObject,
    progress: u8,
}

impl Records {
    pub(super) fn launch(&mut self, request: &LaunchRequest, now: DateTime<Utc>) -> Result<Launched, LaunchError> {
        let origin = self.decided(request, now)?;
        let holder = self.record_worker(&request.worker, request.lease, now)?;
        let worker = holder.worker;
        let row = self.new_row(request, origin, now);
        let row = held_by(JobExecution { lease_token: 1, status: Status::Starting, ..row }, &holder, now);
        let execution = self.insert(row, now);
        self.log_claim(&execution, None, now);
        Ok(Launched { lease: Lease { execution: execution.id, worker, token: execution.lease_token }, execution })
    }

    pub(super) fn enqueue(&mut self, request: &LaunchRequest, now: DateTime<Utc>) -> Result<JobExecution, LaunchError> {
        let origin = self.decided(request, now)?;
        let row = self.new_row(request, origin, now);
        Ok(self.insert(row, now))
    }

    pub(super) fn claim(&mut self, order: &ClaimOrder, now: DateTime<Utc>) -> Result<Vec<Launched>, StoreError> {
        let mut ids = self.queued(&order.project, &order.programs);
        ids.truncate(order.limit as usize);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let holder = self.record_worker(&order.worker, order.lease, now)?;
        let mut claimed = Vec::new();
        for id in ids {
            let Some(row) = self.executions.get_mut(id.0) else { continue };
            let token = row.lease_token + 1;
            *row = held_by(JobExecution { lease_token: token, status: Status::Starting, ..row.clone() }, &holder, now);
            let execution = row.clone();
            self.log_claim(&execution, Some(Status::Queued), now);
            claimed.push(Launched { lease: Lease { execution: id, worker: holder.worker, token }, execution });
        }
        Ok(claimed)
    }

    /// The executions that wait and that a process with these programs can run, oldest first.
    pub(super) fn queued(&self, project: &str, programs: &[String]) -> Vec<ExecutionId> {
        let runs_here = |row: &JobExecution| {
            let definition = row.definition_id.and_then(|id| self.definitions.get(id.0));
            definition.is_some_and(|definition| !definition.yaml.is_empty()) || programs.contains(&row.job_name)
        };
        let waiting = |row: &&JobExecution| row.status == Status::Queued && row.project == project && runs_here(row);
        self.executions.iter().filter(waiting).map(|row| row.id).collect()
    }

    /// A run that goes on where `ended` was left, waiting for a worker.
    pub(super) fn continue_queued(&mut self, ended: &JobExecution, by: &str, now: DateTime<Utc>) {
        let row = JobExecution {
            status: Status::Queued,
            exit_code: ExitCode::default(),
            exit_message: None,
            result: None,
            error: None,
            trigger: Trigger::Restart,
            triggered_by: clean(by).into_owned(),
            previous_id: Some(ended.id),
            attempt: ended.attempt + 1,
            worker_id: None,
            worker_name: None,
            lease_token: 0,
            lease_until: None,
            stop_intent: None,
            stop_by: None,
            reason: ended.exit_message.clone(),
            created_at: now,
            started_at: None,
            ended_at: None,
            ..ended.clone()
        };
        self.insert(row, now);
    }

    /// Where the launch that is asked for goes on, if it is allowed.
    fn decided(&mut self, request: &LaunchRequest, now: DateTime<Utc>) -> Result<Origin, LaunchError> {
        let decision = decide(request.wish, self.last(request), request.restartability)?;
        self.check_revision(&request.revision)?;
        Ok(match decision {
            Decision::Begin { generation } => self.open(request, generation, now),
            Decision::Continue { previous } => self.after(previous)?,
        })
    }

    /// Inserts the row of a new execution, and logs who asked for it.
    fn insert(&mut self, row: JobExecution, now: DateTime<Utc>) -> JobExecution {
        let id = ExecutionId(self.executions.insert(|id| JobExecution { id: ExecutionId(id), ..row.clone() }));
        let execution = JobExecution { id, ..row };
        let launch = Entry {
            execution: id,
            path: None,
            actor: &execution.triggered_by,
            name: "launch",
            from: None,
            to: Some(execution.status),
            reason: execution.reason.as_deref(),
        };
        self.log(&launch, now);
        execution
    }

    /// The newest execution of the newest generation of the instance.
    fn last(&self, request: &LaunchRequest) -> Option<Last> {
        let instance = self.find_instance(&request.project, &request.job_name, request.key.hash())?;
        let last = self.executions.iter().rev().find(|execution| execution.instance_id == instance.id)?;
        Some(Last { id: last.id, status: last.status, closed: instance.closed, generation: instance.generation })
    }

    /// A foreign key: the revision that a launch names must be there.
    fn check_revision(&self, revision: &Revision) -> Result<(), StoreError> {
        match revision {
            Revision::Stored(id) if self.definitions.get(id.0).is_none() => {
                Err(refuse(format!("there is no definition with id {id}")))
            }
            Revision::Stored(_) | Revision::Text { .. } => Ok(()),
        }
    }

    fn record_revision(&mut self, request: &LaunchRequest, now: DateTime<Utc>) -> DefinitionId {
        match &request.revision {
            Revision::Stored(id) => *id,
            Revision::Text { yaml, sha256 } => {
                self.record_text((&request.project, &request.job_name), (yaml, sha256), now)
            }
        }
    }

    /// The worker of a launch, recorded when it is new.
    fn record_worker(
        &mut self,
        worker: &LaunchWorker,
        lease: Duration,
        now: DateTime<Utc>,
    ) -> Result<Holder, StoreError> {
        match worker {
            LaunchWorker::Known { id, name } => Ok(Holder { worker: *id, name: name.clone(), lease }),
            LaunchWorker::New(WorkerIdentity { name, session, host, pid, lock_path, .. }) => {
                let workers = &mut self.workers;
                let worker = *self.sessions.entry(session.clone()).or_insert_with(|| {
                    WorkerId(workers.insert(|id| Worker {
                        id: WorkerId(id),
                        name: name.clone(),
                        host: host.clone(),
                        pid: *pid,
                        lock_path: lock_path.clone(),
                        last_heartbeat: now,
                        dead: false,
                    }))
                });
                Ok(Holder { worker, name: name.clone(), lease })
            }
            LaunchWorker::Nobody => Err(no_worker()),
        }
    }

    /// Where a continued instance goes on.
    fn after(&self, previous: ExecutionId) -> Result<Origin, StoreError> {
        let last =
            self.executions.get(previous.0).ok_or_else(|| refuse(format!("there is no execution {previous}")))?;
        Ok(Origin {
            instance: last.instance_id,
            previous: Some(previous),
            attempt: last.attempt + 1,
            context: last.context.clone(),
            progress: last.progress,
        })
    }

    /// Opens a generation of the instance, to run from the beginning.
    fn open(&mut self, request: &LaunchRequest, generation: i32, now: DateTime<Utc>) -> Origin {
        let instance = self.instances.insert(|id| JobInstance {
            id: InstanceId(id),
            project: request.project.clone(),
            job_name: request.job_name.clone(),
            key: request.key.hash().to_owned(),
            params: request.key.text().to_owned(),
            generation,
            created_at: now,
            closed: None,
        });
        Origin { instance: InstanceId(instance), previous: None, attempt: 1, context: JsonObject::new(), progress: 0 }
    }

    /// Logs that a worker has taken an execution, which waited or is new.
    fn log_claim(&mut self, execution: &JobExecution, from: Option<Status>, now: DateTime<Utc>) {
        let claim = Entry {
            execution: execution.id,
            path: None,
            actor: execution.worker_name.as_deref().unwrap_or_default(),
            name: "claim",
            from,
            to: from.map(|_| execution.status),
            reason: None,
        };
        self.log(&claim, now);
    }

    /// The row of a new execution, which waits.
    fn new_row(&mut self, request: &LaunchRequest, origin: Origin, now: DateTime<Utc>) -> JobExecution {
        JobExecution {
            id: ExecutionId(0),
            instance_id: origin.instance,
            definition_id: Some(self.record_revision(request, now)),
            project: request.project.clone(),
            module: request.module.clone(),
            job_name: request.job_name.clone(),
            target: request.target.clone(),
            params: request.params.clone(),
            labels: request.labels.clone(),
            base_dir: request.base_dir.clone(),
            status: Status::Queued,
            exit_code: ExitCode::default(),
            exit_message: None,
            result: None,
            error: None,
            context: origin.context,
            abortable: request.abortable,
            trigger: request.trigger,
            triggered_by: clean(&request.triggered_by).into_owned(),
            previous_id: origin.previous,
            attempt: origin.attempt,
            worker_id: None,
            worker_name: None,
            lease_token: 0,
            lease_until: None,
            stop_intent: None,
            stop_by: None,
            reason: cleaned(request.reason.as_deref()),
            progress: origin.progress,
            created_at: now,
            started_at: None,
            ended_at: None,
        }
    }
}

/// The row as it stands once a worker holds it.
fn held_by(row: JobExecution, holder: &Holder, now: DateTime<Utc>) -> JobExecution {
    JobExecution {
        worker_id: Some(holder.worker),
        worker_name: Some(holder.name.clone()),
        lease_until: Some(later(now, holder.lease)),
        ..row
    }
}
