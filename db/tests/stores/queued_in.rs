//! A run that is put into the queue in the caller's own transaction comes to be with the caller's rows, or not at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use overnight_db::{Backend, Session};
use overnight_framework::repository::{
    ClaimOrder, ExecutionFilter, LaunchError, LaunchRequest, LaunchWorker, Launched, Repository,
};
use overnight_framework::status::Status;

use crate::support::{self, Store, new_worker, on_both_stores};

on_both_stores! {
    a_run_waits_when_its_transaction_is_committed,
    a_run_was_never_there_when_its_transaction_is_rolled_back,
    a_savepoint_takes_the_run_with_it,
    a_transaction_that_was_begun_in_sql_has_the_run_too,
    a_refused_run_leaves_the_transaction_of_the_caller_whole,
    without_a_transaction_it_is_one_of_its_own,
    of_a_thousand_interleavings_each_order_has_its_run_or_none_is_there,
}

/// Does the same with whichever connection it is.
macro_rules! on {
    ($session:expr, |$connection:ident| $work:expr) => {
        match $session {
            Session::Postgres($connection) => $work,
            Session::Sqlite($connection) => $work,
        }
    };
}

fn make_orders(store: &Store) {
    let sql = "CREATE TABLE orders (day TEXT NOT NULL PRIMARY KEY)";
    store.database.write(|session| on!(session, |c| sql_query(sql).execute(c).unwrap())).unwrap();
}

#[derive(QueryableByName)]
struct Order {
    #[diesel(sql_type = Text)]
    day: String,
}

fn orders(store: &Store) -> Vec<String> {
    let sql = "SELECT day FROM orders ORDER BY day";
    let rows: Vec<Order> = store.database.read(|session| on!(session, |c| sql_query(sql).load(c).unwrap())).unwrap();
    rows.into_iter().map(|row| row.day).collect()
}

fn queued(day: &str) -> LaunchRequest {
    LaunchRequest { worker: LaunchWorker::Nobody, ..support::start(day) }
}

/// The days of all runs, in order.
fn days(store: &Store) -> Vec<String> {
    let all = store.repository.executions(&ExecutionFilter { limit: 0, ..ExecutionFilter::default() }).unwrap();
    let mut days: Vec<_> = all.iter().map(|run| run.params["day"].as_str().unwrap().to_owned()).collect();
    days.sort();
    days
}

/// What a caller does in its transaction, in which order, and how it ends.
#[derive(Clone, Copy)]
struct Plan {
    run_first: bool,
    in_savepoint: bool,
    savepoint_fails: bool,
    commits: bool,
}

fn order(store: &Store, day: &str, plan: Plan) {
    let Plan { run_first, in_savepoint, savepoint_fails, commits } = plan;
    let insert = format!("INSERT INTO orders (day) VALUES ('{day}')");
    let begin = match store.database.backend() {
        Backend::Postgres => "BEGIN",
        Backend::Sqlite => "BEGIN IMMEDIATE",
    };
    let put = |session: Session<'_>| drop(store.database.enqueue_in(session, &queued(day)).unwrap());
    let done = store.database.write(|session| {
        on!(session, |c| {
            AnsiTransactionManager::begin_transaction_sql(c, begin).unwrap();
            if in_savepoint {
                AnsiTransactionManager::begin_transaction(c).unwrap();
            }
            if run_first {
                put(c.into());
            }
            sql_query(&insert).execute(c).unwrap();
            if !run_first {
                put(c.into());
            }
            match (in_savepoint, savepoint_fails) {
                (true, true) => AnsiTransactionManager::rollback_transaction(c).unwrap(),
                (true, false) => AnsiTransactionManager::commit_transaction(c).unwrap(),
                (false, _) => {}
            }
            if commits {
                AnsiTransactionManager::commit_transaction(c).unwrap();
            } else {
                AnsiTransactionManager::rollback_transaction(c).unwrap();
            }
        });
    });
    done.unwrap();
}

const COMMITS: Plan = Plan { run_first: false, in_savepoint: false, savepoint_fails: false, commits: true };

fn a_run_waits_when_its_transaction_is_committed(store: &Store) {
    make_orders(store);
    order(store, "monday", COMMITS);
    assert_eq!((orders(store), days(store)), (vec!["monday".to_owned()], vec!["monday".to_owned()]));
    let run = store.repository.executions(&ExecutionFilter::default()).unwrap().remove(0);
    assert_eq!((run.status, run.worker_id), (Status::Queued, None));
}

fn a_run_was_never_there_when_its_transaction_is_rolled_back(store: &Store) {
    make_orders(store);
    for run_first in [true, false] {
        order(store, "monday", Plan { run_first, commits: false, ..COMMITS });
        assert!(orders(store).is_empty() && days(store).is_empty());
    }
    assert!(store.repository.find_instance("default", "load", queued("monday").key.hash()).unwrap().is_none());
}

