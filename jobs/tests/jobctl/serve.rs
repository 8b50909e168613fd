//! `jobctl serve`: ticks, messages and runs that wait, each once, whatever is killed.
//!
//! `OVERNIGHT_TICKS` and `OVERNIGHT_MESSAGES` say how many the storm has, `OVERNIGHT_SEED` repeats one whose seed was printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::kill::{Chance, seed};
use super::project::{Project, on_both_stores, signal, until};

/// Each message makes a run.
const ORDER: &str = "
name: order
params: { number: { type: integer, required: true } }
steps:
  - name: book
    tasklet: { shell: { command: 'echo ${{ params.number }} >> booked' } }
triggers:
  - name: orders
    queue: { topic: orders }
    params: { number: '${{ message.body.number }}' }
";

/// Each second makes a run.
const SECOND: &str = "
name: second
params: { at: { type: datetime, required: true } }
steps:
  - name: say
    tasklet: { shell: { command: 'echo ${{ params.at }}' } }
triggers:
  - name: each
    cron: '* * * * * *'
    allow_every_second: true
    params: { at: '${{ trigger.scheduled_at }}' }
";

/// A job that waits until the test lets it go on.
const HELD: &str = "
name: held
params: { day: { type: string, default: monday } }
steps:
  - name: hold
    tasklet: { shell: { command: 'echo $$ > begun; while [ ! -e go ]; do sleep 0.02; done; echo done >> done' } }
triggers:
  - name: days
    queue: { topic: days }
    params: { day: '${{ message.body }}' }
";

/// One whose first step does not hear that it shall end.
const DEAF: &str = "
name: deaf
params: { day: { type: string, default: monday } }
steps:
  - name: hold
    tasklet: { shell: { command: 'trap \"\" TERM; touch begun; while [ ! -e go ]; do sleep 0.02; done' } }
  - name: done
    tasklet: { shell: { command: 'echo done >> done' } }
triggers:
  - name: days
    queue: { topic: days }
    params: { day: '${{ message.body }}' }
";

/// Starts a server whose journal is a file.
pub(super) fn serve(project: &Project, journal: &str, arguments: &[&str]) -> Child {
    let journal = File::options().create(true).append(true).open(project.path(journal)).unwrap();
    let mut command = project.command(&[&["serve"], arguments].concat());
    command.env("JOBCTL_HEARTBEAT", "200ms").stdout(Stdio::null()).stderr(journal).spawn().unwrap()
}

