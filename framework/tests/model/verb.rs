//! The verbs of a sequence, and the player that calls them and knows what each must answer.

use std::collections::BTreeMap;
use std::time::Duration;

use overnight_framework::clock::{Clock, ManualClock};
use overnight_framework::execution::{Counts, ErrorRecord, ExecutionId, JsonObject, StepKind, Trigger};
use overnight_framework::launch::{Last, Restartability, Wish, decide};
use overnight_framework::params::InstanceKey;
use overnight_framework::repository::{
    Beat, ChunkCommit, ChunkError, DeadLetter, ExecutionEnd, FenceError, LaunchError, LaunchRequest, LaunchWorker,
    Lease, Payload, Phase, Repository, Revision, StepEnd, StepLease, StepStart, StopAnswer, StopError, StopOrder,
    TakeOver, WorkerIdentity,
};
use overnight_framework::row::Value;
use overnight_framework::status::{Status, StopIntent};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::world::World;

const LEASE: Duration = Duration::from_secs(15);

/// A verb with everything random about it. An index chooses among the leases that were ever given.
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    Launch { key: i64, wish: Wish, rule: Restartability },
    Begin(Index, Forgery),
    End { lease: Index, forgery: Forgery, status: Status },
    BeginStep { lease: Index, forgery: Forgery, place: i32 },
    EndStep { step: Index, forgery: Forgery, status: Status },
    Chunk { step: Index, forgery: Forgery, ending: Ending },
    Beat(Index, Forgery),
    Stop { lease: Index, intent: StopIntent },
    TakeOver { lease: Index, forgery: Forgery, waits: bool },
    Wait(u64),
}

/// How a chunk ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Dropped,
    Committed,
    /// Committed under the number of the last one, as a replay is whose first COMMIT came through.
    Repeated,
    /// Committed under the number after the next.
    Ahead,
}

/// What is wrong with a lease, if something is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forgery {
    None,
    Token,
    Worker,
}

/// Whether a verb changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Refused,
}

pub(crate) fn verb() -> impl Strategy<Value = Verb> {
    let index = any::<Index>;
    let forgery = || prop_oneof![8 => Just(Forgery::None), 1 => Just(Forgery::Token), 1 => Just(Forgery::Worker)];
    let status = || select(&Status::ALL[..]);
    let wish = select(&[Wish::Start, Wish::Restart][..]);
    let rule = prop_oneof![4 => Just(Restartability::Restartable), 1 => Just(Restartability::Once)];
    let end = |(lease, forgery, status)| Verb::End { lease, forgery, status };
    let end_step = |(step, forgery, status)| Verb::EndStep { step, forgery, status };
    let ending = prop_oneof![
        3 => Just(Ending::Dropped),
        4 => Just(Ending::Committed),
        1 => Just(Ending::Repeated),
        1 => Just(Ending::Ahead),
    ];
    let chunk = |(step, forgery, ending)| Verb::Chunk { step, forgery, ending };
    prop_oneof![
        4 => (0..3_i64, wish, rule).prop_map(|(key, wish, rule)| Verb::Launch { key, wish, rule }),
        4 => (index(), forgery()).prop_map(|(lease, forgery)| Verb::Begin(lease, forgery)),
        2 => (index(), forgery(), status()).prop_map(end),
        4 => (index(), forgery(), 0..3_i32).prop_map(|(lease, forgery, place)| Verb::BeginStep { lease, forgery, place }),
        2 => (index(), forgery(), status()).prop_map(end_step),
        4 => (index(), forgery(), ending).prop_map(chunk),
        2 => (index(), forgery()).prop_map(|(lease, forgery)| Verb::Beat(lease, forgery)),
        1 => (index(), select(&StopIntent::ALL[..])).prop_map(|(lease, intent)| Verb::Stop { lease, intent }),
        1 => (index(), forgery(), any::<bool>()).prop_map(|(lease, forgery, waits)| Verb::TakeOver { lease, forgery, waits }),
        2 => (0..40_u64).prop_map(Verb::Wait),
    ]
}

/// Calls verbs, and checks each answer against the state before it.
pub(crate) struct Player<'a> {
    repository: &'a dyn Repository,
    clock: &'a ManualClock,
    leases: Vec<Lease>,
    steps: Vec<StepLease>,
    processes: u32,
}

impl<'a> Player<'a> {
    pub(crate) fn new(repository: &'a dyn Repository, clock: &'a ManualClock) -> Self {
        Self { repository, clock, leases: Vec::new(), steps: Vec::new(), processes: 0 }
    }

