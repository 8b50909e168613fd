//! What a killed process has left, and what the restart makes of it.

use super::project::{Project, on_both_stores, until};

/// Kills the process of a verb as soon as its job has made the file `begun`.
fn kill(project: &Project, arguments: &[&str]) {
    let mut child = project.spawn(arguments);
    until(|| project.path("begun").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(project.path("begun")).unwrap();
}

on_both_stores! {
    fn the_outputs_of_a_step_outlive_the_process_that_computed_them(project) {
        project.file("counts.yaml", "
name: counts
steps:
  - name: count
    tasklet: { shell: { command: 'echo once >> counted; echo rows=7 >> $OVERNIGHT_OUTPUT' } }
    outputs: { rows: integer }
  - name: use
    tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done; echo $ROWS > said', env: { ROWS: '${{ steps.count.rows + 1 }}' } } }
");
        kill(project, &["start", "counts.yaml"]);
        project.file("go", "");
        project.jobctl(&["restart", "counts"]).expect(0);
        let read = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
        assert_eq!((read("said").trim(), read("counted").trim()), ("8", "once"));
    }

    /// Nobody has ended the steps of the dead processes: they were begun all the same.
    fn a_step_whose_process_was_killed_was_started_and_counts(project) {
        project.file("twice.yaml", "
name: twice
steps:
  - name: hold
    max_starts: 2
    tasklet: { shell: { command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done' } }
");
        kill(project, &["start", "twice.yaml"]);
        kill(project, &["restart", "twice"]);
        project.file("go", "");
        let refused = project.jobctl(&["restart", "twice"]).expect(3);
        let said = "StartLimitExceeded: step hold was begun 2 times, its `max_starts` is 2";
        assert!(refused.stderr.contains(said), "{refused:#?}");
        assert!(!project.path("begun").exists());
    }
}
