//! The forms of answers: tables, wide ones, JSON, lines of JSON, YAML and bare names, with the columns that were asked for.

use serde_json::{Value, json};

use super::project::{Project, on_both_stores};

/// A job of two steps, whose second one fails until somebody mends it.
pub(super) const JOB: &str = "
name: copy
target: ${{ params.disk }}
params: { disk: { type: string, default: sda } }
steps:
  - name: first
    tasklet: { shell: { command: 'true' } }
  - name: second
    tasklet: { shell: { command: 'test -e mended' } }
";

/// Every verb that answers, behind two jobs.
const ANSWERS: [&[&str]; 15] = [
    &["list"],
    &["show", "1"],
    &["show", "1", "--rejects"],
    &["wait", "2"],
    &["tree", "1"],
    &["jobs"],
    &["describe", "copy"],
    &["graph", "copy"],
    &["schedules"],
    &["schedule", "next", "@daily", "--from", "2027-01-01T00:00:00Z"],
    &["config"],
    &["explain"],
    &["explain", "E201", "InvalidRow"],
    &["migrate", "status"],
    &["version"],
];

fn two_jobs(project: &Project) {
    project.file("copy.yaml", JOB);
    project.jobctl(&["start", "copy.yaml"]).expect(3);
    project.file("mended", "");
    project.jobctl(&["start", "copy.yaml", "-p", "disk=sdb"]).expect(0);
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

on_both_stores! {
    fn every_answer_is_the_same_as_json_as_lines_of_it_and_as_yaml(project) {
        two_jobs(project);
        for verb in ANSWERS {
            let answer = |form: &str| project.jobctl(&[verb, &["-o", form]].concat()).expect(0).stdout;
            let json: Value = serde_json::from_str(&answer("json")).unwrap();
            assert_eq!(serde_yaml::from_str::<Value>(&answer("yaml")).unwrap(), json, "{verb:?}");
            let records: Vec<Value> = answer("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(records, json.as_array().cloned().unwrap_or_else(|| vec![json]), "{verb:?}");
        }
    }

    fn names_are_the_bare_ids_a_line_each(project) {
        two_jobs(project);
        let names = |arguments: &[&str]| project.jobctl(&[arguments, &["-o", "name"]].concat());
        assert_eq!(names(&["list"]).expect(0).stdout, "1\n2\n");
        assert_eq!(names(&["show", "copy"]).expect(0).stdout, "2\n");
        assert_eq!(names(&["wait", "1"]).expect(3).stdout, "1\n");
        assert_eq!(names(&["restart", "1"]).expect(0).stdout, "3\n");
        assert_eq!(names(&["start", "copy.yaml", "-p", "disk=sdc"]).expect(0).stdout, "4\n");
        assert!(names(&["explain"]).expect(0).stdout.starts_with("E101\nE102\n"));
    }

    fn wide_has_every_column_and_the_others_stay(project) {
        two_jobs(project);
        for verb in [&["list"][..], &["show", "1"]] {
            let table = |form: &str| project.jobctl(&[verb, &["-o", form]].concat()).expect(0).stdout;
            let (plain, wide) = (table("table"), table("wide"));
            let lead = lines(&plain)[1].trim_end_matches('|');
            assert!(lines(&wide)[1].starts_with(lead), "{wide}");
            for column in ["Exit Code", "Error", "Params", "Trigger", "Started By", "Reason", "Worker", "Instance"] {
                assert!(lines(&wide)[1].contains(&format!("| {column} ")), "{column}: {wide}");
            }
        }
        let wide = project.jobctl(&["show", "1", "-o", "wide"]).expect(0).stdout;
        assert_eq!(project.jobctl(&["show", "1", "--wide"]).expect(0).stdout, wide);
    }

    fn columns_are_chosen_in_their_order_and_headers_left_out(project) {
        two_jobs(project);
        let list = |more: &[&str]| project.jobctl(&[&["list"], more].concat()).expect(0).stdout;
        let chosen = list(&["--columns", "STATUS,Command,exit-code", "--no-headers"]);
        assert_eq!(chosen, "failed     copy sda   CommandFailed\nfinished   copy sdb   COMPLETED\n");
        let header = list(&["--columns", "job id,worker"]);
        assert!(lines(&header)[1].starts_with("| Job Id | Worker "), "{header}");
        let show = project.jobctl(&["show", "1", "--columns", "id,step,Read", "--no-headers"]).expect(0).stdout;
        assert_eq!(show, "1\n1-0   first    0\n1-1   second   0\n");
        let started = project.jobctl(&["restart", "1", "--columns", "status,step", "--no-headers"]).expect(0).stdout;
        assert_eq!(started, "3\nfinished\nfinished   second\n");
    }

    fn columns_are_keys_for_programs(project) {
        two_jobs(project);
        let list = |columns: &str| project.jobctl(&["list", "-o", "json", "--columns", columns]).expect(0).json();
        assert_eq!(list("id,Status"), json!([{ "id": 1, "status": "failed" }, { "id": 2, "status": "finished" }]));
        let show = project.jobctl(&["show", "2", "-o", "jsonl", "--columns", "id,step"]).expect(0).stdout;
        assert_eq!(show, "{\"id\":2,\"steps\":[{\"step\":\"first\"},{\"step\":\"second\"}]}\n");
    }

    fn every_key_of_an_answer_can_be_chosen(project) {
        two_jobs(project);
        for verb in ANSWERS {
            let answer = |more: &[&str]| project.jobctl(&[verb, &["-o", "json"], more].concat()).expect(0).json();
            let whole = answer(&[]);
            let mut keys = Vec::new();
            collect_keys(&whole, &mut keys);
            if !keys.is_empty() {
                assert_eq!(answer(&["--columns", &keys.join(",")]), whole, "{verb:?}");
            }
        }
    }

    fn a_wrong_form_or_column_is_refused_before_anything_is_done(project) {
        project.file("copy.yaml", JOB);
        let refused = |arguments: &[&str]| {
            let answer = project.jobctl(arguments).expect(2);
            assert_eq!(answer.stdout, "", "{answer:?}");
            answer.stderr
        };
        assert!(refused(&["start", "copy.yaml", "--columns", "id,staus"]).contains("did you mean `Status`?"));
        assert!(refused(&["start", "copy.yaml", "-o", "yaml", "--columns", "staus"]).contains("did you mean `status`?"));
        assert!(refused(&["start", "copy.yaml", "-o", "sarif"]).contains("`jobctl validate` alone"));
        assert!(refused(&["start", "copy.yaml", "-o", "name", "--columns", "id"]).contains("has neither"));
        for verb in [&["config"][..], &["version"], &["validate", "copy.yaml"], &["migrate", "up"]] {
            let said = refused(&[verb, &["-o", "name"]].concat());
            assert!(said.contains("its forms are table, wide, json, jsonl and yaml"), "{said}");
        }
        assert!(refused(&["version", "--columns", "name"]).contains("has no columns to choose from"));
        assert!(project.list().is_empty());
    }
}

/// The keys of a record, or of the records of a list, and of their steps.
fn collect_keys(json: &Value, keys: &mut Vec<String>) {
    match json {
        Value::Array(records) => records.iter().for_each(|record| collect_keys(record, keys)),
        Value::Object(record) => {
            keys.extend(record.keys().cloned());
            record.get("steps").into_iter().for_each(|steps| collect_keys(steps, keys));
        }
        _ => {}
    }
}
