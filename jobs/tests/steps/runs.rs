//! What the tests of the kinds of steps share: folders, settings read as a job file has them, and runs.

#![allow(dead_code, unreachable_pub, clippy::allow_attributes, reason = "every test crate uses a part of it")]

use std::any::Any;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use overnight::BatchError;
use overnight::clock::SystemClock;
use overnight::execution::{ExecutionId, JobExecution, StepExecution, Trigger};
use overnight::expr::Scope;
use overnight::job::{Job, JobStep};
use overnight::kind::{Frame, Names, ReaderKind, ReaderPlan, TaskletKind, TaskletPlan, WriterKind, WriterPlan};
use overnight::launch::Wish;
use overnight::monitor::{Monitor, RunEvent};
use overnight::operator::{Launching, Operator};
use overnight::params::Params;
use overnight::repository::memory::MemoryRepository;
use overnight::repository::{ChunkCommit, ChunkError, ChunkTransaction, Committed, DeadLetter, Payload, Repository};
use overnight::row::{Row, Schema};
use overnight::step::chunk::{ChunkParts, ChunkSource, ChunkStep, Describe, ItemWriter, PassThrough, WriteContext};
use overnight::step::{Step, Tasklet, TaskletStep};
use overnight::stop::StopToken;
use overnight::worker::{Timing, Worker, WorkerName};
use overnight::yaml::{self, Cursor, Problems, Source};

/// A folder that plays the folder of the job file.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with one file.
    pub fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        std::fs::write(folder.path(name), text).unwrap();
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn frame(&self) -> Frame {
        Frame { base_dir: self.0.path().to_owned(), ..Frame::default() }
    }
}

fn checked<T>(settings: &str, check: impl FnOnce(&Cursor<'_>, &Names<'_>) -> Option<T>) -> Result<T, Problems> {
    let scope = Scope::new();
    yaml::read(&Source::new("job.yaml", settings), |at| check(at, &Names::new(&scope)))
}

pub fn reader_plan(kind: &dyn ReaderKind, settings: &str) -> Result<Box<dyn ReaderPlan>, Problems> {
    checked(settings, |at, names| kind.check(at, names))
}

pub fn writer_plan(
    kind: &dyn WriterKind,
    settings: &str,
    schema: &Arc<Schema>,
) -> Result<Box<dyn WriterPlan>, Problems> {
    checked(settings, |at, names| kind.check(at, names, schema))
}

pub fn tasklet_plan(kind: &dyn TaskletKind, settings: &str) -> Result<Box<dyn TaskletPlan>, Problems> {
    checked(settings, |at, names| kind.check(at, names))
}

/// The reader that `settings` describe.
pub fn reader(kind: &dyn ReaderKind, settings: &str, folder: &Folder) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
    reader_plan(kind, settings).unwrap().open(&folder.frame())
}

/// The writer that `settings` describe.
pub fn writer(
    kind: &dyn WriterKind,
    settings: &str,
    schema: &Arc<Schema>,
    folder: &Folder,
) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
    writer_plan(kind, settings, schema).unwrap().open(&folder.frame())
}

/// What is wrong with settings, one line each.
pub fn problems<T>(checked: Result<T, Problems>) -> Vec<String> {
    checked.err().expect("the settings are refused").lines().collect()
}

/// The transaction of a writer that does not use it.
struct Elsewhere;

impl ChunkTransaction for Elsewhere {
    fn connection(&mut self) -> &mut dyn Any {
        self
    }

    fn savepoint(&mut self, _: &str) -> Result<(), ChunkError> {
        Ok(())
    }

    fn rollback_to(&mut self, _: &str) -> Result<(), ChunkError> {
        Ok(())
    }

    fn release(&mut self, _: &str) -> Result<(), ChunkError> {
        Ok(())
    }

    fn dead_letters(&mut self, _: &[DeadLetter]) -> Result<(), ChunkError> {
        Ok(())
    }

    fn commit(self: Box<Self>, _: &ChunkCommit) -> Result<Committed, ChunkError> {
        Ok(Committed::default())
    }
}

/// Writes rows with a writer to another store than that of the records.
pub fn write_elsewhere(writer: &mut dyn ItemWriter<Row>, rows: &[Row]) -> Result<(), ChunkError> {
    let mut context = WriteContext {
        transaction: &mut Elsewhere,
        execution: ExecutionId(1),
        step: overnight::execution::StepExecutionId(1),
        token: 1,
        chunk: 1,
        encoded: None,
    };
    writer.write(rows, &mut context)
}

