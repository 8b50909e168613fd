//! Parameters: how they are given, who sees them, and what they do.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::project::{Project, on_both_stores};
use super::support::example;

/// Refused, and why.
const BAD: [(&str, &str); 5] = [
    ("{", "line 1 column 1"),
    ("[1]", "expected an object"),
    (r#"{"nmae": "x"}"#, "unknown parameter `nmae` at line 1 column 10 (did you mean `name`?)"),
    (r#"{"date": "yesterday"}"#, "expected a date"),
    ("{\n\"date\": 7}", "at line 2 column 9"),
];

/// What `ok` said when its parameters came through its standard input.
fn through_stdin(project: &Project, params: &str) -> Value {
    let mut command = project.command(&["start", &example("ok"), "-", "-o", "json"]);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(params.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["result"].clone()
}

on_both_stores! {
    fn s3_20_parameters_are_a_text_a_file_or_the_standard_input_and_what_is_none_leaves_no_record(project) {
        let ok = example("ok");
        for (params, expected) in BAD {
            let refused = project.jobctl(&["start", &ok, params]).expect(7);
            assert!(refused.stderr.contains(expected), "{params}: {refused:#?}");
        }
        assert_eq!(project.list().len(), 0);
        project.file("params.json", r#"{"name": "file"}"#);
        let said = |arguments: &[&str]| {
            let arguments: Vec<_> = ["start", &ok, "-o", "json"].iter().chain(arguments).copied().collect();
            project.jobctl(&arguments).expect(0).json()["result"].clone()
        };
        assert_eq!(said(&[""]), "hello world");
        assert_eq!(said(&[r#"{"name": "text"}"#]), "hello text");
        assert_eq!(said(&["--params-file", "params.json"]), "hello file");
        assert_eq!(said(&[r#"{"name": "text"}"#, "-p", "name=pair"]), "hello pair");
        assert_eq!(through_stdin(project, r#"{"name": "z"}"#), "hello z");
    }

    fn s3_6_s3_10_a_start_from_the_command_line_is_recorded_as_one_with_its_parameters(project) {
        let ok = example("ok");
        let ran = project.jobctl(&["start", &ok, r#"{"date": "2024-01-01"}"#, "-o", "json"]).expect(0).json();
        assert_eq!((&ran["trigger"], &ran["triggered_by"]), (&json!("cli"), &json!("tester")));
        assert_eq!(ran["params"]["date"], "2024-01-01");
        assert_eq!(project.show("ok")["params"], ran["params"]);
    }

    fn s3_18_s3_19_every_step_reads_the_same_parameters_and_they_drive_what_the_job_does(project) {
        for name in ["x", "y"] {
            let ran = project.start(&example("ok"), &[&format!("name={name}"), "date=2024-02-29"], 0);
            assert_eq!(ran["result"], format!("hello {name}"));
            let steps = ran["steps"].as_array().unwrap();
            let seen: Vec<_> = steps.iter().map(|step| step["outputs"].clone()).collect();
            assert_eq!(seen, vec![json!({ "who": name, "day": "2024-02-29" }); 2]);
        }
    }
}