fn a_savepoint_takes_the_run_with_it(store: &Store) {
    make_orders(store);
    order(store, "monday", Plan { in_savepoint: true, savepoint_fails: true, ..COMMITS });
    assert!(orders(store).is_empty() && days(store).is_empty());
    order(store, "monday", Plan { in_savepoint: true, ..COMMITS });
    assert_eq!((orders(store).len(), days(store).len()), (1, 1));
}

/// diesel does not count a BEGIN that it has not sent itself; to take it for none would commit what the caller has written.
fn a_transaction_that_was_begun_in_sql_has_the_run_too(store: &Store) {
    make_orders(store);
    for (day, end) in [("monday", "ROLLBACK"), ("tuesday", "COMMIT")] {
        let insert = format!("BEGIN; INSERT INTO orders (day) VALUES ('{day}')");
        let done = store.database.write(|session| {
            on!(session, |c| {
                c.batch_execute(&insert).unwrap();
                store.database.enqueue_in(&mut *c, &queued(day)).unwrap();
                c.batch_execute(end).unwrap();
            });
        });
        done.unwrap();
    }
    assert_eq!((orders(store), days(store)), (vec!["tuesday".to_owned()], vec!["tuesday".to_owned()]));
}

fn a_refused_run_leaves_the_transaction_of_the_caller_whole(store: &Store) {
    make_orders(store);
    store.repository.enqueue(&queued("monday")).unwrap();
    let done = store.database.write(|session| {
        on!(session, |c| {
            AnsiTransactionManager::begin_transaction(c).unwrap();
            let refused = store.database.enqueue_in(&mut *c, &queued("monday"));
            assert!(matches!(refused, Err(LaunchError::Refused(_))), "{refused:?}");
            sql_query("INSERT INTO orders (day) VALUES ('monday')").execute(c).unwrap();
            AnsiTransactionManager::commit_transaction(c).unwrap();
        });
    });
    done.unwrap();
    assert_eq!((orders(store).len(), days(store).len()), (1, 1));
}

fn without_a_transaction_it_is_one_of_its_own(store: &Store) {
    store.database.write(|session| store.database.enqueue_in(session, &queued("monday"))).unwrap().unwrap();
    let again = store.database.write(|session| store.database.enqueue_in(session, &queued("monday"))).unwrap();
    assert!(matches!(again, Err(LaunchError::Refused(_))), "{again:?}");
    assert_eq!(days(store), ["monday"]);
}

/// Callers that commit and roll back in every way, beside workers that claim what they leave.
fn of_a_thousand_interleavings_each_order_has_its_run_or_none_is_there(store: &Store) {
    make_orders(store);
    let is_over = AtomicBool::new(false);
    let claimed: Vec<Launched> = thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                let (is_over, repository) = (&is_over, &*store.repository);
                scope.spawn(move || claim_until(is_over, repository))
            })
            .collect();
        let callers: Vec<_> = (0..4)
            .map(|caller: u64| {
                scope.spawn(move || {
                    let mut dice = 0x9E37_79B9_7F4A_7C15 ^ (caller + 1);
                    for number in 0..250 {
                        let [run_first, in_savepoint, savepoint_fails, commits] = thrown(&mut dice);
                        let plan = Plan { run_first, in_savepoint, savepoint_fails, commits };
                        order(store, &format!("{caller}-{number}"), plan);
                    }
                })
            })
            .collect();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        is_over.store(true, Ordering::Release);
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let orders = orders(store);
    assert!(orders.len() > 200 && orders.len() < 600, "{} of 1,000", orders.len());
    assert_eq!(days(store), orders);
    let mut run: Vec<_> = claimed.iter().map(|run| run.execution.params["day"].as_str().unwrap().to_owned()).collect();
    run.sort();
    assert_eq!(run, orders, "each is claimed once");
}

fn claim_until(is_over: &AtomicBool, repository: &dyn Repository) -> Vec<Launched> {
    let mut claimed = Vec::new();
    loop {
        // In this order: what was committed before the end is seen by the claim after it.
        let last = is_over.load(Ordering::Acquire);
        let (project, worker) = ("default".to_owned(), LaunchWorker::New(new_worker()));
        let order = ClaimOrder { project, worker, lease: Duration::from_secs(60), limit: 10, programs: Vec::new() };
        let new = repository.claim(&order).unwrap();
        if last && new.is_empty() {
            return claimed;
        }
        claimed.extend(new);
        thread::yield_now();
    }
}

/// Four throws of a coin; a xorshift, so that a failure comes again.
fn thrown(dice: &mut u64) -> [bool; 4] {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    [1, 2, 4, 8].map(|bit| *dice >> 20 & bit != 0)
}
