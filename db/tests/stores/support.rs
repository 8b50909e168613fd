//! Databases for tests, and requests to send them.

use std::collections::BTreeMap;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use overnight_db::testing::{PrivateServer, Template, TestDatabase};
use overnight_db::{Backend, Database, OpenOptions, migrate};
use overnight_framework::execution::{Counts, ExecutionId, StepExecution, StepKind, Trigger};
use overnight_framework::launch::{Restartability, Wish};
use overnight_framework::params::InstanceKey;
use overnight_framework::repository::{
    ChunkCommit, ExecutionEnd, LaunchRequest, LaunchWorker, Launched, Lease, Repository, Revision, StepEnd, StepLease,
    StepStart, StopOrder, WorkerIdentity,
};
use overnight_framework::row::Value;
use overnight_framework::status::{ExitCode, Status, StopIntent};
use serde_json::json;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// A database that goes with the value.
pub(crate) struct Store {
    pub(crate) url: String,
    pub(crate) database: Database,
    pub(crate) repository: Arc<dyn Repository>,
    _home: Home,
}

enum Home {
    Server { _database: TestDatabase },
    OwnServer { _server: PrivateServer },
    Folder(PathBuf),
    Elsewhere,
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Self::Folder(folder) = self {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// A migrated database of its own on a server that all tests share.
pub(crate) fn postgres() -> Store {
    postgres_as(OpenOptions::default())
}

pub(crate) fn postgres_with(connections: u32) -> Store {
    postgres_as(OpenOptions { connections, ..OpenOptions::default() })
}

pub(crate) fn postgres_as(options: OpenOptions) -> Store {
    let database = test_database();
    open(database.url(), options, Home::Server { _database: database })
}

/// A migrated database on a server that nobody else uses.
pub(crate) fn private_postgres() -> Store {
    let server = PrivateServer::create().unwrap();
    let url = server.database(&Template { version: "empty", migrate: &|_| Ok(()) }).unwrap();
    open(url, OpenOptions::default(), Home::OwnServer { _server: server })
}

fn test_database() -> TestDatabase {
    let migrate = |url: &str| -> Outcome {
        migrate::up(&Database::connect(url, OpenOptions::default())?)?;
        Ok(())
    };
    TestDatabase::create(&server_folder(), &Template { version: &schema_version(), migrate: &migrate }).unwrap()
}

/// A database without a single table of ours.
pub(crate) fn empty_test_database() -> TestDatabase {
    TestDatabase::create(&server_folder(), &Template { version: "empty", migrate: &|_| Ok(()) }).unwrap()
}

pub(crate) fn server_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("stores")
}

fn schema_version() -> String {
    let mut hasher = DefaultHasher::new();
    migrate::sql(Backend::Postgres).hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

/// A migrated file of its own.
pub(crate) fn sqlite() -> Store {
    sqlite_as(OpenOptions::default())
}

pub(crate) fn sqlite_as(options: OpenOptions) -> Store {
    let folder = fresh_folder();
    let url = format!("sqlite:{}", folder.join("runs.db").display());
    open(url, options, Home::Folder(folder))
}

/// The same database as another process sees it; it must not outlive the first.
pub(crate) fn reopened(store: &Store) -> Store {
    open(store.url.clone(), OpenOptions::default(), Home::Elsewhere)
}

pub(crate) fn fresh_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sqlite-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn open(url: String, options: OpenOptions, home: Home) -> Store {
    let database = Database::connect(&url, options).unwrap();
    let repository = database.repository().unwrap();
    Store { url, database, repository, _home: home }
}

/// A start of the job `load` for the day, by a new process.
pub(crate) fn start(day: &str) -> LaunchRequest {
    let day = Value::from(day);
    LaunchRequest {
        project: "default".to_owned(),
        module: "tests".to_owned(),
        job_name: "load".to_owned(),
        target: String::new(),
        key: InstanceKey::of([("day", &day)]),
        params: json!({"day": day.to_json()}).as_object().unwrap().clone(),
        labels: BTreeMap::from([("team".to_owned(), "ledger".to_owned())]),
        base_dir: None,
        abortable: true,
        restartability: Restartability::Restartable,
        wish: Wish::Start,
        revision: Revision::Text { yaml: "steps: []".to_owned(), sha256: "0".repeat(64) },
        trigger: Trigger::Cli,
        triggered_by: "anna".to_owned(),
        reason: None,
        worker: LaunchWorker::New(new_worker()),
        lease: LEASE,
    }
}

/// A process that no test has seen before.
pub(crate) fn new_worker() -> WorkerIdentity {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    WorkerIdentity {
        name: format!("worker-{number}"),
        session: format!("{}-{number}", std::process::id()),
        host: "localhost".to_owned(),
        pid: std::process::id(),
        lock_path: None,
        build: "test".to_owned(),
    }
}

pub(crate) fn step(ordinal: i32) -> StepStart {
    StepStart {
        ordinal,
        step_key: format!("step{ordinal}"),
        name: format!("step{ordinal}"),
        kind: StepKind::Chunk,
        dest: "localhost".to_owned(),
        checkpoint: None,
        context: serde_json::Map::new(),
        outputs: serde_json::Map::new(),
    }
}

/// An execution that has begun its first step.
pub(crate) struct Running {
    pub(crate) launched: Launched,
    pub(crate) lease: StepLease,
}

pub(crate) fn running(repository: &dyn Repository, day: &str) -> Running {
    let launched = repository.launch(&start(day)).unwrap();
    repository.begin(&launched.lease).unwrap();
    let step = repository.begin_step(&launched.lease, &step(0)).unwrap();
    let lease = step_lease(&launched.lease, &step);
    Running { launched, lease }
}

pub(crate) fn step_lease(lease: &Lease, step: &StepExecution) -> StepLease {
    StepLease::new(step.id, *lease, LEASE)
}

/// The chunk with this number, of one item.
pub(crate) fn chunk(number: u64) -> ChunkCommit {
    let counts = Counts { read: number, write: number, commit: number, ..Counts::default() };
    ChunkCommit { counts, checkpoint: json!({"line": number}), progress_total: None }
}

pub(crate) fn step_end(status: Status) -> StepEnd {
    StepEnd {
        status,
        exit_code: ExitCode::from(status.as_str()),
        error: None,
        counts: Counts::default(),
        context: serde_json::Map::new(),
        outputs: serde_json::Map::new(),
        promoted: serde_json::Map::new(),
    }
}

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

pub(crate) fn stop(id: ExecutionId, intent: StopIntent) -> StopOrder {
    StopOrder { id, intent, by: "anna".to_owned(), reason: None }
}

/// Lets `work` connect as somebody for whom there is no place. Superusers always find one.
pub(crate) fn with_role_without_places<T>(
    connection: &mut diesel::PgConnection,
    url: &str,
    work: impl FnOnce(&str) -> T,
) -> T {
    use diesel::connection::SimpleConnection;
    let role = format!("nobody_{}", new_worker().session.replace('-', "_"));
    let create = format!("CREATE ROLE {role} LOGIN PASSWORD 'x' CONNECTION LIMIT 0");
    connection.batch_execute(&create).unwrap();
    let (_, place) = url.split_once('@').unwrap();
    let done = work(&format!("postgres://{role}:x@{place}"));
    connection.batch_execute(&format!("DROP ROLE {role}")).unwrap();
    done
}

/// Makes a test of each case for each store.
macro_rules! on_both_stores {
    ($($case:ident,)+) => {
        mod in_postgres {
            $(#[test] fn $case() { super::$case(&$crate::support::postgres()); })+
        }
        mod in_sqlite {
            $(#[test] fn $case() { super::$case(&$crate::support::sqlite()); })+
        }
    };
}

pub(crate) use on_both_stores;
