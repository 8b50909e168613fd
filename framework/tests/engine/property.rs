//! Whatever happens: every good item is written once, every bad one is a dead letter once, and the counters say so.

use overnight_framework::execution::{Counts, JobExecution};
use overnight_framework::job::Job;
use overnight_framework::policy::SkipPolicy;
use overnight_framework::repository::Repository;
use overnight_framework::runner::RunError;
use overnight_framework::status::Status;
use overnight_framework::step::chunk::ReadAhead;
use proptest::collection::vec;
use proptest::prelude::*;

use super::support::{Chunks, Crash, Fault, FaultKind, Record, Verb, World, job_of, refusing, retries, skips};

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Written,
    Unreadable,
    Filtered,
    Unprocessable,
    Unwritable,
}

/// What happens to one process.
#[derive(Clone, Debug)]
struct Day {
    faults: Vec<(Verb, FaultKind, bool, usize)>,
    crash: Option<Crash>,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        8 => Just(Fate::Written),
        1 => Just(Fate::Unreadable),
        1 => Just(Fate::Filtered),
        1 => Just(Fate::Unprocessable),
        1 => Just(Fate::Unwritable),
    ];
    vec(fate, 0..60)
}

/// Faults that a run can survive, or at least must not be hurt by.
fn faults() -> impl Strategy<Value = (Verb, FaultKind, bool, usize)> {
    let fault = prop_oneof![
        Just((Verb::Commit, FaultKind::OutcomeUnknown, true)),
        Just((Verb::Commit, FaultKind::OutcomeUnknown, false)),
        Just((Verb::Commit, FaultKind::Conflict, false)),
        Just((Verb::Commit, FaultKind::Unclear, false)),
        Just((Verb::BeginChunk, FaultKind::Unreachable, false)),
        Just((Verb::Savepoint, FaultKind::Unreachable, false)),
        Just((Verb::RollbackTo, FaultKind::Conflict, false)),
        Just((Verb::DeadLetters, FaultKind::Unreachable, false)),
        Just((Verb::BeginStep, FaultKind::Unreachable, true)),
        Just((Verb::EndStep, FaultKind::Unreachable, true)),
        Just((Verb::End, FaultKind::Unreachable, true)),
        Just((Verb::Read, FaultKind::Unreachable, false)),
    ];
    (fault, 0..12_usize).prop_map(|((verb, kind, done), after)| (verb, kind, done, after))
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    let crash = proptest::option::of((0..40_usize, any::<bool>()).prop_map(|(after, done)| Crash { after, done }));
    vec((vec(faults(), 0..4), crash).prop_map(|(faults, crash)| Day { faults, crash }), 0..5)
}

/// A job that gives each item its fate. The number of an item is its place from 1.
fn job_with(fates: &[Fate], size: usize, retry: u32, ahead: ReadAhead) -> Job {
    let numbered = || (1_i64..).zip(fates.iter().copied());
    let of = |fate| numbered().filter(move |(_, known)| *known == fate).map(|(number, _)| number).collect::<Vec<_>>();
    let records = numbered().map(|(number, fate)| match fate {
        Fate::Unreadable => Record::Bad("unreadable"),
        _ => Record::Good(number),
    });
    let (filtered, unprocessable) = (of(Fate::Filtered), of(Fate::Unprocessable));
    let skip: SkipPolicy = skips(u64::MAX);
    let chunks = Chunks { size, skip, ahead, retry: retries(retry), ..Chunks::of(records.collect()) };
    let chunks = chunks.processing(move |item| match item {
        item if filtered.contains(item) => Ok(None),
        item if unprocessable.contains(item) => Err("unprocessable".into()),
        item => Ok(Some(*item)),
    });
    job_of(chunks.accepting(refusing(of(Fate::Unwritable))).step())
}

/// One process; `Some` when the job is complete.
fn live(world: &World, job: &Job, day: &Day) -> Option<JobExecution> {
    let process = world.process();
    for (verb, kind, done, after) in &day.faults {
        let rule = if *done { Fault::swallow(*verb, *kind) } else { Fault::refuse(*verb, *kind) };
        process.store.fault(rule.after(*after).times(1));
    }
    if let Some(crash) = day.crash {
        process.store.crash_at(crash);
    }
    match process.run(job) {
        Ok(ran) => (ran.status == Status::Completed).then_some(ran),
        // What the store knows counts, not what the process heard.
        Err(RunError::Store(_)) => {
            let newest = world.memory.executions(&Default::default()).unwrap().into_iter().next();
            newest.filter(|newest| newest.status == Status::Completed)
        }
        Err(error) => panic!("nobody took this lease: {error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_item_has_its_fate_exactly_once(
        fates in fates(),
        days in days(),
        size in 1..20_usize,
        retry in 0..2_u32,
        ahead in prop_oneof![Just(ReadAhead::Always), Just(ReadAhead::Never)],
    ) {
        let world = World::new();
        let job = job_with(&fates, size, retry, ahead);
        let healthy = Day { faults: Vec::new(), crash: None };
        let completed = days.iter().chain([&healthy, &healthy]).find_map(|day| live(&world, &job, day));
        let completed = completed.expect("a healthy process completes the job");

        let count = |fate| fates.iter().filter(|known| **known == fate).count() as u64;
        let written: Vec<_> =
            (1_i64..).zip(&fates).filter(|(_, fate)| **fate == Fate::Written).map(|(number, _)| number).collect();
        prop_assert_eq!(world.rows(), written);

        let places = world.letters(&completed).into_iter().map(|letter| letter.position["item"].as_u64());
        let bad = (1_u64..).zip(&fates).filter(|(_, fate)| {
            matches!(fate, Fate::Unreadable | Fate::Unprocessable | Fate::Unwritable)
        });
        let bad: Vec<_> = bad.map(|(place, _)| Some(place)).collect();
        prop_assert_eq!(places.collect::<Vec<_>>(), bad);

        let history = world.memory.history(completed.instance_id).unwrap();
        let total = history.first().map_or_else(Counts::default, |step| step.total);
        prop_assert!(total.balanced());
        prop_assert_eq!((total.read, total.write), (fates.len() as u64, count(Fate::Written)));
        prop_assert_eq!(total.filter, count(Fate::Filtered));
        prop_assert_eq!(total.read_skip, count(Fate::Unreadable));
        prop_assert_eq!(total.process_skip, count(Fate::Unprocessable));
        prop_assert_eq!(total.write_skip, count(Fate::Unwritable));
    }
}
