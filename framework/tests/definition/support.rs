//! The kinds, the environment and the store that the tests of job files run with.

use std::path::Path;
use std::sync::{Arc, Mutex};

use overnight_framework::BatchError;
use overnight_framework::clock::SystemClock;
use overnight_framework::definition::{self, Environment, FixedEnvironment, JobFile};
use overnight_framework::execution::{JobExecution, StepExecution, Trigger};
use overnight_framework::kind::Kinds;
use overnight_framework::launch::Wish;
use overnight_framework::monitor::{Monitor, RunEvent};
use overnight_framework::operator::{Launching, Operator};
use overnight_framework::params::{BindContext, GivenParams, Params, bind};
use overnight_framework::repository::memory::MemoryRepository;
use overnight_framework::repository::{Repository, StoredDeadLetter};
use overnight_framework::row::Row;
use overnight_framework::worker::{Timing, Worker, WorkerName};
use overnight_framework::yaml::{Problems, Source};

use super::kinds::{Echo, IntoMemory, LiteralRows, Registered};
use super::{own, schema};

/// An error type of the program, whose names job files may choose.
#[derive(Debug, thiserror::Error, BatchError)]
#[batch_error(crate = overnight_framework)]
#[expect(dead_code, reason = "only its name is used, by job files")]
pub(crate) enum LedgerError {
    #[error("the account is locked")]
    Locked,
}

pub(crate) fn kinds() -> Kinds {
    Kinds::default()
        .tasklet(Echo)
        .reader(LiteralRows)
        .writer(IntoMemory)
        .register(Registered)
        .errors_of::<LedgerError>()
        .and(own::kinds())
}

pub(crate) fn environment() -> FixedEnvironment {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    FixedEnvironment {
        variables: pairs(&[("REGION", "eu")]),
        secrets: pairs(&[
            ("db_password", "hunter2"),
            ("key", "first line of the key\nsecond line of the key"),
            ("o'brien", "whispered"),
        ]),
        connections: vec!["archive".to_owned()],
    }
}

pub(crate) fn read(text: &str) -> Result<JobFile, Problems> {
    let read = read_alone(text);
    if read.is_ok() {
        let refused = schema::refused_at(text).unwrap();
        assert!(refused.is_empty(), "the schema refuses at {refused:?} what the reader takes:\n{text}");
    }
    read
}

/// Reads a file and asks no schema about it.
pub(crate) fn read_alone(text: &str) -> Result<JobFile, Problems> {
    let environment: Arc<dyn Environment> = Arc::new(environment());
    definition::read(&Source::new("j.yaml", text), &kinds(), &environment, Path::new("/jobs"))
}

/// Reads a file that must be good.
pub(crate) fn job(text: &str) -> JobFile {
    read(text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A store in memory and a process that runs jobs on it.
pub(crate) struct Bench {
    pub(crate) repository: Arc<MemoryRepository>,
    operator: Operator,
    watcher: Watcher,
}

/// Keeps what a run says.
#[derive(Default)]
pub(crate) struct Watcher {
    said: Mutex<Vec<String>>,
}

impl Monitor for Watcher {
    fn event(&self, event: &RunEvent<'_>) {
        let text = match event {
            RunEvent::Output { line, .. } => (*line).to_owned(),
            RunEvent::Warning { message, .. } => format!("warning: {message}"),
            _ => return,
        };
        self.said.lock().unwrap().push(text);
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let repository = Arc::new(MemoryRepository::new());
        let name = WorkerName { name: "w".to_owned(), host: "h".to_owned(), build: "test".to_owned() };
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("definition");
        let store: Arc<dyn Repository> = repository.clone();
        let worker =
            Worker::new(store.clone(), Arc::new(SystemClock::default()), Timing::EMBEDDED, name, &state).unwrap();
        Self { repository, operator: Operator::new(store, worker, "bank", "test"), watcher: Watcher::default() }
    }

    /// Runs the job with these parameters to its end. The same parameters again are a restart.
    pub(crate) fn run(&self, file: &JobFile, params: &str) -> JobExecution {
        let params = bound(file, params);
        let launching = Launching {
            job: &file.job,
            params: &params,
            wish: Wish::Start,
            trigger: Trigger::Library,
            reason: None,
            key: None,
        };
        let ready = self.operator.launch(&launching, &|_, _| {}).unwrap();
        self.operator.run(&file.job, &params, ready, &self.watcher).unwrap()
    }

    pub(crate) fn steps(&self, execution: &JobExecution) -> Vec<StepExecution> {
        self.repository.steps(execution.id).unwrap()
    }

    pub(crate) fn letters(&self, execution: &JobExecution) -> Vec<StoredDeadLetter> {
        self.repository.dead_letters(execution.instance_id, 0, 1000).unwrap()
    }

    /// The rows of a table as one line each.
    pub(crate) fn table(&self, name: &str) -> Vec<String> {
        let line = |row: Row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        self.repository.tables().rows(name).into_iter().map(line).collect()
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.watcher.said.lock().unwrap().clone()
    }
}

pub(crate) fn bound(file: &JobFile, params: &str) -> Params {
    let context = BindContext { working_dir: Path::new("/here"), base_dir: &file.job.base_dir };
    bind(&file.job.params, &GivenParams::from_json(params).unwrap(), context).unwrap()
}
