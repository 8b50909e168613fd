//! A program and `jobctl` on one store: each sees, stops and continues what the other began.

use std::time::Duration;

use overnight::builder::{JobBuilder, JobSpec as _, StepBuilder};
use overnight::engine::{Notice, StartJobError};
use overnight::monitor::Happened;
use overnight::registry::Registry;
use overnight::status::Status;
use overnight::step::{Outcome, StepContext};
use overnight::testing::Gate;
use overnight::worker::Timing;
use overnight::{Engine, EngineBuilder, OpenEngineError};

use super::project::{Project, on_both_stores};

/// Fails while there is no file `mended.csv`.
const LOAD: &str = r#"
name: load
steps:
  - name: first
    tasklet: { sql: { statement: create table first (id bigint) } }
  - name: second
    chunk:
      reader: { csv: { path: mended.csv, columns: { id: integer } } }
      writer: { table: { name: first } }
"#;

fn engine(project: &Project, registry: Registry) -> Engine {
    let timing = Timing::beating(Duration::from_millis(500));
    EngineBuilder::new(registry).database(&project.url).timing(timing).open().unwrap()
}

on_both_stores! {
    fn a_run_of_a_program_is_shown_and_stopped_by_jobctl(project) {
        let gate = Gate::default();
        let at = gate.clone();
        let wait = StepBuilder::tasklet("wait", move |_: &(), step: &mut StepContext<'_>| {
            at.open();
            at.pass();
            Ok::<_, overnight::BatchError>(match step.stop_token().wait(Duration::from_secs(60)) {
                Some(intent) => Outcome::Stopped(intent),
                None => Outcome::COMPLETED,
            })
        });
        let engine = engine(project, Registry::default().built(JobBuilder::<()>::new("waiting").step(wait).build()));
        let run = engine.start_async("waiting", ()).unwrap();
        gate.reached();
        let shown = project.show(&run.id().to_string());
        assert_eq!((&shown["batch_status"], &shown["trigger"]), (&"STARTED".into(), &"library".into()));
        project.jobctl(&["stop", &run.id().to_string()]).expect(0);
        assert_eq!(run.wait().unwrap().status, Status::Stopped);
    }

    fn a_run_that_failed_in_jobctl_is_continued_by_a_program_that_knows_nothing_of_its_file(project) {
        project.file("load.yaml", LOAD);
        let failed = project.start("load.yaml", &[], 3);
        let engine = engine(project, Registry::default());
        project.file("mended.csv", "id\n1\n2\n");
        let again = engine.restart("load").unwrap();
        assert_eq!((again.status, again.previous_id.unwrap().to_string()), (Status::Completed, failed["id"].to_string()));
        assert_eq!(project.texts("select cast(id as text) as text from first order by id"), ["1", "2"]);
        project.jobctl(&["restart", "load"]).expect_refusal("already finished");
    }

    fn a_job_file_of_a_program_is_started_by_its_name_and_its_steps_are_heard(project) {
        let file = project.file("load.yaml", LOAD);
        project.file("mended.csv", "id\n7\n");
        let engine = EngineBuilder::new(Registry::default()).database(&project.url).job_file(file).open().unwrap();
        let heard = engine.subscribe();
        assert_eq!(engine.start("load", ()).unwrap().status, Status::Completed);
        let unknown = engine.start("laod", ()).unwrap_err();
        assert!(matches!(unknown, StartJobError::Job(_)), "{unknown}");
        assert_eq!(unknown.to_string(), "no such job: laod (did you mean `load`?)");
        drop(engine);
        let ended = |notice| match notice {
            Notice::Event(event) => match &event.happened {
                Happened::StepEnded(step) => Some(format!("{} {}", step.name, step.status)),
                _ => None,
            },
            _ => None,
        };
        assert_eq!(heard.filter_map(ended).collect::<Vec<_>>(), ["first COMPLETED", "second COMPLETED"]);
        assert_eq!(project.show("load")["batch_status"], "COMPLETED");
    }

    fn a_program_that_is_not_whole_opens_no_engine(project) {
        let wrong = JobBuilder::<()>::new("Wrong").build();
        let refused = EngineBuilder::new(Registry::default().built(wrong)).database(&project.url).open().unwrap_err();
        assert!(matches!(refused, OpenEngineError::Registry(_)), "{refused}");
        let file = project.file("wrong.yaml", "name: wrong\nsteps: []\n");
        let refused = EngineBuilder::new(Registry::default()).database(&project.url).job_file(file).open().unwrap_err();
        assert!(refused.to_string().contains("a job needs at least one step"), "{refused}");
        let refused = EngineBuilder::new(Registry::default()).database("mysql://host/db").open().unwrap_err();
        assert!(matches!(refused, OpenEngineError::Database(_)), "{refused}");
    }
}

/// The runtime of asynchronous steps must not be waited for by a task.
#[tokio::test]
async fn an_engine_lives_and_ends_in_a_task_of_tokio() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    let engine = engine(&project, Registry::default().built(Nap::job()));
    let ran = engine.nonblocking().start("nap", ()).await.unwrap();
    assert_eq!(ran.status, Status::Completed);
    drop(engine);
}

/// Waits for a task on the runtime that the engine brings.
#[derive(overnight::Params)]
struct Nap;

#[overnight::job]
impl Nap {
    #[step]
    async fn nap(&self) {
        tokio::spawn(async {}).await.unwrap();
    }
}
