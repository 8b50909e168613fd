//! The library in a program of one's own: jobs in Rust, their parameters and listeners, and a writer that cannot know.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use overnight::BatchError;
use overnight::clock::SystemClock;
use overnight::execution::{JobExecution, Trigger};
use overnight::job::{Job, JobStep};
use overnight::launch::{Refusal, Wish};
use overnight::listener::{JobListener, ListenerResult};
use overnight::monitor::Unwatched;
use overnight::operator::{Launching, Operator, StartError};
use overnight::params::{BindContext, GivenParams, ParamDeclaration, ParamType, Params, bind};
use overnight::repository::{ChunkError, Repository};
use overnight::status::{ExitCode, Status, StopIntent};
use overnight::step::chunk::{ChunkParts, ChunkStep, ItemReader, ItemWriter, ReadError, WriteContext};
use overnight::step::{Outcome, StepContext, TaskletStep};
use overnight::worker::{Timing, Worker, WorkerName};
use overnight_db::OpenOptions;
use serde_json::json;

use super::project::{Project, on_both_stores};

/// A program that runs jobs on the store of a project.
struct Program {
    repository: Arc<dyn Repository>,
    operator: Operator,
}

impl Program {
    fn on(project: &Project) -> Self {
        let repository = overnight_db::open(&project.url, OpenOptions::default()).unwrap();
        let name = WorkerName { name: "program".to_owned(), host: "here".to_owned(), build: "1".to_owned() };
        let (clock, timing) = (Arc::new(SystemClock::default()), Timing::beating(Duration::from_millis(500)));
        let worker = Worker::new(Arc::clone(&repository), clock, timing, name, project.folder.path()).unwrap();
        Self { operator: Operator::new(Arc::clone(&repository), worker, "default", "tester"), repository }
    }

    fn run(&self, job: &Job) -> JobExecution {
        let params = Params::default();
        let ready = self.operator.launch(&launching(job, &params), &|_, _| {}).unwrap();
        self.operator.run(job, &params, ready, &Unwatched).unwrap()
    }
}

fn launching<'a>(job: &'a Job, params: &'a Params) -> Launching<'a> {
    Launching { job, params, wish: Wish::Start, trigger: Trigger::Library, reason: None, key: None }
}

/// What a step of the listened job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Succeed,
    Fail,
    /// Waits for the order to stop that it gives to itself, as another process would.
    Stop,
}

/// Notes what it sees in its argument and in the store, and fails where it is told to.
struct Listener {
    repository: Arc<dyn Repository>,
    notes: Arc<Mutex<Vec<String>>>,
    fails: Option<&'static str>,
}

impl Listener {
    fn note(&self, callback: &str, execution: &JobExecution) -> ListenerResult {
        let row = self.repository.execution(execution.id).unwrap().unwrap();
        let steps = self.repository.steps(execution.id).unwrap();
        let note =
            format!("{callback} {}/{} row {} steps {}", execution.status, execution.exit_code, row.status, steps.len());
        self.notes.lock().unwrap().push(note);
        if self.fails == Some(callback) { Err(BatchError::from(format!("{callback} failed"))) } else { Ok(()) }
    }
}

impl JobListener for Listener {
    fn before_job(&self, execution: &JobExecution) -> ListenerResult {
        self.note("before", execution)
    }

    fn after_job(&self, execution: &JobExecution) -> ListenerResult {
        self.note("after", execution)
    }
}