    pub(crate) fn play(&mut self, verb: &Verb, world: &World) -> Outcome {
        let lease = |index: &Index, forgery: Forgery| {
            (!self.leases.is_empty()).then(|| forge(*index.get(&self.leases), forgery))
        };
        let step = |index: &Index, forgery: Forgery| {
            let step = (!self.steps.is_empty()).then(|| *index.get(&self.steps))?;
            Some(StepLease { lease: forge(step.lease, forgery), ..step })
        };
        let played = match verb {
            Verb::Launch { key, wish, rule } => Some(self.launch(*key, *wish, *rule, world)),
            Verb::Begin(index, forgery) => lease(index, *forgery).map(|lease| self.begin(lease, world)),
            Verb::End { lease: index, forgery, status } => {
                lease(index, *forgery).map(|lease| self.end(lease, *status, world))
            }
            Verb::BeginStep { lease: index, forgery, place } => {
                lease(index, *forgery).map(|lease| self.begin_step(lease, *place, world))
            }
            Verb::EndStep { step: index, forgery, status } => {
                step(index, *forgery).map(|step| self.end_step(step, *status, world))
            }
            Verb::Chunk { step: index, forgery, ending } => {
                step(index, *forgery).map(|step| self.chunk(step, *ending, world))
            }
            Verb::Beat(index, forgery) => lease(index, *forgery).map(|lease| self.beat(lease, world)),
            Verb::Stop { lease: index, intent } => {
                lease(index, Forgery::None).map(|lease| self.stop(lease.execution, *intent, world))
            }
            Verb::TakeOver { lease: index, forgery, waits } => {
                lease(index, *forgery).map(|lease| self.take_over(lease, *waits, world))
            }
            Verb::Wait(seconds) => {
                self.clock.advance(Duration::from_secs(*seconds));
                None
            }
        };
        played.unwrap_or(Outcome::Refused)
    }

    fn launch(&mut self, key: i64, wish: Wish, rule: Restartability, world: &World) -> Outcome {
        self.processes += 1;
        let request = request(key, wish, rule, self.processes);
        let last = world.last(request.key.hash()).map(|(instance, execution)| Last {
            id: execution.id,
            status: execution.status,
            closed: instance.closed,
            generation: instance.generation,
        });
        match (self.repository.launch(&request), decide(wish, last, rule)) {
            (Ok(launched), Ok(_)) => {
                self.leases.push(launched.lease);
                Outcome::Done
            }
            (Err(LaunchError::Refused(told)), Err(expected)) if told == expected => Outcome::Refused,
            (told, expected) => panic!("{told:?} instead of {expected:?}"),
        }
    }

    fn begin(&self, lease: Lease, world: &World) -> Outcome {
        let from = world.executions[&lease.execution].status;
        let outcome = fenced(self.repository.begin(&lease), holds(world, &lease), from != Status::Started);
        if from == Status::Stopping { Outcome::Refused } else { outcome }
    }

    fn end(&self, lease: Lease, status: Status, world: &World) -> Outcome {
        let row = &world.executions[&lease.execution];
        let begun = status != Status::Completed || row.started_at.is_some();
        let end = ExecutionEnd {
            status,
            exit_code: status.as_str().into(),
            exit_message: None,
            result: None,
            error: None,
            progress: if status == Status::Completed { 100 } else { 50 },
            goes_on: false,
        };
        fenced(self.repository.end(&lease, &end), holds(world, &lease), is_end(row.status, status) && begun)
    }

    fn begin_step(&mut self, lease: Lease, place: i32, world: &World) -> Outcome {
        let start = StepStart {
            ordinal: place,
            step_key: format!("step-{place}"),
            name: format!("Step {place}"),
            kind: StepKind::Chunk,
            dest: "host-1".to_owned(),
            checkpoint: None,
            context: JsonObject::new(),
            outputs: JsonObject::new(),
        };
        let taken = world.steps.values().any(|step| (step.execution_id, step.ordinal) == (lease.execution, place));
        let legal = !taken && world.executions[&lease.execution].status != Status::Starting;
        let answer = self.repository.begin_step(&lease, &start);
        if let Ok(step) = &answer {
            self.steps.push(StepLease::new(step.id, lease, LEASE));
        }
        fenced(answer, holds(world, &lease), legal)
    }

    fn end_step(&self, step: StepLease, status: Status, world: &World) -> Outcome {
        let end = StepEnd {
            status,
            exit_code: status.as_str().into(),
            error: None,
            counts: Counts::default(),
            context: JsonObject::new(),
            outputs: JsonObject::new(),
            promoted: JsonObject::new(),
        };
        let legal = is_end(world.steps[&step.step].status, status);
        fenced(self.repository.end_step(&step, &end), holds_step(world, &step), legal)
    }

    fn chunk(&self, step: StepLease, ending: Ending, world: &World) -> Outcome {
        let letter = DeadLetter {
            phase: Phase::Write,
            position: serde_json::Value::Null,
            payload: Payload { kind: "debug", bytes: Vec::new() },
            error: ErrorRecord::default(),
        };
        let mut chunk = self.repository.begin_chunk(&step).unwrap();
        chunk.dead_letters(&[letter]).unwrap();
        let earlier = &world.steps[&step.step];
        let step_on = match ending {
            Ending::Dropped => return Outcome::Refused,
            Ending::Repeated => 0,
            Ending::Committed => 1,
            Ending::Ahead => 2,
        };
        let (read, commit) = (earlier.counts.read + 1, earlier.counts.commit + step_on);
        let counts = Counts { read, commit, ..earlier.counts };
        match (chunk.commit(&ChunkCommit { counts, ..ChunkCommit::default() }), holds_step(world, &step), step_on) {
            (Ok(committed), true, 1) => {
                assert_eq!(committed.stop, earlier.stop_intent);
                Outcome::Done
            }
            (Err(ChunkError::LeaseLost), false, _) | (Err(ChunkError::OutOfTurn), true, 0 | 2) => Outcome::Refused,
            (answer, ..) => panic!("I-7: {answer:?} to {ending:?} after {earlier:?}"),
        }
    }

