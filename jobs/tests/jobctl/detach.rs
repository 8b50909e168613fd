//! Jobs that go on after the command line has left.

use std::fs;
use std::process::{Child, Stdio};

use overnight_db::Backend;
use serde_json::Value;

use super::project::{Project, answer, on_both_stores, signal, until};

/// A job that waits until the test lets it go on.
const JOB: &str = "
name: held
params: { day: { type: string, default: monday } }
steps:
  - name: hold
    tasklet:
      shell:
        command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done; echo done'
";

/// The same with a secret.
const SECRET: &str = "
name: held
params: { key: { type: string, secret: true, identifying: false } }
steps:
  - name: hold
    tasklet:
      shell:
        command: 'touch begun; while [ ! -e go ]; do sleep 0.02; done; echo \"$KEY\" > key'
        env: { KEY: '${{ params.key }}' }
";

/// Starts the job so that it runs in the background, and gives its id.
fn detached(project: &Project) -> String {
    project.file("held.yaml", JOB);
    let answer = project.jobctl(&["start", "held.yaml", "--detach"]).expect(0);
    until(|| project.path("begun").exists());
    answer.stdout.trim().to_owned()
}

/// The process that runs a job.
fn runner(project: &Project, id: &str) -> u32 {
    let worker = project.show(id)["worker"].as_str().unwrap().to_owned();
    worker.rsplit_once(':').unwrap().1.parse().unwrap()
}

fn log(project: &Project, id: &str) -> String {
    let shown = project.show(id);
    fs::read_to_string(shown["log"].as_str().unwrap_or_else(|| panic!("{shown:#}"))).unwrap()
}

