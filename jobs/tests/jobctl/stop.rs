//! Stopping from another process, and going on.

use std::process::Child;

use diesel::connection::SimpleConnection as _;
use overnight_db::Session;

use overnight_db::Backend;

use super::project::{Project, answer, on_both_stores, signal, until};
use super::support::count;

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
    until(|| project.path("begun").exists());
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

/// As a service manager ends a service. The command and its leader hear of it first.
#[test]
fn a_signal_to_every_process_of_a_job_stops_it() {
    let project = Project::new(Backend::Sqlite);
    let job = JOB.replace("touch begun", "echo $PPID $$ > pids; touch begun");
    project.file("steady.yaml", &job);
    let child = project.spawn(&["start", "steady.yaml"]);
    until(|| project.path("begun").exists());
    for pid in std::fs::read_to_string(project.path("pids")).unwrap().split_whitespace() {
        signal(pid.parse().unwrap(), "-TERM");
    }
    signal(child.id(), "-TERM");
    answer(child.wait_with_output().unwrap()).expect(143);
    assert_eq!(project.show("steady")["status"], "stopped");
}

/// Ten chunks of rows out of a table on a server of their own, where the test holds the key to every page.
const GATED: &str = "
name: gated
steps:
  - name: copy
    chunk:
      size: 2
      reader: { sql: { query: select n from source, key: [n], columns: { n: integer }, connection: source } }
      writer: { table: { name: copied, create: if_missing } }
";

/// Does `work` while nobody can read the table `source`, and lets go when `work` says so.
fn while_locked<T>(source: &Project, work: impl FnOnce(&mut dyn FnMut()) -> T) -> T {
    let locked = source.database().write(|connection| {
        let Session::Postgres(connection) = connection else { panic!("the source is on a server") };
        connection.batch_execute("begin; lock table source in access exclusive mode").unwrap();
        work(&mut || connection.batch_execute("rollback").unwrap())
    });
    locked.unwrap()
}

/// Whether somebody waits for a lock on the server.
fn waits(server: &Project) -> bool {
    let query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    server.number(query) > 0
}

on_both_stores! {
    /// The chunk in flight is the one whose page is being read.
    fn after_a_stop_no_further_chunk_is_committed_than_the_one_in_flight(project) {
        let source = Project::new(Backend::Postgres);
        source.execute("create table source (n bigint primary key); insert into source select generate_series(1, 20)");
        project.file("jobctl.toml", &format!("[connections]\nsource = {:?}\n", source.url));
        project.file("gated.yaml", GATED);
        let mut committed = 0;
        for arguments in [["start", "gated.yaml"], ["restart", "gated"], ["restart", "gated"]] {
            let child = while_locked(&source, |unlock| {
                let child = project.spawn(&arguments);
                until(|| waits(&source));
                project.jobctl(&["stop", "gated"]).expect(0);
                assert_eq!(project.show("gated")["status"], "stopping");
                unlock();
                child
            });
            answer(child.wait_with_output().unwrap()).expect(4);
            let stopped = project.show("gated");
            assert_eq!(stopped["batch_status"], "STOPPED");
            assert!(count(&stopped, "commit_count") <= 1, "{stopped:#}");
            committed += count(&stopped, "write_count");
            assert_eq!(project.number("select count(*) from copied"), committed);
        }
        project.jobctl(&["restart", "gated"]).expect(0);
        assert_eq!(count(&project.show("gated"), "write_count"), 20 - committed);
        assert_eq!(project.number("select count(*) from copied"), 20);
        assert_eq!(project.number("select count(distinct n) from copied where n between 1 and 20"), 20);
    }
}

/// On a server others write while a chunk is open: here somebody has just written the row that is to come.
#[test]
fn a_chunk_that_is_being_written_when_the_stop_comes_is_the_last_one() {
    let project = Project::new(Backend::Postgres);
    project.file(
        "copy.yaml",
        "
name: copy
steps:
  - name: copy
    chunk:
      size: 2
      reader: { csv: { path: rows.csv, columns: { n: integer } } }
      writer: { table: { name: copied } }
",
    );
    project.file("rows.csv", &(1..=20).fold("n\n".to_owned(), |text, n| text + &n.to_string() + "\n"));
    project.execute("create table copied (n bigint primary key)");
    let child = project.database().write(|connection| {
        let Session::Postgres(connection) = connection else { panic!("this store is on a server") };
        connection.batch_execute("begin; insert into copied values (5)").unwrap();
        let child = project.spawn(&["start", "copy.yaml"]);
        until(|| waits(&project));
        project.jobctl(&["stop", "copy"]).expect(0);
        connection.batch_execute("rollback").unwrap();
        child
    });
    answer(child.unwrap().wait_with_output().unwrap()).expect(4);
    let stopped = project.show("copy");
    assert_eq!((count(&stopped, "commit_count"), count(&stopped, "write_count")), (3, 6));
    assert_eq!(project.number("select count(*) from copied where n <= 6"), 6);
    project.jobctl(&["restart", "copy"]).expect(0);
    assert_eq!(project.number("select count(*) from copied"), 20);
}
