//! Stopping from another process, and going on.

use std::process::Child;

use super::support::{Project, answer, on_both_stores};

/// Ten rows, one a chunk; each waits for its file, so that the test decides how far the job is.
const JOB: &str = "
name: steady
steps:
  - name: hold
    tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done' } }
  - name: copy
    chunk:
      size: 2
      reader: { csv: { path: rows.csv, columns: { n: integer } } }
      writer: { csv: { path: copied.csv } }
";

fn begun(project: &Project) -> Child {
    project.file("steady.yaml", JOB);
    project.file("rows.csv", "n\n1\n2\n3\n4\n5\n");
    let child = project.spawn(&["start", "steady.yaml"]);
    super::support::until(|| project.path("begun").exists());
    child
}

on_both_stores! {
    fn a_job_that_is_stopped_from_another_process_is_stopped_and_goes_on(project) {
        let child = begun(project);
        let stopped = project.jobctl(&["stop", "steady"]).expect(0);
        assert!(stopped.stdout.contains("| Job stopped |"), "{stopped:?}");
        let answer = answer(child.wait_with_output().unwrap()).expect(4);
        assert!(answer.stdout.contains("stopped"), "{answer:?}");
        project.file("go", "");
        project.jobctl(&["restart", "steady"]).expect(0);
        assert_eq!(std::fs::read_to_string(project.path("copied.csv")).unwrap(), "n\n1\n2\n3\n4\n5\n");
    }

    fn s3_38_a_stopped_job_can_be_stopped_again_and_a_finished_one_cannot(project) {
        let child = begun(project);
        project.jobctl(&["stop", "steady", "--wait"]).expect(0);
        answer(child.wait_with_output().unwrap()).expect(4);
        let before = project.show("steady");
        let id = before["id"].to_string();
        project.jobctl(&["stop", &id]).expect(0);
        assert_eq!(project.show("steady"), before);
        project.file("go", "");
        let finished = project.jobctl(&["restart", &id, "-o", "json"]).expect(0).json();
        let refused = project.jobctl(&["stop", &finished["id"].to_string()]).expect(6);
        assert!(refused.stderr.contains("only a running job can be stopped"), "{refused:?}");
    }

    fn s3_36_stopping_a_job_by_name_that_does_not_run_is_refused(project) {
        let child = begun(project);
        project.file("go", "");
        answer(child.wait_with_output().unwrap()).expect(0);
        let refused = project.jobctl(&["stop", "steady"]).expect(6);
        assert!(refused.stderr.contains("no running execution of job steady"), "{refused:?}");
    }
}