/// What a test sees of a run, and where it may stop it.
type Watch<'w> = dyn Fn(&RunEvent<'_>, &StopToken) + Send + Sync + 'w;

struct Watching<'w> {
    watch: &'w Watch<'w>,
    stop: StopToken,
    output: Mutex<Vec<String>>,
}

impl Monitor for Watching<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Output { line, .. } = event {
            self.output.lock().unwrap().push((*line).to_owned());
        }
        (self.watch)(event, &self.stop);
    }
}

/// A process that runs jobs over a store.
pub struct Runner {
    pub repository: Arc<dyn Repository>,
    operator: Operator,
    _state: tempfile::TempDir,
}

/// A run that came to its last row.
#[derive(Debug)]
pub struct Ran {
    pub execution: JobExecution,
    pub step: StepExecution,
    /// The lines of output.
    pub output: Vec<String>,
}

impl Ran {
    /// The error of the step with its causes.
    pub fn error(&self) -> String {
        let error = self.step.error.as_ref().expect("the step failed");
        [&error.name, &error.message].into_iter().chain(&error.causes).cloned().collect::<Vec<_>>().join(": ")
    }
}

impl Runner {
    pub fn in_memory() -> Self {
        Self::over(Arc::new(MemoryRepository::new()))
    }

    pub fn over(repository: Arc<dyn Repository>) -> Self {
        let state = tempfile::tempdir().unwrap();
        let name = WorkerName { name: "test".into(), host: "here".into(), build: "test".into() };
        let clock = Arc::new(SystemClock::default());
        let worker = Worker::new(Arc::clone(&repository), clock, Timing::EMBEDDED, name, state.path()).unwrap();
        let operator = Operator::new(Arc::clone(&repository), worker, "test", "tester");
        Self { repository, operator, _state: state }
    }

    /// Runs a job of one step, or continues it.
    pub fn run(&self, step: JobStep) -> Ran {
        self.watched(step, &|_, _| {})
    }

    pub fn watched(&self, step: JobStep, watch: &Watch<'_>) -> Ran {
        let job = Job { steps: vec![step], ..Job::new("test") };
        let params = Params::default();
        let launching = Launching {
            job: &job,
            params: &params,
            wish: Wish::Start,
            trigger: Trigger::Library,
            reason: None,
            key: None,
        };
        let ready = self.operator.launch(&launching, &|_, _| {}).unwrap();
        let watching = Watching { watch, stop: ready.stop_token().clone(), output: Mutex::default() };
        let execution = self.operator.run(&job, &params, ready, &watching).unwrap();
        let step = self.repository.steps(execution.id).unwrap().pop().unwrap();
        Ran { execution, step, output: watching.output.into_inner().unwrap() }
    }
}

/// A tasklet out of a box as a step.
pub struct Boxed(pub Box<dyn Tasklet>);

impl Tasklet for Boxed {
    fn execute(&self, context: &mut overnight::step::StepContext<'_>) -> Result<overnight::step::Outcome, BatchError> {
        self.0.execute(context)
    }
}

/// The step of a tasklet that `settings` describe.
pub fn tasklet(kind: &dyn TaskletKind, settings: &str, frame: &Frame) -> JobStep {
    let tasklet = tasklet_plan(kind, settings).unwrap().build(frame).unwrap();
    step(TaskletStep(Boxed(tasklet)))
}

/// The only step of a job.
pub fn step(step: impl Step + 'static) -> JobStep {
    JobStep::new("it", step)
}

/// A step that copies the rows of a reader as they are. A dead letter of the writer holds the row as JSON.
pub fn copy(
    reader: impl Into<Arc<Box<dyn ReaderPlan>>>,
    writer: Box<dyn WriterPlan>,
    folder: &Folder,
) -> ChunkStep<Row, Row> {
    let (reader, frame) = (reader.into(), folder.frame());
    let schema = reader.schema();
    let describe: Describe<Row> =
        Arc::new(move |row: &Row| Payload { kind: "json", bytes: schema.to_json(row).to_string().into_bytes() });
    ChunkStep::new(move |_| {
        let (reader, writer) = (reader.open(&frame)?, writer.open(&frame)?);
        Ok(ChunkParts::of_chunks(reader, Box::new(PassThrough), writer, Arc::clone(&describe)))
    })
}
