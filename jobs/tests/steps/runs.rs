//! Folders, settings read as a job file has them, and runs of one step.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use overnight::BatchError;
use overnight::clock::SystemClock;
use overnight::execution::{JobExecution, StepExecution, Trigger};
use overnight::expr::Scope;
use overnight::job::{Job, JobStep};
use overnight::kind::{Frame, Names, TaskletKind, TaskletPlan};
use overnight::launch::Wish;
use overnight::monitor::{Monitor, RunEvent};
use overnight::operator::{Launching, Operator};
use overnight::params::Params;
use overnight::repository::Repository;
use overnight::repository::memory::MemoryRepository;
use overnight::step::{Step, Tasklet, TaskletStep};
use overnight::stop::StopToken;
use overnight::worker::{Timing, Worker, WorkerName};
use overnight::yaml::{self, Cursor, Problems, Source};

/// A folder that plays the folder of the job file.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with one file.
    pub(crate) fn with(name: &str, text: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        std::fs::write(folder.path(name), text).unwrap();
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn frame(&self) -> Frame {
        Frame { base_dir: self.0.path().to_owned(), ..Frame::default() }
    }
}

/// Settings read as a job file has them.
pub(crate) fn checked<T>(
    settings: &str,
    check: impl FnOnce(&Cursor<'_>, &Names<'_>) -> Option<T>,
) -> Result<T, Problems> {
    let scope = Scope::new();
    yaml::read(&Source::new("job.yaml", settings), |at| check(at, &Names::new(&scope)))
}

pub(crate) fn tasklet_plan(kind: &dyn TaskletKind, settings: &str) -> Result<Box<dyn TaskletPlan>, Problems> {
    checked(settings, |at, names| kind.check(at, names))
}

/// What is wrong with settings, one line each.
pub(crate) fn problems<T>(checked: Result<T, Problems>) -> Vec<String> {
    checked.err().expect("the settings are refused").lines().collect()
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
pub(crate) struct Runner {
    pub(crate) repository: Arc<dyn Repository>,
    operator: Operator,
    _state: tempfile::TempDir,
}

/// A run that came to its last row.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) execution: JobExecution,
    pub(crate) step: StepExecution,
    /// The lines of output.
    pub(crate) output: Vec<String>,
}

impl Ran {
    /// The error of the step with its causes.
    pub(crate) fn error(&self) -> String {
        let error = self.step.error.as_ref().expect("the step failed");
        [&error.name, &error.message].into_iter().chain(&error.causes).cloned().collect::<Vec<_>>().join(": ")
    }
}

impl Runner {
    pub(crate) fn in_memory() -> Self {
        Self::over(Arc::new(MemoryRepository::new()))
    }

    pub(crate) fn over(repository: Arc<dyn Repository>) -> Self {
        let state = tempfile::tempdir().unwrap();
        let name = WorkerName { name: "test".into(), host: "here".into(), build: "test".into() };
        let clock = Arc::new(SystemClock::default());
        let worker = Worker::new(Arc::clone(&repository), clock, Timing::EMBEDDED, name, state.path()).unwrap();
        let operator = Operator::new(Arc::clone(&repository), worker, "test", "tester");
        Self { repository, operator, _state: state }
    }

    /// Runs a job of one step, or continues it.
    pub(crate) fn run(&self, step: JobStep) -> Ran {
        self.watched(step, &|_, _| {})
    }

    pub(crate) fn watched(&self, step: JobStep, watch: &Watch<'_>) -> Ran {
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
struct Boxed(Box<dyn Tasklet>);

impl Tasklet for Boxed {
    fn execute(&self, context: &mut overnight::step::StepContext<'_>) -> Result<overnight::step::Outcome, BatchError> {
        self.0.execute(context)
    }
}

/// The step of a tasklet that `settings` describe.
pub(crate) fn tasklet(kind: &dyn TaskletKind, settings: &str, frame: &Frame) -> JobStep {
    let tasklet = tasklet_plan(kind, settings).unwrap().build(frame).unwrap();
    step(TaskletStep(Boxed(tasklet)))
}

/// The only step of a job.
pub(crate) fn step(step: impl Step + 'static) -> JobStep {
    JobStep::new("it", step)
}
