//! Many processes that want the same thing at the same moment.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use overnight_db::{OpenOptions, open};
use overnight_framework::execution::ExecutionId;
use overnight_framework::launch::Refusal;
use overnight_framework::repository::{
    ChunkError, FenceError, LaunchError, LaunchRequest, Launched, Repository, StopError, TakeOver,
};
use overnight_framework::status::{Status, StopIntent};

use crate::support::{self, Store, end, step_end};

const PROCESSES: usize = 50;

/// Opens the store fifty times over, as fifty processes would, and launches at the same moment.
fn launched_by_fifty(
    url: &str,
    request: &(dyn Fn(usize) -> LaunchRequest + Sync),
) -> Vec<Result<Launched, LaunchError>> {
    let together = Barrier::new(PROCESSES);
    thread::scope(|scope| {
        let together = &together;
        let start = |number| {
            scope.spawn(move || {
                let options = OpenOptions { connections: 1, wait: Duration::from_secs(60), ..OpenOptions::default() };
                together.wait();
                open(url, options).unwrap().launch(&request(number))
            })
        };
        let racers: Vec<_> = (0..PROCESSES).map(start).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

/// One wins, and each of the others is told by whom it was beaten.
#[track_caller]
fn one_wins(results: Vec<Result<Launched, LaunchError>>) -> Launched {
    let (mut won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{lost:?}");
    let winner = won.remove(0).unwrap();
    for refused in lost {
        let refused = refused.unwrap_err();
        let by = matches!(&refused, LaunchError::Refused(Refusal::AlreadyRunning { id, .. }) if *id == winner.id());
        assert!(by, "{refused:?}");
    }
    winner
}

#[test]
fn of_fifty_processes_on_a_fresh_server_database_one_starts_the_instance() {
    let database = support::empty_test_database();
    let winner = one_wins(launched_by_fifty(&database.url(), &|_| support::start("2026-01-31")));
    let repository = open(&database.url(), OpenOptions::default()).unwrap();
    assert_eq!(repository.executions(&Default::default()).unwrap(), [winner.execution]);
}

#[test]
fn of_fifty_processes_on_a_fresh_file_one_starts_the_instance() {
    let folder = support::fresh_folder();
    let file = folder.join("runs.db");
    let url = file.to_str().unwrap();
    let winner = one_wins(launched_by_fifty(url, &|_| support::start("2026-01-31")));
    let repository = open(url, OpenOptions::default()).unwrap();
    assert_eq!(repository.executions(&Default::default()).unwrap(), [winner.execution]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn of_fifty_processes_on_a_server_one_continues_the_instance() {
    one_continues(&support::postgres());
}

#[test]
fn of_fifty_processes_on_a_file_one_continues_the_instance() {
    one_continues(&support::sqlite());
}

fn one_continues(store: &Store) {
    let first = support::running(&*store.repository, "2026-01-31");
    store.repository.end_step(&first.lease, &step_end(Status::Failed)).unwrap();
    store.repository.end(&first.launched.lease, &end(Status::Failed)).unwrap();
    let winner = one_wins(launched_by_fifty(&store.url, &|_| support::start("2026-01-31")));
    assert_eq!((winner.execution.previous_id, winner.execution.attempt), (Some(first.launched.id()), 2));
}

/// All of them bring the same new text of the job, and it becomes one revision.
#[test]
fn fifty_instances_of_a_new_job_share_its_first_revision() {
    let (server, file) = (support::postgres(), support::sqlite());
    for store in [server, file] {
        let results = launched_by_fifty(&store.url, &|number| support::start(&format!("day {number}")));
        let mut definitions: Vec<_> =
            results.into_iter().map(|launched| launched.unwrap().execution.definition_id).collect();
        definitions.dedup();
        assert_eq!(definitions.len(), 1, "{definitions:?}");
    }
}

/// Whoever comes first, the log and the rows agree, and nobody waits for the other for ever.
#[test]
fn stops_take_overs_chunks_and_ends_never_lock_each_other_up() {
    for store in [support::postgres_with(8), support::sqlite()] {
        for round in 0..25 {
            meet(&*store.repository, &format!("day {round}"));
        }
    }
}

fn meet(repository: &dyn Repository, day: &str) {
    let run = support::running(repository, day);
    let (id, lease, step) = (run.launched.id(), run.launched.lease, run.lease);
    let parties: [Box<dyn FnOnce() + Send + '_>; 5] = [
        Box::new(|| {
            let answer = repository.request_stop(&support::stop(id, StopIntent::Stopped));
            assert!(matches!(answer, Ok(_) | Err(StopError::Ended { .. })), "{answer:?}");
        }),
        Box::new(|| {
            let order =
                TakeOver { lease, by: "b".to_owned(), reason: "r".to_owned(), expired_for: None, goes_on: false };
            repository.take_over(&order).unwrap();
        }),
        Box::new(|| {
            let commit = |number| repository.begin_chunk(&step).unwrap().commit(&support::chunk(number));
            let refused = (1..).find_map(|number| commit(number).err()).unwrap();
            assert!(matches!(refused, ChunkError::LeaseLost), "{refused:?}");
        }),
        Box::new(|| {
            let ended = repository.end_step(&step, &step_end(Status::Failed)).map(drop);
            let ended = [ended, repository.end(&lease, &end(Status::Failed)).map(drop)];
            assert!(ended.iter().all(|end| matches!(end, Ok(()) | Err(FenceError::LeaseLost))), "{ended:?}");
        }),
        Box::new(|| {
            let launch = repository.launch(&support::start(day));
            assert!(matches!(launch, Ok(_) | Err(LaunchError::Refused(_))), "{launch:?}");
        }),
    ];
    let together = Barrier::new(parties.len());
    thread::scope(|scope| {
        for party in parties {
            scope.spawn(|| {
                together.wait();
                party();
            });
        }
    });
    agrees(repository, id);
}

/// The moves in the log lead from the beginning to where the row stands.
fn agrees(repository: &dyn Repository, id: ExecutionId) {
    let row = repository.execution(id).unwrap().unwrap();
    let events = repository.events(id).unwrap();
    let mut status = None;
    for event in events.iter().filter(|event| event.path.is_none() && event.to.is_some()) {
        assert_eq!(event.from, status, "{events:?}");
        status = event.to;
    }
    assert_eq!(status, Some(row.status), "{events:?}");
    assert!(row.status.is_ended(), "{row:?}");
}