/// How a listened job ended, and what its listener noted.
fn listened(program: &Program, name: &str, does: Does, fails: Option<&'static str>) -> (JobExecution, Vec<String>) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let repository = Arc::clone(&program.repository);
    let listener = Listener { repository: Arc::clone(&repository), notes: Arc::clone(&notes), fails };
    let step = TaskletStep(move |context: &mut StepContext<'_>| {
        if does == Does::Stop {
            let by = "another process".to_owned();
            let order = overnight::repository::StopOrder {
                id: context.job.execution.id,
                intent: StopIntent::Stopped,
                by,
                reason: None,
            };
            repository.request_stop(&order).unwrap();
            let _ = context.stop_token().wait(Duration::from_secs(60));
        }
        if does == Does::Fail { Err("no luck".into()) } else { Ok(Outcome::COMPLETED) }
    });
    let steps =
        vec![JobStep::new("a", step), JobStep::new("b", TaskletStep(|_: &mut StepContext<'_>| Ok(Outcome::COMPLETED)))];
    let ran = program.run(&Job { steps, listeners: vec![Arc::new(listener)], ..Job::new(name) });
    let notes = notes.lock().unwrap().clone();
    (ran, notes)
}

/// Gives the numbers from 1 to 30.
#[derive(Debug, Default)]
struct Numbers(i64);

impl ItemReader<i64> for Numbers {
    fn read(&mut self) -> Result<Option<i64>, ReadError> {
        self.0 += 1;
        Ok((self.0 <= 30).then_some(self.0))
    }

    fn checkpoint(&self) -> serde_json::Value {
        json!(self.0)
    }
}

/// Sends items to somewhere without transactions, and gets no answer to the second chunk.
#[derive(Debug)]
struct Sender;

impl ItemWriter<i64> for Sender {
    fn write(&mut self, items: &[i64], _: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        match items.contains(&15) {
            true => Err(ChunkError::OutcomeUnknown("the other side did not answer".into())),
            false => Ok(()),
        }
    }
}

fn sending() -> Job {
    let parts = |_: &StepContext<'_>| Ok(ChunkParts::new(Numbers::default(), |item: &i64| Ok(Some(*item)), Sender));
    Job { steps: vec![JobStep::new("send", ChunkStep::new(parts).size(10))], ..Job::new("sending") }
}

on_both_stores! {
    fn s3_29_before_job_is_called_before_the_first_step_and_sees_starting(project) {
        let (ran, notes) = listened(&Program::on(project), "good", Does::Succeed, None);
        assert_eq!(ran.status, Status::Completed);
        assert_eq!(notes[0], "before STARTING/ row STARTING steps 0");
        assert_eq!(notes.len(), 2);
    }

    fn s3_30_after_job_is_called_once_after_success_failure_and_stop_and_sees_the_final_status(project) {
        let program = Program::on(project);
        let cases = [
            ("good", Does::Succeed, "after COMPLETED/COMPLETED row STARTED steps 2", Status::Completed),
            ("bad", Does::Fail, "after FAILED/FAILED row STARTED steps 1", Status::Failed),
            ("stopped", Does::Stop, "after STOPPED/STOPPED row STOPPING steps 1", Status::Stopped),
        ];
        for (name, does, expected, status) in cases {
            let (ran, notes) = listened(&program, name, does, None);
            assert_eq!(notes[1..], [expected]);
            assert_eq!((ran.status, project.show(name)["batch_status"].as_str()), (status, Some(status.as_str())));
        }
    }

    fn s3_31_an_error_of_a_listener_fails_the_run_before_any_step_or_after_all(project) {
        let program = Program::on(project);
        let (ran, notes) = listened(&program, "before", Does::Succeed, Some("before"));
        assert_eq!((ran.status, ran.exit_code), (Status::Failed, ExitCode::LAUNCH_ERROR));
        assert_eq!(notes[1..], ["after FAILED/LAUNCH_ERROR row STARTING steps 0"]);
        assert_eq!(project.show("before")["steps"], json!([]));
        let (ran, _) = listened(&program, "after", Does::Succeed, Some("after"));
        assert_eq!((ran.status, ran.error.unwrap().message.as_str()), (Status::Failed, "after failed"));
        assert_eq!(program.repository.steps(ran.id).unwrap().len(), 2);
    }

    fn s3_27_a_job_and_a_step_are_unknown_when_nobody_can_tell_what_the_last_commit_did(project) {
        let program = Program::on(project);
        let ran = program.run(&sending());
        assert_eq!(ran.status, Status::Unknown);
        let shown = project.show("sending");
        assert_eq!((&shown["batch_status"], &shown["exit_code"]), (&json!("UNKNOWN"), &json!("UNKNOWN")));
        assert_eq!((&shown["steps"][0]["batch_status"], &shown["steps"][0]["write_count"]), (&json!("UNKNOWN"), &json!(10)));
        project.jobctl(&["wait", "sending"]).expect(3);
        let refused = program.operator.launch(&launching(&sending(), &Params::default()), &|_, _| {}).unwrap_err();
        assert!(matches!(refused, StartError::Refused(Refusal::Unknown { id }) if id == ran.id), "{refused}");
    }
}

/// The parameters of a job as a program has them.
#[derive(serde::Serialize)]
struct Day {
    date: &'static str,
    branch: i64,
    note: Option<String>,
}

#[test]
fn s3_20_in_a_program_parameters_are_a_text_a_value_or_a_struct() {
    let declared = [
        ParamDeclaration::new("date", ParamType::Date),
        ParamDeclaration::new("branch", ParamType::Integer),
        ParamDeclaration::new("note", ParamType::String),
    ];
    let here = BindContext { working_dir: "/".as_ref(), base_dir: "/".as_ref() };
    let bound = |given: GivenParams| bind(&declared, &given, here).map(|params| params.to_json());
    let text = GivenParams::from_json(r#"{"date": "2026-10-30", "branch": 9007199254740993}"#).unwrap();
    let value = GivenParams::of(&json!({ "branch": 9_007_199_254_740_993_i64, "date": "2026-10-30" })).unwrap();
    let day = GivenParams::of(&Day { date: "2026-10-30", branch: 9_007_199_254_740_993, note: None }).unwrap();
    let expected = bound(text).unwrap();
    assert_eq!(expected["branch"], json!(9_007_199_254_740_993_i64));
    assert_eq!(bound(value).unwrap(), expected);
    assert_eq!(bound(day).unwrap(), expected);
    assert!(GivenParams::from_json("").unwrap().is_empty());
    assert!(GivenParams::from_json("{").is_err() && GivenParams::from_json("[1]").is_err());
    assert!(GivenParams::of(&json!([1])).is_err() && GivenParams::of(&7).is_err());
    assert!(bound(GivenParams::of(&json!({ "branch": "seven" })).unwrap()).is_err());
}
