//! What the cases are made of: requests, ends and orders with plain values, and runs brought to where a case begins.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::execution::{Counts, ErrorRecord, ExecutionId, JobExecution, JsonObject, StepExecution, StepKind, Trigger};
use crate::launch::{Refusal, Restartability, Wish};
use crate::params::InstanceKey;
use crate::repository::{
    ChunkCommit, ChunkError, Committed, DeadLetter, ExecutionEnd, FenceError, LaunchError, LaunchRequest, LaunchWorker,
    Launched, Lease, Payload, Phase, Repository, Revision, StepEnd, StepLease, StepStart, StopOrder, TakeOver,
    WorkerIdentity,
};
use crate::row::Value;
use crate::status::{ExitCode, Status, StopIntent};

/// The project of every case.
pub(crate) const PROJECT: &str = "night";
/// The job of every case.
pub(crate) const JOB: &str = "close_books";
/// A lease that no case outlives.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A launch of the instance `key` by a process that launches for the first time.
pub(crate) fn request(key: &str) -> LaunchRequest {
    LaunchRequest {
        project: PROJECT.to_owned(),
        module: "accounting".to_owned(),
        job_name: JOB.to_owned(),
        target: "ledger".to_owned(),
        key: InstanceKey::of([("day", &Value::from(key))]),
        params: object(json!({"day": key})),
        labels: BTreeMap::from([("team".to_owned(), "ledger".to_owned())]),
        base_dir: Some("/jobs".to_owned()),
        abortable: true,
        restartability: Restartability::Restartable,
        wish: Wish::Start,
        revision: text("job: close_books\n"),
        trigger: Trigger::Library,
        triggered_by: "ada".to_owned(),
        reason: None,
        worker: LaunchWorker::New(identity()),
        lease: LONG,
    }
}

/// A process that no other case knows.
pub(crate) fn identity() -> WorkerIdentity {
    static SESSIONS: AtomicU64 = AtomicU64::new(0);
    let pid = std::process::id();
    WorkerIdentity {
        name: "worker-1".to_owned(),
        session: format!("{pid}-{}", SESSIONS.fetch_add(1, Ordering::Relaxed)),
        host: "host-1".to_owned(),
        pid,
        lock_path: Some("/run/worker-1.lock".to_owned()),
        build: "1.0.0".to_owned(),
    }
}

/// A revision with this text. The port takes the hash as it is given, so any text that tells the texts apart will do.
pub(crate) fn text(yaml: &str) -> Revision {
    Revision::Text { yaml: yaml.to_owned(), sha256: InstanceKey::of([("yaml", &Value::from(yaml))]).hash().to_owned() }
}

/// `value` as a JSON object.
pub(crate) fn object(value: serde_json::Value) -> JsonObject {
    if let serde_json::Value::Object(map) = value { map } else { panic!("{value} is no JSON object") }
}

/// An execution that is STARTING.
pub(crate) fn launched(repository: &dyn Repository, key: &str) -> Launched {
    repository.launch(&request(key)).unwrap()
}

/// The lease of an execution that is STARTED.
pub(crate) fn running(repository: &dyn Repository, key: &str) -> Lease {
    begun(repository, &request(key))
}

/// The lease of an execution that was launched by `request` and is STARTED.
pub(crate) fn begun(repository: &dyn Repository, request: &LaunchRequest) -> Lease {
    let lease = repository.launch(request).unwrap().lease;
    repository.begin(&lease).unwrap();
    lease
}

/// The lease of an execution that is live and has this status.
pub(crate) fn live(repository: &dyn Repository, key: &str, status: Status) -> Lease {
    match status {
        Status::Starting => launched(repository, key).lease,
        Status::Started => running(repository, key),
        Status::Stopping => {
            let lease = running(repository, key);
            repository.request_stop(&order(lease.execution, StopIntent::Stopped)).unwrap();
            lease
        }
        other => panic!("{other} is not live"),
    }
}

/// The execution of a run that ended with this status.
pub(crate) fn ended(repository: &dyn Repository, key: &str, status: Status) -> JobExecution {
    let lease = running(repository, key);
    repository.end(&lease, &end(status)).unwrap()
}

/// A plain end with this status.
pub(crate) fn end(status: Status) -> ExecutionEnd {
    ExecutionEnd {
        status,
        exit_code: ExitCode::from(status.as_str()),
        exit_message: None,
        result: None,
        error: None,
        progress: if status == Status::Completed { 100 } else { 0 },
        goes_on: false,
    }
}

/// A plain beginning of the step at this place, whose key is `step-` and the place.
pub(crate) fn start(ordinal: i32) -> StepStart {
    StepStart {
        ordinal,
        step_key: format!("step-{ordinal}"),
        name: format!("Step {ordinal}"),
        kind: StepKind::Chunk,
        dest: "host-1".to_owned(),
        checkpoint: None,
        context: JsonObject::new(),
        outputs: JsonObject::new(),
    }
}

