//! Tests of job files: one run on the store in memory, compared with what the file expects of it.
//!
//! Nothing outside is touched: the readers, writers and tasklets of the job are replaced by what stands in the test, the clock
//! stands still, and the environment is the one that the test gives.

mod compare;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use self::compare::Comparison;
use crate::clock::ManualClock;
use crate::definition::Trial;
use crate::execution::{ErrorRecord, JobExecution, StepExecution, Trigger};
use crate::launch::{Restartability, Wish};
use crate::monitor::Unwatched;
use crate::policy::Patience;
use crate::repository::memory::MemoryRepository;
use crate::repository::{LaunchRequest, LaunchWorker, Repository, StoredDeadLetter, WorkerIdentity};
use crate::runner::{Overrun, Run};
use crate::status::Status;
use crate::step::caught;
use crate::stop::StopToken;
use crate::stop_line::StopLine;
use crate::yaml::Position;

/// Longer than any test runs: its clock stands still.
const LEASE: Duration = Duration::from_secs(3600);

/// How many rejects of a test are looked at.
const REJECTS: u32 = 10_000;

/// Something that came otherwise than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// What it is about, such as `load.rows[1].amount`.
    pub path: String,
    /// Where the expectation stands in the file.
    pub place: Position,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub got: String,
}

/// Runs a test. What came otherwise than expected is the answer; a test that passes has none.
#[must_use]
pub fn run(trial: &Trial) -> Vec<Mismatch> {
    let mut comparison = Comparison::new(trial);
    match actual(trial) {
        Ok((execution, actual)) => comparison.compare(&execution, &actual),
        Err(error) => comparison.fail("job", "a run", &error),
    }
    comparison.into_mismatches()
}

/// The run, as the document that expectations are compared with.
fn actual(trial: &Trial) -> Result<(JobExecution, Json), String> {
    let clock = Arc::new(ManualClock::at(trial.now));
    let repository = Arc::new(MemoryRepository::with_clock(clock.clone()));
    let request = request(trial)?;
    let dest = "test";
    let launched = repository.launch(&request).map_err(|error| error.to_string())?;
    let run = Run {
        job: &trial.job,
        params: &trial.params,
        execution: launched.execution,
        lease: launched.lease,
        lease_duration: LEASE,
        dest,
        repository: repository.as_ref(),
        patience: &Patience::DEFAULT,
        stop: &StopToken::default(),
        stop_line: &StopLine::new(clock, Duration::ZERO, LEASE),
        monitor: &Unwatched,
        goes_on: false,
        overrun: &Arc::new(Overrun::new(repository.clone(), launched.lease, (dest, LEASE), None)),
    };
    let execution = run.run().map_err(|error| error.to_string())?;
    let document = document(trial, &repository, &execution).map_err(|error| error.to_string())?;
    Ok((execution, document))
}

fn request(trial: &Trial) -> Result<LaunchRequest, String> {
    let (job, params) = (&trial.job, &trial.params);
    let target = job.target.as_ref().map_or(Ok(String::new()), |target| caught(|| target(params)));
    Ok(LaunchRequest {
        project: "test".to_owned(),
        module: job.module.clone(),
        job_name: job.name.clone(),
        target: target.map_err(|error| format!("cannot compute `target`: {error}"))?,
        key: params.key(),
        params: params.to_json(),
        labels: job.labels.clone(),
        base_dir: None,
        abortable: job.abortable,
        restartability: Restartability::Restartable,
        wish: Wish::Start,
        revision: job.revision.clone(),
        trigger: Trigger::Library,
        triggered_by: "test".to_owned(),
        reason: None,
        worker: LaunchWorker::New(WorkerIdentity {
            name: "test".to_owned(),
            session: "test".to_owned(),
            host: "test".to_owned(),
            pid: std::process::id(),
            lock_path: None,
            build: String::new(),
        }),
        lease: LEASE,
    })
}

fn document(
    trial: &Trial,
    repository: &MemoryRepository,
    execution: &JobExecution,
) -> Result<Json, crate::repository::StoreError> {
    let letters = repository.dead_letters(execution.instance_id, 0, REJECTS)?;
    let steps: BTreeMap<String, StepExecution> =
        repository.steps(execution.id)?.into_iter().map(|step| (step.name.clone(), step)).collect();
    let mut document = Map::new();
    for (name, schema) in &trial.steps {
        let Some(step) = steps.get(name) else { continue };
        let mut facts = facts(step);
        if let Some(schema) = schema {
            let rows = repository.tables().rows(name);
            facts.insert("rows".to_owned(), rows.iter().map(|row| schema.to_json(row)).collect());
            let rejects = letters.iter().filter(|letter| letter.step_key == step.step_key);
            facts.insert("rejects".to_owned(), rejects.map(reject).collect());
        }
        document.insert(name.clone(), Json::Object(facts));
    }
    document.insert(
        "job".to_owned(),
        json!({
            "status": lower(execution.status),
            "exit_code": execution.exit_code.as_str(),
            "result": execution.result,
            "error": execution.error.as_ref().map(error),
        }),
    );
    Ok(Json::Object(document))
}

fn facts(step: &StepExecution) -> Map<String, Json> {
    let counts = step.counts;
    let facts = json!({
        "status": lower(step.status),
        "exit_code": step.exit_code.as_str(),
        "read_count": counts.read,
        "write_count": counts.write,
        "filter_count": counts.filter,
        "skip_count": counts.skipped(),
        "outputs": step.outputs,
        "error": step.error.as_ref().map(error),
    });
    if let Json::Object(facts) = facts { facts } else { Map::new() }
}

fn reject(letter: &StoredDeadLetter) -> Json {
    json!({
        "error": letter.error.name,
        "message": letter.error.chain(),
        "phase": letter.phase.as_str(),
        "row": serde_json::from_slice::<Json>(&letter.payload).unwrap_or_default(),
    })
}

fn error(error: &ErrorRecord) -> Json {
    json!({ "name": error.name, "message": error.chain() })
}

fn lower(status: Status) -> String {
    status.as_str().to_lowercase()
}