fn has_gone(pid: u32) -> bool {
    // A process whose parent has not asked for it yet is as good as gone.
    fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// The children of a process, which the system tells to those who look in time.
fn child_of(parent: &Child) -> u32 {
    let path = format!("/proc/{0}/task/{0}/children", parent.id());
    let mut child = None;
    until(|| {
        let children = fs::read_to_string(&path).unwrap_or_default();
        child = children.split_whitespace().next().and_then(|id| id.parse().ok());
        child.is_some()
    });
    child.unwrap()
}

on_both_stores! {
    fn s3_33_a_detached_start_returns_at_once_and_the_job_does_not_depend_on_its_caller(project) {
        // All that is read here is closed by the end of the command line: nobody else holds it open.
        let id = detached(project);
        assert_eq!(id, "1");
        assert_eq!(project.show("1")["status"], "running");
        let (pid, session) = (runner(project, "1"), |pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            stat.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap().to_owned()
        });
        assert_eq!(session(pid), pid.to_string(), "it leads a session of its own");
        assert_ne!(session(pid), session(std::process::id()));
        project.file("go", "");
        project.jobctl(&["wait", "1"]).expect(0);
        until(|| has_gone(pid));
        let log = log(project, "1");
        assert!(log.contains("hold | done") && log.contains("| 1              | held"), "{log}");
    }

    fn a_detached_job_is_stopped_from_elsewhere_and_restarted_in_the_background_again(project) {
        let id = detached(project);
        project.jobctl(&["stop", &id, "--wait"]).expect(0);
        fs::remove_file(project.path("begun")).unwrap();
        let again = project.jobctl(&["restart", "held", "--detach", "-o", "json"]).expect(0).json();
        assert_eq!((again["id"].as_i64(), again["status"].as_str()), (Some(2), Some("starting")));
        assert!(again["log"].as_str().unwrap().contains("logs/2-"), "{again:#}");
        until(|| project.path("begun").exists());
        project.file("go", "");
        let waited = project.jobctl(&["wait", "2", "-o", "json"]).expect(0).json();
        assert_eq!((&waited["trigger"], &waited["previous_id"]), (&"restart".into(), &1.into()));
    }

    fn a_detached_job_that_was_killed_goes_on_with_a_restart(project) {
        let id = detached(project);
        signal(runner(project, &id), "-KILL");
        until(|| project.jobctl(&["wait", &id]).stderr.contains("its process is gone"));
        project.file("go", "");
        project.jobctl(&["restart", &id]).expect(0);
        assert_eq!(project.show(&id)["exit_code"], "WORKER_LOST");
    }

    fn a_secret_reaches_a_detached_job_and_no_list_of_processes(project) {
        project.file("held.yaml", SECRET);
        project.jobctl(&["start", "held.yaml", "--async", "-p", "key=s3cr=et"]).expect(0);
        until(|| project.path("begun").exists());
        let id = "1";
        let pid = runner(project, id);
        for place in ["cmdline", "environ"] {
            let told = fs::read(format!("/proc/{pid}/{place}")).unwrap();
            assert!(!String::from_utf8_lossy(&told).contains("s3cr=et"), "{place}");
        }
        project.file("go", "");
        project.jobctl(&["wait", id]).expect(0);
        assert_eq!(fs::read_to_string(project.path("key")).unwrap(), "s3cr=et\n");
    }

    fn of_two_that_start_one_instance_in_the_background_one_is_refused(project) {
        project.file("held.yaml", JOB);
        let both = [(); 2].map(|()| project.spawn(&["start", "held.yaml", "--detach"]));
        let mut codes = both.map(|child| answer(child.wait_with_output().unwrap()).code);
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(6)]);
        assert_eq!(project.list().len(), 1);
        project.file("go", "");
        project.jobctl(&["wait", "1"]).expect(0);
    }

    fn a_mistake_is_told_by_the_command_line_and_leaves_nothing(project) {
        project.file("held.yaml", JOB);
        project.jobctl(&["start", "held.yaml", "--detach", "-p", "dya=monday"]).expect(7);
        project.jobctl(&["start", "nothing", "--detach"]).expect(5);
        assert!(project.list().is_empty());
        assert!(!project.path("jobs.db.logs").exists());
    }

    /// The launch waits for the lease of a frozen process, and meanwhile the child that it is for is killed.
    fn a_job_whose_process_dies_before_it_begins_ends_with_a_launch_error(project) {
        let (mut frozen, launching) = waits_for_a_frozen_one(project);
        signal(child_of(&launching), "-KILL");
        let refused = answer(launching.wait_with_output().unwrap()).expect(3);
        let said = fs::read_to_string(project.path("said")).unwrap();
        assert!(said.contains("job 2 did not begin: the process that should run it ended"), "{said}");
        assert!(said.contains(".log`; then go on with `jobctl restart 2`"), "{said}");
        assert!(refused.stdout.is_empty());
        let ended = project.show("2");
        assert_eq!((&ended["status"], &ended["exit_code"]), (&"failed".into(), &"LAUNCH_ERROR".into()), "{ended:#}");
        thaw(&mut frozen);
        project.file("go", "");
        project.jobctl(&["restart", "2"]).expect(0);
    }

    /// The same with one that stands still: its report does not come.
    fn a_job_whose_process_is_not_heard_of_ends_with_a_launch_error(project) {
        let (mut frozen, launching) = waits_for_a_frozen_one(project);
        let child = child_of(&launching);
        signal(child, "-STOP");
        answer(launching.wait_with_output().unwrap()).expect(3);
        let said = fs::read_to_string(project.path("said")).unwrap();
        assert!(said.contains("was not heard of for 5s"), "{said}");
        assert!(has_gone(child));
        assert_eq!(project.show("2")["exit_code"], "LAUNCH_ERROR");
        thaw(&mut frozen);
    }

    /// The command line dies behind the launch; its child stands still, and hears of neither.
    fn a_command_line_that_is_killed_before_its_child_has_reported_leaves_a_job_that_never_began(project) {
        let (mut frozen, mut launching) = waits_for_a_frozen_one(project);
        let child = child_of(&launching);
        signal(child, "-STOP");
        fs::remove_file(project.path("begun")).unwrap();
        let jobs = project.table("job_execution");
        until(|| project.number(&format!("select count(*) from {jobs}")) == 2);
        launching.kill().unwrap();
        launching.wait().unwrap();
        signal(child, "-CONT");
        until(|| has_gone(child));
        assert!(!project.path("begun").exists());
        thaw(&mut frozen);
        project.file("go", "");
        project.jobctl(&["restart", "held"]).expect(0);
        let ends: Vec<_> = project.list().iter().map(|job| job["exit_code"].as_str().unwrap().to_owned()).collect();
        assert!(["LAUNCH_ERROR", "WORKER_LOST"].contains(&ends[1].as_str()) && ends[2] == "COMPLETED", "{ends:?}");
    }

    fn a_child_that_cannot_keep_a_life_lock_starts_nothing(project) {
        project.file("held.yaml", JOB);
        project.jobctl(&["list"]).expect(0);
        let (folder, logs) = match Backend::of(&project.url).unwrap() {
            Backend::Sqlite => ("jobs.db.workers", "jobs.db.logs"),
            Backend::Postgres => (".local/state/overnight/workers", ".local/state/overnight/logs"),
        };
        project.file(folder, "a file where the folder should be");
        let refused = project.jobctl(&["start", "held.yaml", "--detach"]).expect(1);
        assert!(refused.stderr.contains("nothing was started: the process that should run it ended"), "{refused:?}");
        assert!(project.list().is_empty());
        let log = fs::read_dir(project.path(logs)).unwrap().next().unwrap().unwrap().path();
        assert!(fs::read_to_string(log).unwrap().contains("cannot keep a life lock"));
    }
}

