//! How PostgreSQL carries the statements out: by an index, each of them, and the repeated ones without touching an index.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use overnight_db::Session;
use overnight_framework::execution::ErrorRecord;
use overnight_framework::repository::{
    Beat, DeadLetter, ExecutionFilter, LaunchRequest, LaunchWorker, Payload, Phase, Repository, TakeOver,
};
use overnight_framework::status::{Status, StopIntent, Word};
use serde_json::json;

use crate::support::{self, Store, end, step_end};

#[derive(QueryableByName)]
struct Prepared {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    statement: String,
    #[diesel(sql_type = Integer)]
    parameters: i32,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    text: String,
}

/// A store with one connection, so that all statements are prepared on the same one.
fn store() -> Store {
    support::postgres_with(1)
}

fn with<T>(store: &Store, work: impl FnOnce(&mut PgConnection) -> T) -> T {
    let done = store.database.write(|connection| match connection {
        Session::Postgres(connection) => work(connection),
        Session::Sqlite(_) => panic!("not PostgreSQL"),
    });
    done.unwrap()
}

/// Fills every table with some thousand rows of other jobs, and tells the planner.
fn fill(store: &Store) {
    let rows = "
        INSERT INTO overnight.job_definition (project, name, revision, yaml, sha256, created_at)
        SELECT 'p' || n % 7, 'job' || n, 1, '', md5(n::text), now() FROM generate_series(1, 4000) n;
        INSERT INTO overnight.worker (name, session, host, pid, build, birth_at, last_heartbeat)
        SELECT 'w' || n, 's' || n, 'h', n, '', now(), now() FROM generate_series(1, 4000) n;
        INSERT INTO overnight.job_instance (project, job_name, job_key, generation, params, created_at)
        SELECT 'p' || n % 7, 'job' || n % 50, md5(n::text) || md5(n::text), 1, '{}', now() FROM generate_series(1, 8000) n;
        INSERT INTO overnight.job_execution (instance_id, definition_id, project, module, job_name, target, params, labels,
               status, exit_code, context, abortable, trigger_kind, triggered_by, attempt, worker_id, created_at, started_at,
               ended_at)
        SELECT i.id, 1 + i.id % 4000, i.project, 'm', i.job_name, '', '{}', '{}',
               CASE WHEN i.id % 100 = 0 THEN 'STOPPED' WHEN i.id % 50 = 0 THEN 'FAILED' ELSE 'COMPLETED' END,
               CASE WHEN i.id % 200 = 0 THEN 'PAUSED' ELSE '' END, '{}', true, 'cli', 'x', a, 1 + i.id % 4000,
               now(), now(), now()
          FROM overnight.job_instance i, generate_series(1, 2) a;
        INSERT INTO overnight.step_execution (job_execution_id, ordinal, path, step_key, step_name, kind, dest, status,
               context, outputs, created_at, ended_at)
        SELECT id, 0, id || '-0', 's', 's', 'chunk', '', 'COMPLETED', '{}', '{}', now(), now()
          FROM overnight.job_execution;
        INSERT INTO overnight.event (execution_id, at, actor, name) SELECT id, now(), 'x', 'x' FROM overnight.job_execution;
        INSERT INTO overnight.dead_letter (instance_id, step_execution_id, step_key, phase, position, payload, payload_kind,
               error_name, error, created_at)
        SELECT e.instance_id, s.id, 's', 'read', '{}', '', 'csv', '', '{}', now()
          FROM overnight.step_execution s JOIN overnight.job_execution e ON e.id = s.job_execution_id;
        ANALYZE overnight.job_definition, overnight.worker, overnight.job_instance, overnight.job_execution,
                overnight.step_execution, overnight.event, overnight.dead_letter";
    with(store, |connection| connection.batch_execute(rows)).unwrap();
}

/// Says everything that the port can say at least once.
fn say_everything(repository: &dyn Repository) {
    let run = support::running(repository, "2026-01-31");
    let (id, lease) = (run.launched.id(), run.launched.lease);
    let instance = run.launched.execution.instance_id;
    let mut chunk = repository.begin_chunk(&run.lease).unwrap();
    let payload = Payload { kind: "csv", bytes: vec![] };
    let letter = DeadLetter { phase: Phase::Read, position: json!({}), payload, error: ErrorRecord::default() };
    chunk.dead_letters(&[letter]).unwrap();
    chunk.commit(&support::chunk(1)).unwrap();
    repository.request_stop(&support::stop(id, StopIntent::Paused)).unwrap();
    repository.end_step(&run.lease, &step_end(Status::Stopped)).unwrap();
    repository.end(&lease, &end(Status::Stopped)).unwrap();
    let again = support::running(repository, "2026-01-31");
    let lost = TakeOver {
        lease: again.launched.lease,
        by: "x".to_owned(),
        reason: "x".to_owned(),
        expired_for: Some(Duration::ZERO),
        goes_on: false,
    };
    assert_eq!(repository.take_over(&lost).unwrap(), None);
    repository.take_over(&TakeOver { expired_for: None, ..lost }).unwrap().unwrap();
    repository.retire_worker(lease.worker).unwrap();
    read_everything(repository);
    repository.steps(id).unwrap();
    repository.instance(instance).unwrap();
    repository.history(instance).unwrap();
    repository.dead_letters(instance, 0, 10).unwrap();
    repository.events(id).unwrap();
    repository.worker(lease.worker).unwrap();
}