    fn beat(&self, lease: Lease, world: &World) -> Outcome {
        let beat = Beat { worker: lease.worker, leases: vec![lease], duration: LEASE };
        let [state] = self.repository.beat(&beat).unwrap()[..] else { panic!("one lease was named") };
        assert_eq!(state.held, holds(world, &lease));
        if state.renewed { Outcome::Done } else { Outcome::Refused }
    }

    fn stop(&self, id: ExecutionId, intent: StopIntent, world: &World) -> Outcome {
        let order = StopOrder { id, intent, by: "grace".to_owned(), reason: None };
        let row = &world.executions[&id];
        match (self.repository.request_stop(&order), row.status) {
            (Ok(StopAnswer::Stopping(now)), from) if from.is_live() => {
                assert_eq!(now.stop_intent, row.stop_intent.max(Some(intent)));
                if now.stop_intent == row.stop_intent { Outcome::Refused } else { Outcome::Done }
            }
            (Ok(StopAnswer::Already(_)), Status::Stopped) => Outcome::Refused,
            (Err(StopError::Ended { status, .. }), from) if from == status && from.is_ended() => Outcome::Refused,
            (answer, from) => panic!("{answer:?} for an execution that was {from}"),
        }
    }

    fn take_over(&self, lease: Lease, waits: bool, world: &World) -> Outcome {
        let expired_for = waits.then_some(Duration::ZERO);
        let order =
            TakeOver { lease, by: "worker-2".to_owned(), reason: "dead".to_owned(), expired_for, goes_on: false };
        let over = world.executions[&lease.execution].lease_until.is_some_and(|until| until <= self.clock.now());
        let expected = holds(world, &lease) && (over || !waits);
        let taken = self.repository.take_over(&order).unwrap();
        assert_eq!(taken.is_some(), expected, "{taken:?}");
        if expected { Outcome::Done } else { Outcome::Refused }
    }
}

fn request(key: i64, wish: Wish, restartability: Restartability, process: u32) -> LaunchRequest {
    let worker = WorkerIdentity {
        name: format!("worker-{process}"),
        session: process.to_string(),
        host: "host-1".to_owned(),
        pid: process,
        lock_path: None,
        build: "1.0.0".to_owned(),
    };
    LaunchRequest {
        project: "night".to_owned(),
        module: "accounting".to_owned(),
        job_name: "close_books".to_owned(),
        target: String::new(),
        key: InstanceKey::of([("key", &Value::Int(key))]),
        params: JsonObject::new(),
        labels: BTreeMap::new(),
        base_dir: None,
        abortable: true,
        restartability,
        wish,
        revision: Revision::Text { yaml: String::new(), sha256: String::new() },
        trigger: Trigger::Library,
        triggered_by: "ada".to_owned(),
        reason: None,
        worker: LaunchWorker::New(worker),
        lease: LEASE,
    }
}

fn forge(lease: Lease, forgery: Forgery) -> Lease {
    match forgery {
        Forgery::None => lease,
        Forgery::Token => Lease { token: lease.token + 1, ..lease },
        Forgery::Worker => Lease { worker: overnight_framework::execution::WorkerId(lease.worker.0 + 1), ..lease },
    }
}

fn holds(world: &World, lease: &Lease) -> bool {
    let row = &world.executions[&lease.execution];
    row.status.is_live() && (row.lease_token, row.worker_id) == (lease.token, Some(lease.worker))
}

/// A step is held by the lease of its execution at the time it began.
fn holds_step(world: &World, step: &StepLease) -> bool {
    let (row, execution) = (&world.steps[&step.step], &world.executions[&step.lease.execution]);
    row.status.is_live() && (row.lease_token, execution.worker_id) == (step.lease.token, Some(step.lease.worker))
}

fn is_end(from: Status, to: Status) -> bool {
    matches!(to, Status::Completed | Status::Stopped | Status::Failed | Status::Unknown) && from.may_become(to)
}

/// Checks the answer of a fenced verb: lost without the lease, refused when it is not legal, else done.
fn fenced<T: std::fmt::Debug>(answer: Result<T, FenceError>, held: bool, legal: bool) -> Outcome {
    match answer {
        Ok(_) if held && legal => Outcome::Done,
        Err(FenceError::LeaseLost) if !held => Outcome::Refused,
        Err(FenceError::Store(_)) if held && !legal => Outcome::Refused,
        answer => panic!("I-7: {answer:?}, held: {held}, legal: {legal}"),
    }
}
