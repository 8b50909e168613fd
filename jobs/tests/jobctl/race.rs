//! Fifty processes want the same instance: one runs, the others are told which.

use super::project::{Answer, answer, on_both_stores};

const JOB: &str = "
name: race
params:
  day: { type: date, required: true }
steps:
  - name: hold
    tasklet: { shell: { command: 'while [ ! -e go ]; do sleep 0.02; done' } }
";

on_both_stores! {
    /// On a fresh file and a fresh database too: opening, migrating and launching race as well.
    fn s3_44_of_fifty_processes_that_start_one_instance_one_runs_and_the_others_are_refused(project) {
        project.file("race.yaml", JOB);
        let arguments = ["start", "race.yaml", "-p", "day=2026-10-30"];
        let children: Vec<_> = (0..50).map(|_| project.spawn(&arguments)).collect();
        let (sender, refused) = std::sync::mpsc::channel();
        for child in children {
            let sender = sender.clone();
            std::thread::spawn(move || drop(sender.send(answer(child.wait_with_output().unwrap()))));
        }
        let losers: Vec<Answer> = refused.iter().take(49).collect();
        project.file("go", "");
        let winner = refused.recv().unwrap().expect(0);
        let id = project.list()[0]["id"].to_string();
        assert!(winner.stdout.contains(&id), "{winner:?}");
        for loser in losers {
            let loser = loser.expect(6);
            assert!(loser.stderr.contains(&format!("already running (job {id} is")), "{loser:?}");
        }
        assert_eq!(project.list().len(), 1);
    }
}
