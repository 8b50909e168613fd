//! The documented examples exist and run.

use std::path::Path;

use super::project::{Project, on_both_stores};
use super::support::example;

/// Steps of a job file, and whether they are enough.
const STEPS: [(&str, i32); 5] = [
    ("", 7),
    ("steps: []\n", 7),
    ("steps: [{ name: a, tasklet: { shell: { command: 'true' } } }]\n", 0),
    (
        "steps:\n  - { name: a, tasklet: { shell: { command: 'true' } } }\n  - { name: b, tasklet: { shell: { command: 'true' } } }\n",
        0,
    ),
    (
        "steps:\n  - { name: a, tasklet: { shell: { command: 'true' } } }\n  - { name: a, tasklet: { shell: { command: 'true' } } }\n",
        7,
    ),
];

#[test]
fn s3_2_a_job_file_without_steps_is_refused() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    for (steps, code) in STEPS {
        project.file("job.yaml", &format!("name: job\n{steps}"));
        let answer = project.jobctl(&["validate", "job.yaml"]).expect(code);
        assert_eq!(code == 7, answer.stderr.contains("steps"), "{answer:#?}");
    }
    project.file("job.yaml", "name: job\nsteps: []\n");
    project.jobctl(&["start", "job.yaml"]).expect(7);
    assert_eq!(project.list().len(), 0);
}

on_both_stores! {
    fn s3_45_the_documented_examples_exist_and_run(project) {
        assert_eq!(project.start(&example("ok"), &["name=World"], 0)["result"], "hello World");
        let slept = project.start(&example("sleepy"), &["chunks=5", "ms=1"], 0);
        assert_eq!(slept["steps"][0]["write_count"], 5);
        project.start(&example("flaky"), &[], 3);
        project.mend();
        project.jobctl(&["restart", "flaky"]).expect(0);
        let run = project.begin(&example("stubborn"), &["ms=300", "chunks=4"]);
        let refused = project.jobctl(&["stop", &run.id]).expect(10);
        assert!(refused.stderr.contains("abortable"), "{refused:#?}");
        assert_eq!(run.end().expect(0).json()["steps"][0]["write_count"], 4);
        end_of_day(project);
    }
}

/// The day is closed with the bytes that an independent program computed.
fn end_of_day(project: &Project) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end-of-day");
    let job = folder.join("end-of-day.yaml");
    let ran = project.start(job.to_str().unwrap(), &["business_date=2026-04-07", "out=out"], 0);
    assert_eq!(ran["result"], "300 transactions on 40 accounts");
    for name in ["report.csv", "totals.csv"] {
        let read = |folder: &Path| std::fs::read_to_string(folder.join("2026-04-07").join(name)).unwrap();
        assert_eq!(read(&project.path("out")), read(&folder.join("expected")), "{name}");
    }
}