/// A frozen process that runs an instance, and one that watches its lease to start the same in the background.
fn waits_for_a_frozen_one(project: &Project) -> (Child, Child) {
    let frozen = begun(project);
    signal(frozen.id(), "-STOP");
    (frozen, watching(project))
}

fn begun(project: &Project) -> Child {
    project.file("held.yaml", JOB);
    let mut command = project.command(&["start", "held.yaml"]);
    let child = command.env("JOBCTL_HEARTBEAT", "200ms").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until(|| project.path("begun").exists());
    child
}

fn watching(project: &Project) -> Child {
    loop {
        let mut command = project.command(&["restart", "held", "--detach"]);
        let said = project.path("said");
        command.env("JOBCTL_HEARTBEAT", "700ms").stdout(Stdio::piped());
        let mut launching = command.stderr(fs::File::create(&said).unwrap()).spawn().unwrap();
        let heard = || fs::read_to_string(&said).unwrap();
        // Refused while the lease is still ahead.
        until(|| heard().contains("overdue lease") || launching.try_wait().unwrap().is_some());
        if heard().contains("overdue lease") {
            return launching;
        }
        assert_eq!(launching.wait().unwrap().code(), Some(6), "{}", heard());
    }
}

fn thaw(frozen: &mut Child) {
    signal(frozen.id(), "-KILL");
    frozen.wait().unwrap();
}

/// The terminal hangs up on all who are in its session.
#[test]
fn a_detached_job_outlives_its_terminal() {
    let project = Project::new(Backend::Sqlite);
    project.file("held.yaml", JOB);
    let jobctl = project.command(&[]);
    let line = format!(
        "{} start held.yaml --detach && while [ ! -e begun ]; do sleep 0.02; done; kill -HUP 0",
        jobctl.get_program().display()
    );
    let mut shell = std::process::Command::new("setsid");
    shell.args(["--wait", "sh", "-c", &line]).current_dir(project.folder.path()).env_clear();
    shell.envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdout(Stdio::null());
    let ended = shell.status().unwrap();
    assert!(!ended.success(), "the shell has hung up on itself: {ended:?}");
    assert_eq!(project.show("1")["status"], "running");
    project.file("go", "");
    project.jobctl(&["wait", "1"]).expect(0);
}

/// The manual of shells: `id=$(…)` waits for the end of the output, not of the program.
#[test]
fn a_command_substitution_comes_back_at_once() {
    let project = Project::new(Backend::Sqlite);
    project.file("held.yaml", JOB);
    let jobctl = project.command(&[]);
    let program = jobctl.get_program().display().to_string();
    let line =
        format!("id=$({program} start held.yaml --detach 2>&1 >id) && cat id && {program} show $(cat id) -o json");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &line]).current_dir(project.folder.path()).env_clear();
    shell.envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let answer = answer(shell.output().unwrap()).expect(0);
    let (id, shown) = answer.stdout.split_once('\n').unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    assert_eq!((id, &shown["ended_at"]), ("1", &Value::Null));
    project.file("go", "");
    project.jobctl(&["wait", "1"]).expect(0);
}