/// A server whose first run, of this job, has begun and waits for the test.
fn serve_begun(project: &Project, job: &str) -> Child {
    project.file("jobs/job.yaml", job);
    let server = serve(project, "journal", &["--jobs", "jobs"]);
    publish(project, "days", r#""monday""#, "m");
    until(|| project.path("jobs/begun").exists());
    server
}

/// Lets the next server go on with the run of the one before, to its end, and no other.
#[track_caller]
fn expect_gone_on(project: &Project) {
    project.file("jobs/go", "");
    project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
    let runs = project.list();
    assert_eq!((runs.len(), &runs[1]["batch_status"]), (2, &"COMPLETED".into()));
    assert_eq!(fs::read_to_string(project.path("jobs/done")).unwrap(), "done\n");
}

fn publish(project: &Project, topic: &str, message: &str, id: &str) {
    project.jobctl(&["publish", topic, message, "--id", id]).expect(0);
}

/// Asks a server to leave, and waits until it has.
#[track_caller]
pub(super) fn leave(mut server: Child) {
    signal(server.id(), "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

pub(super) fn journal(project: &Project) -> String {
    fs::read_to_string(project.path("journal")).unwrap_or_default()
}

/// The runs, by the status of the record.
fn count(project: &Project, status: &str) -> usize {
    project.list().iter().filter(|run| run["batch_status"] == status).count()
}

on_both_stores! {
    /// From the command line to the last row, and nothing is left in the topic.
    fn a_message_starts_a_run_and_the_same_message_no_second_one(project) {
        project.file("jobs/order.yaml", ORDER);
        for id in ["a", "b", "a"] {
            publish(project, "orders", if id == "a" { r#"{"number": 1}"# } else { r#"{"number": 2}"# }, id);
        }
        publish(project, "orders", r#"{"nummer": 3}"#, "c");
        project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
        let mut booked: Vec<_> = fs::read_to_string(project.path("jobs/booked")).unwrap().lines().map(str::to_owned).collect();
        booked.sort();
        assert_eq!(booked, ["1", "2"]);
        assert_eq!((project.list().len(), count(project, "COMPLETED")), (2, 2));
        let triggers = project.jobctl(&["triggers", "-o", "json"]).expect(0).json();
        assert_eq!((&triggers[0]["fires"], &triggers[0]["rejects"]), (&2.into(), &1.into()));
        let rejects = project.jobctl(&["triggers", "--rejects", "-o", "json"]).expect(0).json();
        assert_eq!((&rejects[0]["key"], &rejects[0]["path"]), (&"c".into(), &"message.body.number".into()));
        assert_eq!(rejects[0]["payload"], r#"{"nummer": 3}"#);
        assert_eq!(project.number(&format!("SELECT count(*) FROM {}", project.table("inbox_message"))), 0);
    }

    /// It hears the order while it still reads its jobs.
    fn a_server_that_is_told_to_leave_before_it_serves_leaves_as_one_that_does(project) {
        let pipe = project.path("order.yaml");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut server = serve(project, "journal", &["--jobs", "order.yaml"]);
        // This end opens when somebody reads at the other one.
        let mut jobs = File::options().write(true).open(&pipe).unwrap();
        signal(server.id(), "-TERM");
        until(|| journal(project).contains("leaving when"));
        jobs.write_all(ORDER.as_bytes()).unwrap();
        drop(jobs);
        assert_eq!(server.wait().unwrap().code(), Some(0));
        assert!(journal(project).contains("left; what was not done waits in the queue"), "{}", journal(project));
    }

    /// The order to leave reaches a run at its next safe point, and the next server goes on with it.
    fn a_server_that_is_told_to_leave_lets_its_run_wait_for_the_next_one(project) {
        let server = serve_begun(project, HELD);
        leave(server);
        let runs = project.list();
        assert_eq!((runs.len(), &runs[0]["batch_status"], &runs[0]["exit_code"]), (2, &"STOPPED".into(), &"INTERRUPTED".into()));
        assert_eq!(runs[1]["batch_status"], "QUEUED");
        expect_gone_on(project);
    }

    /// The order of the operator is older, and it is that of a person.
    fn what_an_operator_stopped_does_not_go_on_when_its_server_leaves_meanwhile(project) {
        let server = serve_begun(project, DEAF);
        project.jobctl(&["stop", "1"]).expect(0);
        signal(server.id(), "-TERM");
        until(|| journal(project).contains("leaving when"));
        project.file("jobs/go", "");
        let output = server.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let runs = project.list();
        assert_eq!((runs.len(), &runs[0]["batch_status"], &runs[0]["exit_code"]), (1, &"STOPPED".into(), &"STOPPED".into()));
        project.jobctl(&["restart", "1"]).expect(0);
        assert_eq!(fs::read_to_string(project.path("jobs/done")).unwrap(), "done\n");
    }

    /// It is the process that is in a hurry, and nobody wanted the run to end.
    fn a_run_that_a_second_signal_ended_at_once_goes_on_in_the_next_server(project) {
        let mut server = serve_begun(project, DEAF);
        signal(server.id(), "-TERM");
        until(|| journal(project).contains("leaving when"));
        signal(server.id(), "-TERM");
        assert_eq!(server.wait().unwrap().code(), Some(0));
        let runs = project.list();
        assert_eq!((runs.len(), &runs[0]["batch_status"], &runs[0]["exit_code"]), (2, &"STOPPED".into(), &"INTERRUPTED".into()));
        assert_eq!(runs[1]["batch_status"], "QUEUED");
        expect_gone_on(project);
    }

    /// Also the ticks of a schedule that comes more seldom than the others are looked for.
    fn ticks_that_were_missed_long_ago_are_recorded(project) {
        let monthly = "
name: month
params: { day: { type: date, required: true } }
steps: [{ name: close, tasklet: { shell: { command: exit 1 } } }]
triggers:
  - { name: first, cron: 0 0 1 * *, missed: skip, params: { day: '${{ trigger.local_date }}' } }
";
        project.file("jobs/month.yaml", monthly);
        project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
        let ago = if project.url.starts_with("postgres") { "interval '3000 days'" } else { "3000 * 86400 * 1000000" };
        project.execute(&format!("UPDATE {} SET since = since - {ago}", project.table("trigger")));
        project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
        let fires = project.jobctl(&["triggers", "--fires", "--limit", "1000", "-o", "json"]).expect(0).json();
        let fires = fires.as_array().unwrap();
        // There were 98 or 99 of them.
        assert!((98..=99).contains(&fires.len()) && fires.iter().all(|fire| fire["outcome"] == "MISSED"), "{fires:#?}");
        assert_eq!(project.list().len(), 0);
    }

    /// Nobody has to do anything, and the command of the dead server is gone before it is begun again.
    fn what_a_killed_server_left_is_finished_by_the_next_one_without_a_person(project) {
        let mut server = serve_begun(project, HELD);
        until(|| fs::read_to_string(project.path("jobs/begun")).is_ok_and(|pid| pid.ends_with('\n')));
        let command = fs::read_to_string(project.path("jobs/begun")).unwrap().trim().to_owned();
        server.kill().unwrap();
        server.wait().unwrap();
        until(|| !fs::exists(format!("/proc/{command}")).unwrap());
        expect_gone_on(project);
        let dead = &project.list()[0];
        assert_eq!((&dead["batch_status"], &dead["exit_code"]), (&"FAILED".into(), &"WORKER_LOST".into()));
    }

    /// A run of the command line is a run like any other.
    fn a_server_goes_on_with_what_a_killed_start_left(project) {
        let job = project.file("jobs/held.yaml", HELD);
        let mut start = project.spawn(&["start", job.to_str().unwrap()]);
        until(|| project.path("jobs/begun").exists());
        start.kill().unwrap();
        start.wait().unwrap();
        project.file("jobs/go", "");
        project.jobctl(&["serve", "--until-idle"]).expect(0);
        assert_eq!(project.list().last().unwrap()["batch_status"], "COMPLETED");
    }

    /// What kills its process at the same place every time is left to a person after the third time.
    fn a_run_that_kills_its_server_does_so_three_times(project) {
        let kills = "
name: killer
steps:
  - name: kill
    tasklet: { shell: { command: 'kill -9 $(cat ../server)' } }
";
        let job = project.file("jobs/killer.yaml", kills);
        let mut start = project.spawn(&["start", job.to_str().unwrap()]);
        project.file("server", &start.id().to_string());
        start.wait().unwrap();
        for _ in 0..3 {
            let mut server = serve(project, "journal", &[]);
            project.file("server", &server.id().to_string());
            until(|| server.try_wait().unwrap().is_some() || journal(project).matches("is failed").count() == 3);
            if server.try_wait().unwrap().is_none() {
                leave(server);
            }
        }
        let runs = project.list();
        assert_eq!((runs.len(), count(project, "FAILED")), (3, 3), "{}", journal(project));
        for said in ["job 1 (killer) was left by a dead process and is failed; job 2 goes on", "is failed; it waits for a person"] {
            assert!(journal(project).contains(said), "{}", journal(project));
        }
    }

    /// Whatever a sender wrote into the store past the program, the topic goes on, and the journal stays that of the server.
    fn a_message_with_a_hostile_id_is_rejected_and_the_others_are_taken(project) {
        project.file("jobs/order.yaml", ORDER);
        publish(project, "orders", r#"{"number": 1}"#, "long");
        publish(project, "orders", r#"{"nummer": 2}"#, "a\njob 99 (payroll) failed: boom");
        publish(project, "orders", r#"{"number": 3}"#, "b\njob 99 (payroll) failed: boom");
        // Texts that compress well would fit.
        let mut chance = Chance(seed());
        let long: String = (0..9_000).map(|_| char::from(b'a' + chance.below(26) as u8)).collect();
        project.execute(&format!("UPDATE {} SET message_key = '{long}' WHERE message_key = 'long'", project.table("inbox_message")));
        let served = project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
        assert!(!served.stderr.lines().any(|line| line.starts_with("job 99")), "{served:#?}");
        assert_eq!((project.list().len(), count(project, "COMPLETED")), (1, 1));
        let rejects = project.jobctl(&["triggers", "--rejects", "-o", "json"]).expect(0).json();
        let reasons: Vec<_> = rejects.as_array().unwrap().iter().map(|reject| reject["reason"].as_str().unwrap()).collect();
        assert_eq!(reasons.len(), 2, "{rejects:#}");
        assert!(reasons.contains(&"the key has 9000 bytes, the limit is 512"), "{reasons:?}");
        assert_eq!(project.number(&format!("SELECT count(*) FROM {}", project.table("inbox_message"))), 0);
    }

    /// With every beat the server looks at what is applied.
    fn a_job_that_is_applied_later_is_served_too(project) {
        project.file("held.yaml", HELD);
        project.jobctl(&["apply", "held.yaml"]).expect(0);
        let server = serve(project, "journal", &[]);
        until(|| journal(project).contains("serving 1 job with 1 trigger"));
        project.file("order.yaml", ORDER);
        project.jobctl(&["apply", "order.yaml"]).expect(0);
        publish(project, "orders", r#"{"number": 7}"#, "m");
        until(|| count(project, "COMPLETED") == 1);
        leave(server);
        assert_eq!(fs::read_to_string(project.path("booked")).unwrap(), "7\n");
    }

    /// One tick while another run of the job is under way.
    fn a_tick_beside_another_run_is_skipped_where_the_trigger_says_so(project) {
        let held = HELD.replace("triggers:", "triggers:\n  - name: each\n    cron: '* * * * * *'\n    allow_every_second: true\n    \
            overlap: skip\n    params: { day: '${{ string(trigger.scheduled_at) }}' }");
        project.file("jobs/held.yaml", &held);
        let server = serve(project, "journal", &["--jobs", "jobs"]);
        until(|| journal(project).matches("starts nothing for").count() >= 2);
        project.file("jobs/go", "");
        leave(server);
        let fires = project.jobctl(&["triggers", "--fires", "-o", "json"]).expect(0).json();
        assert_eq!(fires[0]["outcome"], "LAUNCHED");
        assert_eq!((&fires[1]["outcome"], &fires[1]["id"]), (&"SKIPPED".into(), &Value::Null));
        assert!(fires[1]["reason"].as_str().unwrap().starts_with("job 1 of held is "), "{fires:#}");
    }

    /// Nothing is done before all is known to be right.
    fn what_cannot_be_served_is_refused(project) {
        project.file("jobs/order.yaml", ORDER);
        project.file("jobs/other.yaml", &ORDER.replace("name: order\n", "name: other\n"));
        let shared = project.jobctl(&["serve", "--jobs", "jobs"]).expect(7);
        assert!(shared.stderr.contains("the topic `orders` starts order (trigger orders) and other (trigger orders)"));
        project.file("jobs/other.yaml", &ORDER.replace("name: order\n", "nam: other\n"));
        let wrong = project.jobctl(&["serve", "--jobs", "jobs"]).expect(7);
        assert!(wrong.stderr.contains("other.yaml:2"), "{wrong:#?}");
        assert!(project.jobctl(&["serve", "--jobs", "nowhere"]).expect(7).stderr.contains("nowhere"));
        project.jobctl(&["serve", "--concurrency", "0"]).expect(2);
        let no_json = project.jobctl(&["publish", "orders", "{day: 1}"]).expect(7);
        assert!(no_json.stderr.contains("the message is no JSON: key must be a string at line 1 column 2"), "{no_json:#?}");
        let torn = project.jobctl(&["publish", "orders", r#"{"number": 9007199254740993.5}"#]).expect(7);
        assert!(torn.stderr.contains("cannot be kept: a number in it has more digits than are kept: send it as a text"));
        let twice = project.jobctl(&["publish", "orders", r#"{"number": 1, "number": 2}"#]).expect(7);
        assert!(twice.stderr.contains("the name `number` stands twice in one object"), "{twice:#?}");
        let long = project.jobctl(&["publish", "orders", "1", "--id", &"ä".repeat(257)]).expect(7);
        assert!(long.stderr.contains("the id of a message has 1 to 512 bytes, this one has 514"), "{long:#?}");
        let topic = project.jobctl(&["publish", "new orders", "1"]).expect(2);
        assert!(topic.stderr.contains("`new orders` can be the topic of no trigger"), "{topic:#?}");
        assert_eq!(project.number(&format!("SELECT count(*) FROM {}", project.table("inbox_message"))), 0);
        project.file("jobs/other.yaml", &ORDER.replace("name: order\n", "name: other\n"));
        let both = project.jobctl(&["apply", "jobs"]).expect(7);
        assert!(both.stderr.contains("the topic `orders` starts order (trigger orders) and other (trigger orders)"));
        project.jobctl(&["apply", "jobs/order.yaml"]).expect(0);
        project.jobctl(&["apply", "jobs/other.yaml"]).expect(7);
        assert!(project.jobctl(&["triggers", "nobody"]).expect(5).stderr.contains("no trigger of a job called nobody"));
    }

    /// Two servers on one store, killed and begun again at random, while seconds tick and messages come.
    fn two_servers_killed_at_random_take_each_tick_and_each_message_once(project) {
        let storm = Storm::new();
        project.file("jobs/order.yaml", ORDER);
        project.file("jobs/second.yaml", SECOND);
        storm.rage(project);
        storm.judge(project);
    }
}

/// A number that the tester may have said.
pub(super) fn number(name: &str, other: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(other)
}

/// A minute of bad weather.
struct Storm {
    seed: u64,
    ticks: usize,
    messages: u64,
}

impl Storm {
    fn new() -> Self {
        Self { seed: seed(), ticks: number("OVERNIGHT_TICKS", 12) as usize, messages: number("OVERNIGHT_MESSAGES", 60) }
    }

    /// Every seventh message is invalid, and every fifth comes twice.
    fn publish(project: &Project, number: u64) {
        let id = format!("m{number}");
        let body = if number.is_multiple_of(7) {
            format!(r#"{{"nummer": {number}}}"#)
        } else {
            format!(r#"{{"number": {number}}}"#)
        };
        for _ in 0..=u64::from(number.is_multiple_of(5)) {
            publish(project, "orders", &body, &id);
        }
    }

    fn rage(&self, project: &Project) {
        let mut chance = Chance(self.seed);
        let begin = || {
            let serving = || journal(project).matches("serving ").count();
            let earlier = serving();
            let server = serve(project, "journal", &["--jobs", "jobs", "--concurrency", "4"]);
            // From there on it hears the order to leave.
            until(|| serving() > earlier);
            server
        };
        let mut servers = [begin(), begin()];
        let ticked = || journal(project).matches("trigger each put").count();
        let started = Instant::now();
        let mut next_kill = Duration::from_millis(500 + chance.below(2_000));
        for number in 0.. {
            let is_over = number >= self.messages && ticked() >= self.ticks;
            if is_over {
                break;
            }
            if number < self.messages {
                Self::publish(project, number);
            } else {
                std::thread::park_timeout(Duration::from_millis(50));
            }
            if started.elapsed() > next_kill {
                let victim = &mut servers[chance.below(2) as usize];
                victim.kill().unwrap();
                victim.wait().unwrap();
                *victim = begin();
                next_kill = started.elapsed() + Duration::from_millis(500 + chance.below(2_000));
            }
        }
        // No tick is begun any more, and what was left is found by the life locks of the dead.
        servers.into_iter().for_each(leave);
        let seconds = project.path("jobs/second.yaml");
        fs::write(&seconds, SECOND.replace("    cron:", "    enabled: false\n    cron:")).unwrap();
        project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
        rescue(project);
    }

    fn judge(&self, project: &Project) {
        let fires = project.jobctl(&["triggers", "--fires", "--limit", "100000", "-o", "json"]).expect(0).json();
        let fires = fires.as_array().unwrap();
        let of = |trigger: &str| fires.iter().filter(|fire| fire["trigger"] == trigger).collect::<Vec<_>>();
        let (ticks, messages) = (of("each"), of("orders"));
        let valid = (0..self.messages).filter(|number| !number.is_multiple_of(7)).count();
        assert!(ticks.len() >= self.ticks);
        assert_eq!(messages.len(), valid);
        assert!(fires.iter().all(|fire| fire["outcome"] == "LAUNCHED"), "{fires:#?}");
        // Each second from the first to the last, none left out.
        let seconds: BTreeSet<_> = ticks.iter().map(|fire| second_of(fire)).collect();
        let span = seconds.last().unwrap() - seconds.first().unwrap();
        assert_eq!((seconds.len(), span as usize + 1), (ticks.len(), ticks.len()), "{seconds:?}");
        let runs: BTreeSet<_> = fires.iter().map(|fire| fire["id"].as_i64().unwrap()).collect();
        assert_eq!(runs.len(), fires.len(), "each has a run of its own");
        judge_runs(project, &runs);
        let rejects = project.jobctl(&["triggers", "--rejects", "--limit", "100000", "-o", "json"]).expect(0).json();
        assert_eq!(rejects.as_array().unwrap().len() as u64, self.messages - valid as u64);
        assert_eq!(project.number(&format!("SELECT count(*) FROM {}", project.table("inbox_message"))), 0);
    }
}

/// What was killed three times in a row without getting any further waits for a person, who is here. Nothing else does.
pub(super) fn rescue(project: &Project) {
    let mut runs = BTreeMap::<_, Vec<_>>::new();
    for run in project.list() {
        runs.entry(run["instance_id"].as_i64().unwrap()).or_default().push(run);
    }
    for runs in runs.values().filter(|runs| runs.last().unwrap()["batch_status"] == "FAILED") {
        assert!(runs.len() == 3 && runs.iter().all(|run| run["exit_code"] == "WORKER_LOST"), "{runs:#?}");
        project.jobctl(&["restart", &runs[2]["id"].to_string()]).expect(0);
    }
}

/// Every run of a fire, or the last of those that go on with it, is complete; and there are no others.
pub(super) fn judge_runs(project: &Project, fired: &BTreeSet<i64>) {
    let mut last = BTreeMap::new();
    for run in project.list() {
        let instance = run["instance_id"].as_i64().unwrap();
        let (first, completed) = last.entry(instance).or_insert_with(|| (run["id"].as_i64().unwrap(), 0));
        assert!(fired.contains(first), "{run:#}");
        match run["batch_status"].as_str().unwrap() {
            "COMPLETED" => *completed += 1,
            "FAILED" | "STOPPED" => assert_eq!(*completed, 0, "{run:#}"),
            _ => panic!("{run:#}"),
        }
    }
    assert_eq!(last.len(), fired.len());
    assert!(last.values().all(|(_, completed)| *completed == 1), "{last:?}");
}

/// The second that a tick stands for, counted from an hour ago or so.
fn second_of(fire: &Value) -> i64 {
    let key = fire["key"].as_str().unwrap();
    let part = |from: usize| key[from..from + 2].parse::<i64>().unwrap();
    ((part(8) * 24 + part(11)) * 60 + part(14)) * 60 + part(17)
}
