//! How many small transactions there are in a second: launches in PostgreSQL and bare chunks in SQLite, as multiples of the
//! leanest commits that the same database gives in the same run. `-- postgres` or `-- sqlite` measures one alone.
//!
//! `BENCH_POSTGRES` names a server to measure on, as `postgres://…`; without it the server of the tests is taken, which
//! forces nothing to the disk. It gets the tables of the records, and new rows in them under a project of their own. `pgbench`
//! has to be there. The baseline in SQLite is a loop of single inserts with prepared statements over its C interface, through
//! rusqlite, which is a thin coat of it.

#![expect(clippy::unwrap_used, reason = "a benchmark stops when it cannot go on")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use overnight_db::testing::{Template, TestDatabase};
use overnight_db::{OpenOptions, open};
use overnight_framework::execution::{Counts, JsonObject, StepKind, Trigger};
use overnight_framework::launch::{Restartability, Wish};
use overnight_framework::params::InstanceKey;
use overnight_framework::repository::{
    Beat, ChunkCommit, LaunchRequest, LaunchWorker, Repository, Revision, StepLease, StepStart, WorkerIdentity,
};
use overnight_framework::row::Value;

use self::schema::unit;

use self::figures::{by_turns, print};

const ROUNDS: usize = 3;
const LEASE: Duration = Duration::from_secs(3600);
/// Tells a process that it is one of many, and the file of them all.
const CHILD: &str = "BENCH_SQLITE_OF_MANY";
/// How often each of many processes commits where they do not hurry, in milliseconds.
const PACE: &str = "BENCH_PACE";

fn main() {
    if let Ok(file) = std::env::var(CHILD) {
        return one_of_many(&file);
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("commits-bench");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let is_wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if is_wanted("postgres") {
        postgres(&folder);
    }
    if is_wanted("sqlite") {
        sqlite(&folder);
        processes_on_sqlite(&folder);
    }
}

/// The rate of the candidate as a multiple of the baseline's.
fn report(what: &str, goal: f64, candidate: &dyn Fn() -> f64, baseline: &dyn Fn() -> f64) {
    report_without_goal(&format!("{what} (goal {goal:.2})"), candidate, baseline);
}

/// The same where the candidate does more than the baseline: how much more is what it tells.
fn report_without_goal(what: &str, candidate: &dyn Fn() -> f64, baseline: &dyn Fn() -> f64) {
    let turns = by_turns(ROUNDS, &mut [&mut || candidate(), &mut || baseline()]);
    let (ratio, ours, theirs) = (turns.ratio(0, 1), turns.median(0), turns.median(1));
    print(format_args!("{what}: {ratio:.2}x; {ours:.0}/s against {theirs:.0}/s"));
}

/// How often `work` can be done in a second, tried for this long.
fn rate(length: Duration, mut work: impl FnMut()) -> f64 {
    let (start, mut done) = (Instant::now(), 0_u32);
    while start.elapsed() < length {
        work();
        done += 1;
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}

fn postgres(folder: &Path) {
    let named = std::env::var("BENCH_POSTGRES").ok();
    let empty = Template { version: "empty", migrate: &|_| Ok(()) };
    let server = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    let own = named.is_none().then(|| TestDatabase::create(&server, &empty).unwrap());
    let url = named.unwrap_or_else(|| own.as_ref().unwrap().url());
    let project = format!("bench-{:x}", RandomState::new().build_hasher().finish());
    for (clients, goal) in [(1, 0.45), (8, 0.35)] {
        let pgbench = Pgbench::new(&url, folder, clients);
        let launches = || launches(&url, &project, clients);
        let what = format!("G10 launches over {clients} connections, against single inserts of pgbench");
        report(&what, goal, &launches, &|| pgbench.rate());
    }
}

/// Single inserts, each with its commit.
struct Pgbench {
    command: RefCell<Command>,
}

impl Pgbench {
    fn new(url: &str, folder: &Path, clients: u32) -> Self {
        let script = folder.join("insert.sql");
        std::fs::write(&script, "INSERT INTO bench_unit (word) VALUES ('x');").unwrap();
        let mut connection = connect(url);
        let table = "CREATE TABLE bench_unit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text)";
        connection.batch_execute(&format!("DROP TABLE IF EXISTS bench_unit; {table}")).unwrap();
        let mut command = Command::new("pgbench");
        let clients = clients.to_string();
        command.args(["-n", "-M", "prepared", "-T", "5", "-c", &clients, "-j", &clients, "-f"]).arg(&script).arg(url);
        Self { command: RefCell::new(command) }
    }

    fn rate(&self) -> f64 {
        let output = self.command.borrow_mut().output().expect("pgbench is installed");
        let text = String::from_utf8(output.stdout).unwrap();
        let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        tps.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))).parse().unwrap()
    }
}