fn read_everything(repository: &dyn Repository) {
    let job = || ExecutionFilter::newest_of("p1", "job1");
    let any = ExecutionFilter::default;
    for filter in [
        any(),
        job(),
        ExecutionFilter { project: Some("p1".to_owned()), ..any() },
        ExecutionFilter { words: vec![Word::Failed], ..any() },
        ExecutionFilter { words: vec![Word::Paused], ..any() },
        ExecutionFilter { words: vec![Word::Failed, Word::Stopped], ..any() },
        ExecutionFilter { job: Some("job1".to_owned()), words: vec![Word::Failed], ..any() },
        ExecutionFilter { instance: Some(overnight_framework::execution::InstanceId(7)), ..any() },
        ExecutionFilter { before: Some(overnight_framework::execution::ExecutionId(700)), ..any() },
    ] {
        repository.executions(&filter).unwrap();
    }
    repository.execution(overnight_framework::execution::ExecutionId(7)).unwrap();
    repository.find_instance("p1", "job1", "x").unwrap();
    repository.newest_definition("p1", "job1").unwrap();
    repository.definition(overnight_framework::execution::DefinitionId(7)).unwrap();
}

fn prepared(store: &Store) -> Vec<Prepared> {
    let all = diesel::sql_query(
        "SELECT name, statement, cardinality(parameter_types) AS parameters FROM pg_prepared_statements
          WHERE statement LIKE '%overnight%'",
    );
    with(store, |connection| all.load(connection)).unwrap()
}

/// The plan that serves every value of the parameters, which is what a long-lived connection gets.
fn plan(store: &Store, statement: &Prepared) -> String {
    let nulls = vec!["NULL"; usize::try_from(statement.parameters).unwrap()].join(", ");
    let arguments = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
    let explain = diesel::sql_query(format!("EXPLAIN EXECUTE \"{}\"{arguments}", statement.name));
    let lines: Vec<Line> = with(store, |connection| {
        connection.batch_execute("SET plan_cache_mode = force_generic_plan").unwrap();
        explain.load(connection).unwrap()
    });
    lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_statement_of_the_port_reads_a_whole_table() {
    let store = store();
    fill(&store);
    say_everything(&*store.repository);
    let statements = prepared(&store);
    assert!(statements.len() > 30, "only {} statements were prepared", statements.len());
    let mut scans = Vec::new();
    for statement in &statements {
        let plan = plan(&store, statement);
        // What is there once and stays small: the legal moves.
        if plan.lines().any(|line| line.contains("Seq Scan on") && !line.contains("status_transition")) {
            scans.push(format!("{}\n{plan}", statement.statement));
        }
    }
    assert!(scans.is_empty(), "{}", scans.join("\n\n"));
}

/// A page is the beginning of an index, and not the best of everything that was sorted.
#[test]
fn no_page_of_executions_is_sorted() {
    let store = store();
    fill(&store);
    read_everything(&*store.repository);
    for statement in prepared(&store).iter().filter(|one| one.statement.contains("LIMIT")) {
        let several = statement.statement.contains("= ANY") && !statement.statement.contains("exit_code");
        let plan = plan(&store, statement);
        assert!(several || !plan.contains("Sort"), "{}\n{plan}", statement.statement);
    }
}

#[test]
fn the_statements_of_a_chunk_are_prepared_once() {
    let store = store();
    let run = support::running(&*store.repository, "2026-01-31");
    let commit = |number| {
        let chunk = store.repository.begin_chunk(&run.lease).unwrap();
        assert_eq!(chunk.commit(&support::chunk(number)).unwrap().stop, None);
    };
    commit(1);
    let before = prepared(&store).len();
    (2..=11).for_each(commit);
    assert_eq!(prepared(&store).len(), before);
}

/// How many rows of a table were updated since it was made, and how many of them without touching an index.
fn updates(store: &Store, table: &str, at_least: i64) -> (i64, i64) {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        all: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        hot: i64,
    }
    let query = format!(
        "SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_user_tables
          WHERE schemaname = 'overnight' AND relname = '{table}'"
    );
    // A session tells its counts when it is idle, at most once a second.
    for _ in 0..200 {
        let row: Row = with(store, |connection| {
            connection.batch_execute("SELECT pg_sleep(0.05); SELECT pg_stat_clear_snapshot()").unwrap();
            diesel::sql_query(&query).get_result(connection).unwrap()
        });
        if row.all >= at_least {
            return (row.all, row.hot);
        }
    }
    panic!("the counts of {table} did not come");
}

/// On a server of its own: a long transaction of another test, in whatever database, would keep old versions of rows alive.
#[test]
fn chunks_and_heartbeats_touch_no_index() {
    let store = support::private_postgres();
    let run = support::running(&*store.repository, "2026-01-31");
    for number in 1..=2000 {
        let chunk = store.repository.begin_chunk(&run.lease).unwrap();
        chunk.commit(&support::chunk(number)).unwrap();
    }
    assert_hot(&store, "step_execution", 2000);
    renew(&store, 300, 60);
    assert_hot(&store, "job_execution", 300 * 60);
}

/// Lets one worker hold so many leases, and beat so many times.
fn renew(store: &Store, leases: usize, beats: usize) {
    let first = store.repository.launch(&support::start("first")).unwrap().lease;
    let worker = LaunchWorker::Known { id: first.worker, name: "worker".to_owned() };
    let launch = |number: usize| {
        let request = LaunchRequest { worker: worker.clone(), ..support::start(&format!("day {number}")) };
        store.repository.launch(&request).unwrap().lease
    };
    let beat = Beat { worker: first.worker, leases: (0..leases).map(launch).collect(), duration: support::LEASE };
    for _ in 0..beats {
        assert!(store.repository.beat(&beat).unwrap().iter().all(|state| state.renewed));
    }
}

#[track_caller]
fn assert_hot(store: &Store, table: &str, at_least: i64) {
    let (all, hot) = updates(store, table, at_least);
    assert!(hot * 100 >= all * 99, "{table}: {hot} of {all}");
}
