//! What `show`, `list` and `start` print: the tables of NebulaGraph's job manager.

use serde_json::Value;

use super::project::{Project, answer, on_both_stores, until};

/// Named and aimed as in the manual of NebulaGraph. The second step fails until there is a file `mended`.
const JOB: &str = "
name: flush
target: ${{ params.space }}
params: { space: { type: string, default: nba } }
steps:
  - name: first
    tasklet: { shell: { command: 'true' } }
  - name: second
    tasklet: { shell: { command: 'test -e mended' } }
";

const WORDS: [&str; 11] = [
    "queued",
    "starting",
    "running",
    "stopping",
    "stopped",
    "paused",
    "cancelled",
    "finished",
    "failed",
    "discarded",
    "unknown",
];

/// The cells of a table, the header first.
fn cells(table: &str) -> Vec<Vec<&str>> {
    let rows = table.lines().filter(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Three jobs: one that failed, and two that are finished.
fn three_jobs(project: &Project) {
    project.file("flush.yaml", JOB);
    project.jobctl(&["start", "flush.yaml"]).expect(3);
    project.file("mended", "");
    project.jobctl(&["start", "flush.yaml", "-p", "space=test"]).expect(0);
    project.jobctl(&["restart", "1"]).expect(0);
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|job| job["id"].as_i64().unwrap()).collect()
}

on_both_stores! {
    fn s0_5_an_id_is_printed_only_for_a_job_that_was_taken(project) {
        project.file("flush.yaml", JOB);
        project.file("mended", "");
        let taken = project.jobctl(&["start", "flush.yaml"]).expect(0);
        let id = project.list()[0]["id"].to_string();
        assert_eq!(cells(&taken.stdout)[..2], [["New Job Id"], [id.as_str()]]);
        let unknown = project.jobctl(&["start", "no-such-job"]).expect(5);
        assert!(unknown.stderr.contains("no such job: no-such-job"), "{unknown:?}");
        let refused = [
            unknown,
            project.jobctl(&["start", "flush.yaml"]).expect(6),
            project.jobctl(&["start", "flush.yaml", "-p", "spcae=nba"]).expect(7),
            project.jobctl(&["start", "missing.yaml"]).expect(7),
            project.jobctl(&["start", "flush.yaml", "--asnyc"]).expect(2),
        ];
        for refused in refused {
            assert_eq!(refused.stdout, "", "{refused:?}");
        }
        assert_eq!(project.list().len(), 1);
    }

    fn s0_7_s0_8_s0_11_the_job_is_the_first_row_and_every_row_has_its_own_status_and_times(project) {
        project.file("flush.yaml", JOB);
        project.jobctl(&["start", "flush.yaml"]).expect(3);
        let shown = project.jobctl(&["show", "1"]).expect(0).stdout;
        let table = cells(&shown);
        assert_eq!(table[0], ["Job Id(TaskId)", "Command(Dest)", "Status", "Start Time", "Stop Time"]);
        let column = |at: usize| table[1..].iter().map(|row| row[at]).collect::<Vec<_>>();
        assert_eq!(column(0), ["1", "1-0", "1-1"]);
        assert_eq!(table[1][1], "flush nba");
        assert_eq!(column(2), ["failed", "finished", "failed"]);
        let json = project.show("1");
        let steps = json["steps"].as_array().unwrap().iter();
        for row in steps.chain([&json]) {
            let (start, stop) = (row["started_at"].as_str().unwrap(), row["ended_at"].as_str().unwrap());
            assert!(start <= stop, "{row:#}");
        }
        for row in &table[1..] {
            assert!(row[3].len() == 20 && row[3] <= row[4], "{row:?}");
        }
    }

    fn s0_12_times_are_rfc_3339_or_as_asked_for_and_empty_before_they_are_known(project) {
        project.file("hold.yaml", &JOB.replace("flush", "hold").replace("'true'", "'touch begun; while [ ! -e mended ]; do sleep 0.02; done'"));
        let child = project.spawn(&["start", "hold.yaml"]);
        until(|| project.path("begun").exists());
        let running = project.jobctl(&["show", "hold"]).expect(0).stdout;
        for row in &cells(&running)[1..] {
            assert!(is_time(row[3], "dddd-dd-ddTdd:dd:ddZ") && row[4].is_empty(), "{running}");
        }
        project.file("mended", "");
        answer(child.wait_with_output().unwrap()).expect(0);
        for verb in [&["show", "hold"][..], &["list"]] {
            let shown = |more: &[&str]| project.jobctl(&[verb, more].concat()).expect(0).stdout;
            let times = |table: &str, form: &str| {
                let rows = cells(table);
                rows.len() > 1 && rows[1..].iter().all(|row| is_time(row[3], form) && is_time(row[4], form))
            };
            let (plain, seed) = (shown(&[]), shown(&["--time-format", "%m/%d/%y %H:%M:%S"]));
            assert!(times(&plain, "dddd-dd-ddTdd:dd:ddZ"), "{plain}");
            assert!(times(&seed, "dd/dd/dd dd:dd:dd"), "{seed}");
        }
    }

    fn s0_14_s0_15_the_list_has_one_row_for_each_job_and_none_for_a_task(project) {
        three_jobs(project);
        let listed = project.jobctl(&["list"]).expect(0).stdout;
        let table = cells(&listed);
        assert_eq!(table[0], ["Job Id", "Command", "Status", "Start Time", "Stop Time"]);
        let rows: Vec<_> = table[1..].iter().map(|row| [row[0], row[1], row[2]]).collect();
        assert_eq!(rows, [["1", "flush nba", "failed"], ["2", "flush test", "finished"], ["3", "flush nba", "finished"]]);
    }

    fn s0_16_the_list_ascends_also_when_only_the_newest_are_shown(project) {
        three_jobs(project);
        let list = |more: &[&str]| ids(&project.jobctl(&[&["list", "-o", "json"], more].concat()).expect(0).json());
        assert_eq!(list(&[]), [1, 2, 3]);
        assert_eq!(list(&["--limit", "2"]), [2, 3]);
        assert_eq!(list(&["--limit", "0", "--order", "desc"]), [3, 2, 1]);
        let listed = project.jobctl(&["list", "--limit", "2"]).expect(0).stdout;
        assert_eq!(cells(&listed)[1..].iter().map(|row| row[0]).collect::<Vec<_>>(), ["2", "3"]);
    }

    fn s0_17_words_are_in_lower_case_and_queue_means_queued(project) {
        three_jobs(project);
        let listed = project.jobctl(&["list"]).expect(0).stdout;
        for row in &cells(&listed)[1..] {
            assert!(WORDS.contains(&row[2]), "{row:?}");
        }
        let list = |word: &str| ids(&project.jobctl(&["list", "--status", word, "-o", "json"]).expect(0).json());
        assert_eq!(list("finished"), [2, 3]);
        assert_eq!(list("failed"), [1]);
        assert_eq!((list("queue"), list("queued")), (vec![], vec![]));
    }

    fn s0_18_a_stopped_job_is_stopped_with_a_stop_time_after_its_start_time(project) {
        project.file("hold.yaml", &JOB.replace("flush", "hold").replace("'true'", "'touch begun; while [ ! -e mended ]; do sleep 0.02; done'"));
        let child = project.spawn(&["start", "hold.yaml"]);
        until(|| project.path("begun").exists());
        let id = project.list()[0]["id"].to_string();
        assert_eq!(project.show(&id)["status"], "running");
        let stopped = project.jobctl(&["stop", &id, "--wait"]).expect(0).stdout;
        assert_eq!(cells(&stopped)[..2], [["Result"], ["Job stopped"]]);
        assert_eq!(cells(&stopped)[3][2], "stopped");
        answer(child.wait_with_output().unwrap()).expect(4);
        let execution = project.show(&id);
        assert_eq!((&execution["status"], &execution["steps"][0]["status"]), (&"stopped".into(), &"stopped".into()));
        assert!(execution["started_at"].as_str().unwrap() < execution["ended_at"].as_str().unwrap(), "{execution:#}");
    }
}

on_both_stores! {
    fn programs_learn_the_id_at_once_and_get_json_from_every_verb_that_answers(project) {
        project.file("flush.yaml", JOB);
        project.file("wrong.yaml", &JOB.replace("steps:", "stpes:"));
        let started = project.jobctl(&["start", "flush.yaml", "-o", "json"]).expect(3);
        assert!(started.stderr.starts_with("Job 1 started\n"), "{started:?}");
        assert!(project.jobctl(&["version", "-o", "json"]).expect(0).json()["version"].is_string());
        let files = ["validate", "flush.yaml", "wrong.yaml", "missing.yaml", "-o", "json"];
        let checked = project.jobctl(&files).expect(7).json();
        let ok: Vec<_> = checked.as_array().unwrap().iter().map(|file| file["ok"].as_bool().unwrap()).collect();
        assert_eq!(ok, [true, false, false]);
        assert!(checked[1]["problems"].as_array().unwrap().iter().any(|problem| problem["line"].is_u64()), "{checked:#}");
        assert!(checked[2]["problems"][0]["message"].as_str().unwrap().contains("no such file"), "{checked:#}");
    }

    fn the_schema_is_told_to_programs_too(project) {
        project.jobctl(&["migrate", "up"]).expect(0);
        let status = project.jobctl(&["migrate", "status", "-o", "json"]).expect(0).json();
        assert!(status[0]["applied_at"].as_str().unwrap().ends_with('Z'), "{status:#}");
        let sql = project.jobctl(&["migrate", "sql"]).expect(0).stdout;
        let json = project.jobctl(&["migrate", "sql", "-o", "json"]).expect(0).json();
        assert_eq!(json, serde_json::json!({ "sql": sql }));
    }

    fn a_step_whose_condition_is_false_is_passed_over(project) {
        project.file("flush.yaml", &JOB.replace("'true' } }", "'true' } }\n    when: params.space == 'other'"));
        let started = project.jobctl(&["start", "flush.yaml"]).expect(3);
        assert!(started.stderr.contains("first: passed over, its condition is false\n"), "{started:?}");
        assert!(!started.stderr.contains("first: finished"), "{started:?}");
    }

    fn data_cannot_paint_the_terminal(project) {
        project.file("flush.yaml", &JOB.replace("test -e mended", "printf \"red \\033[31m\\n\"; exit 4"));
        let started = project.jobctl(&["start", "flush.yaml", "-p", "space=a\u{1b}[31m\nb"]).expect(3);
        assert!(started.stderr.contains("second | red \\u{1b}[31m\n"), "{started:?}");
        let listed = project.jobctl(&["list"]).expect(0);
        assert!(listed.stdout.contains(r"flush a\u{1b}[31m\nb"), "{listed:?}");
        assert!(!(started.stdout + &started.stderr + &listed.stdout).contains('\u{1b}'));
    }
}

/// Whether a text has a form in which `d` stands for a digit.
fn is_time(text: &str, form: &str) -> bool {
    let fits = |(letter, wanted): (char, char)| if wanted == 'd' { letter.is_ascii_digit() } else { letter == wanted };
    text.len() == form.len() && text.chars().zip(form.chars()).all(fits)
}