/// The lease of a step that begins now.
pub(crate) fn step(repository: &dyn Repository, lease: &Lease, ordinal: i32) -> StepLease {
    let step = repository.begin_step(lease, &start(ordinal)).unwrap();
    StepLease::new(step.id, *lease, LONG)
}

/// The lease of the only step of a new execution.
pub(crate) fn first_step(repository: &dyn Repository, key: &str) -> StepLease {
    step(repository, &running(repository, key), 0)
}

/// A plain end of a step with this status.
pub(crate) fn step_end(status: Status) -> StepEnd {
    StepEnd {
        status,
        exit_code: ExitCode::from(status.as_str()),
        error: None,
        counts: Counts::default(),
        context: JsonObject::new(),
        outputs: JsonObject::new(),
        promoted: JsonObject::new(),
    }
}

/// A chunk after which `read` items are read and written, ten by each chunk so far, and the position is the same number.
pub(crate) fn after(read: u64) -> ChunkCommit {
    let counts = Counts { read, write: read, commit: read.div_ceil(10), ..Counts::default() };
    ChunkCommit { counts, checkpoint: json!({"offset": read}), progress_total: None }
}

/// Commits a chunk without rows.
pub(crate) fn commit(
    repository: &dyn Repository,
    lease: &StepLease,
    chunk: &ChunkCommit,
) -> Result<Committed, ChunkError> {
    repository.begin_chunk(lease)?.commit(chunk)
}

/// A record that was skipped at this line.
pub(crate) fn letter(line: u64) -> DeadLetter {
    DeadLetter {
        phase: Phase::Write,
        position: json!({"line": line}),
        payload: Payload { kind: "csv", bytes: format!("{line},x").into_bytes() },
        error: error("InvalidRow"),
    }
}

/// An error with a chain of causes.
pub(crate) fn error(name: &str) -> ErrorRecord {
    ErrorRecord {
        name: name.to_owned(),
        message: "amount is not a number".to_owned(),
        causes: vec!["invalid digit".to_owned()],
        help: Some("write digits".to_owned()),
        step: Some("Step 0".to_owned()),
        position: Some(json!({"line": 7})),
    }
}

/// The order to end an execution.
pub(crate) fn order(id: ExecutionId, intent: StopIntent) -> StopOrder {
    StopOrder { id, intent, by: "grace".to_owned(), reason: Some("the books are open".to_owned()) }
}

/// The order to take an execution over, however long its lease lasts.
pub(crate) fn take_over(lease: Lease) -> TakeOver {
    let (by, reason) = ("worker-2".to_owned(), "its process is gone".to_owned());
    TakeOver { lease, by, reason, expired_for: None, goes_on: false }
}

/// Takes an execution over that can be taken.
pub(crate) fn taken(repository: &dyn Repository, lease: Lease) -> JobExecution {
    repository.take_over(&take_over(lease)).unwrap().expect("the lease is the expected one")
}

/// The execution as it is stored.
pub(crate) fn stored(repository: &dyn Repository, id: ExecutionId) -> JobExecution {
    repository.execution(id).unwrap().expect("the execution is stored")
}

/// The step of a lease as it is stored.
pub(crate) fn stored_step(repository: &dyn Repository, lease: &StepLease) -> StepExecution {
    let steps = repository.steps(lease.lease.execution).unwrap();
    steps.into_iter().find(|step| step.id == lease.step).expect("the step is stored")
}

/// The reason for which a launch was refused.
#[track_caller]
pub(crate) fn refusal(launch: Result<Launched, LaunchError>) -> Refusal {
    match launch {
        Err(LaunchError::Refused(refusal)) => refusal,
        other => panic!("the launch was not refused: {other:?}"),
    }
}

/// Asserts that a fenced verb said that its lease was lost.
#[track_caller]
pub(crate) fn assert_lost<T: std::fmt::Debug>(result: Result<T, FenceError>) {
    let error = result.expect_err("the lease was lost");
    assert!(matches!(error, FenceError::LeaseLost), "{error:?}");
}

/// Asserts that a chunk was refused because it is not the next one.
#[track_caller]
pub(crate) fn assert_out_of_turn(result: Result<Committed, ChunkError>) {
    let error = result.expect_err("the chunk was out of turn");
    assert!(matches!(error, ChunkError::OutOfTurn), "{error:?}");
}

/// Asserts that a chunk was refused because its lease was lost.
#[track_caller]
pub(crate) fn assert_chunk_lost(result: Result<Committed, ChunkError>) {
    let error = result.expect_err("the lease was lost");
    assert!(matches!(error, ChunkError::LeaseLost), "{error:?}");
}