/// New instances of one job by so many threads, each a worker of its own.
fn launches(url: &str, project: &str, threads: u32) -> f64 {
    let repository = open(url, OpenOptions { connections: threads, ..OpenOptions::default() }).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let first = repository.launch(&request(project, LaunchWorker::New(identity()))).unwrap();
                    let worker = LaunchWorker::Known { id: first.lease.worker, name: "bench".to_owned() };
                    rate(Duration::from_secs(5), || {
                        repository.launch(&request(project, worker.clone())).unwrap();
                    })
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn request(project: &str, worker: LaunchWorker) -> LaunchRequest {
    // Other processes launch the same job.
    let number = Value::Int(i64::from(std::process::id()) << 32 | i64::try_from(unique()).unwrap());
    LaunchRequest {
        project: project.to_owned(),
        module: "bench".to_owned(),
        job_name: "load".to_owned(),
        target: String::new(),
        key: InstanceKey::of([("number", &number)]),
        params: JsonObject::from_iter([("number".to_owned(), number.to_json())]),
        labels: BTreeMap::new(),
        base_dir: None,
        abortable: true,
        restartability: Restartability::Restartable,
        wish: Wish::Start,
        revision: Revision::Text { yaml: "name: load\n".to_owned(), sha256: "0".repeat(64) },
        trigger: Trigger::Cli,
        triggered_by: "bench".to_owned(),
        reason: None,
        worker,
        lease: LEASE,
    }
}

fn identity() -> WorkerIdentity {
    let random = RandomState::new().build_hasher().finish();
    WorkerIdentity {
        name: "bench".to_owned(),
        session: format!("{random:x}-{}", unique()),
        host: "localhost".to_owned(),
        pid: std::process::id(),
        lock_path: None,
        build: "bench".to_owned(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench has its own connections")]
fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

mod schema {
    diesel::table! {
        unit (id) {
            id -> BigInt,
            number -> BigInt,
        }
    }
}

/// What diesel costs beside the C interface, and what the engine does in its smallest transactions: a chunk commits with NORMAL,
/// every other verb, as the heartbeat, with FULL.
fn sqlite(folder: &Path) {
    let length = Duration::from_secs(2);
    let repository = open(&folder.join("records.db").display().to_string(), OpenOptions::default()).unwrap();
    let step = running(&*repository);
    let mut number = 0;
    let chunks = RefCell::new(|| {
        number += 1;
        chunk(&*repository, &step, number);
    });
    let beat = Beat { worker: step.lease.worker, leases: vec![step.lease], duration: LEASE };
    let beats = || assert!(repository.beat(&beat).unwrap()[0].renewed);
    for (synchronous, what, engine) in [
        ("NORMAL", "bare chunks", &(|| rate(length, &mut *chunks.borrow_mut())) as &dyn Fn() -> f64),
        ("FULL", "heartbeats", &|| rate(length, beats)),
    ] {
        let file = |name: &str| folder.join(format!("{name}-{synchronous}.db"));
        let connection = RefCell::new(bare(&file("diesel"), synchronous));
        let diesel = || rate(length, || insert(&mut connection.borrow_mut()));
        let connection = interface(&file("interface"), synchronous);
        let baseline = || rate(length, || insert_by_interface(&connection));
        let of_diesel = format!("G20 commits of diesel in SQLite, {synchronous}, against its C interface");
        report(&of_diesel, 0.85, &diesel, &baseline);
        report_without_goal(&format!("{what} of the engine, {synchronous}, against the same"), engine, &baseline);
    }
}

/// The lease of a step that takes chunks.
fn running(repository: &dyn Repository) -> StepLease {
    let lease = repository.launch(&request("bench", LaunchWorker::New(identity()))).unwrap().lease;
    repository.begin(&lease).unwrap();
    let start = StepStart {
        ordinal: 0,
        step_key: "load".to_owned(),
        name: "load".to_owned(),
        kind: StepKind::Chunk,
        dest: "localhost".to_owned(),
        checkpoint: None,
        context: JsonObject::new(),
        outputs: JsonObject::new(),
    };
    StepLease::new(repository.begin_step(&lease, &start).unwrap().id, lease, LEASE)
}

#[expect(clippy::disallowed_methods, reason = "a bench has its own connections")]
fn bare(file: &Path, synchronous: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(&file.display().to_string()).unwrap();
    connection.batch_execute(&set_up(synchronous)).unwrap();
    connection
}

fn interface(file: &Path, synchronous: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(&set_up(synchronous)).unwrap();
    connection
}

fn insert_by_interface(connection: &rusqlite::Connection) {
    for statement in ["BEGIN IMMEDIATE", "INSERT INTO unit (number) VALUES (1)", "COMMIT"] {
        connection.prepare_cached(statement).unwrap().execute(()).unwrap();
    }
}

fn set_up(synchronous: &str) -> String {
    format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; \
         CREATE TABLE unit (id INTEGER PRIMARY KEY, number INTEGER NOT NULL)"
    )
}

/// diesel keeps an INSERT prepared, and an UPDATE of its own not.
fn insert(connection: &mut SqliteConnection) {
    let inserted = connection.immediate_transaction(|connection| {
        diesel::insert_into(unit::table).values(unit::number.eq(1)).execute(connection)
    });
    assert_eq!(inserted, Ok(1));
}

/// What processes do to each other on one file: each commits the chunks of a run of its own.
fn processes_on_sqlite(folder: &Path) {
    let file = folder.join("shared.db");
    drop(open(&file.display().to_string(), OpenOptions::default()).unwrap());
    let hurrying = |count| many(&file, count, None).iter().map(|child| child.rate).sum::<f64>();
    let what = "G21 chunks of 8 processes in one file of SQLite, against those of 1 process";
    report(what, 0.9, &|| hurrying(8), &|| hurrying(1));
    let pace = Duration::from_millis(50);
    let longest = many(&file, 8, Some(pace)).iter().map(|child| child.longest).max().unwrap();
    print(format_args!(
        "G21 longest wait of 8 processes, each with a chunk every {pace:?}: {longest:.1?} (goal at most 50ms)"
    ));
}

/// What one of many processes found.
struct Child {
    rate: f64,
    longest: Duration,
}

/// Runs so many processes at once. An error in one of them ends the bench.
fn many(file: &Path, count: usize, pace: Option<Duration>) -> Vec<Child> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(CHILD, file).stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Some(pace) = pace {
        command.env(PACE, pace.as_millis().to_string());
    }
    let mut children: Vec<_> = (0..count).map(|_| command.spawn().unwrap()).collect();
    // Each says when it is ready, and all begin together.
    let mut answers: Vec<_> =
        children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap()).lines()).collect();
    answers.iter_mut().for_each(|lines| assert_eq!(lines.next().unwrap().unwrap(), "ready"));
    children.iter_mut().for_each(|child| child.stdin.take().unwrap().write_all(b"go\n").unwrap());
    let found = answers.iter_mut().map(|lines| {
        let line = lines.next().expect("a process failed").unwrap();
        let (rate, longest) = line.split_once(' ').unwrap();
        Child { rate: rate.parse().unwrap(), longest: Duration::from_secs_f64(longest.parse().unwrap()) }
    });
    let found = found.collect();
    children.iter_mut().for_each(|child| assert!(child.wait().unwrap().success()));
    found
}

/// Commits chunks until the time is over, and says how many in a second and how long the slowest took.
fn one_of_many(file: &str) {
    let repository = open(file, OpenOptions::default()).unwrap();
    let step = running(&*repository);
    let pace = std::env::var(PACE).ok().map(|pace| Duration::from_millis(pace.parse().unwrap()));
    print("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let (mut number, mut longest) = (0, Duration::ZERO);
    let rate = rate(Duration::from_secs(2), || {
        let begin = Instant::now();
        number += 1;
        chunk(&*repository, &step, number);
        longest = longest.max(begin.elapsed());
        if let Some(pace) = pace {
            std::thread::park_timeout(pace.saturating_sub(begin.elapsed()));
        }
    });
    print(format_args!("{rate} {}", longest.as_secs_f64()));
}

/// A chunk without rows: the counters and the place of a step.
fn chunk(repository: &dyn Repository, step: &StepLease, number: u64) {
    let counts = Counts { read: number, write: number, commit: number, ..Counts::default() };
    let commit = ChunkCommit { counts, checkpoint: number.into(), progress_total: None };
    repository.begin_chunk(step).unwrap().commit(&commit).unwrap();
}
