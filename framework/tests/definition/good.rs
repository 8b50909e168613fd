//! What a good file becomes, and how problems look in full.

use std::time::Duration;

use overnight_framework::job::{Instances, Rerun};
use overnight_framework::launch::Restartability;
use overnight_framework::params::parse_date;
use overnight_framework::policy::{ErrorNames, RetryPolicy};
use overnight_framework::repository::Revision;
use overnight_framework::row::{Value, decimal};
use overnight_framework::yaml::Paint;

use super::support::{bound, job, read};

const FULL: &str = include_str!("full.yaml");

#[test]
fn every_key_of_a_job_is_taken() {
    let file = job(FULL);
    assert_eq!(file.description.as_deref(), Some("Close the accounting day."));
    let job = file.job;
    assert_eq!((job.name.as_str(), job.module.as_str()), ("end-of-day", "ledger"));
    assert_eq!(job.labels["tier"], "1");
    assert_eq!(job.labels["literal"], "${{ kept }}");
    assert_eq!((job.instances, job.restartability), (Instances::Many, Restartability::Once));
    assert!(!job.abortable);
    assert_eq!(job.timeout, Some(Duration::from_secs(7200)));
    assert_eq!(job.base_dir, std::path::Path::new("/jobs"));
}

#[test]
fn every_key_of_a_step_is_taken_and_what_is_missing_comes_from_the_defaults() {
    let steps = job(FULL).job.steps;
    let seconds = Duration::from_secs;
    let transient = || ErrorNames::Named(vec!["Transient".to_owned()]);
    let default = RetryPolicy {
        max_attempts: 3,
        delay: seconds(10),
        factor: 3,
        max_delay: seconds(300),
        jitter_percent: 50,
        errors: transient(),
    };
    let verify = &steps[0];
    let boom = ErrorNames::Named(vec!["Boom".to_owned()]);
    assert_eq!(verify.retry, RetryPolicy { max_attempts: 5, errors: boom, ..default.clone() });
    assert_eq!((verify.timeout, verify.rerun, verify.max_starts), (Some(seconds(600)), Rerun::Always, Some(3)));
    assert!(verify.when.is_some());
    let load = &steps[2];
    assert_eq!((&load.retry, load.timeout), (&default, Some(seconds(1800))));
    assert_eq!((load.rerun, load.max_starts), (Rerun::WhenIncomplete, None));
    assert!(load.when.is_none());
}

#[test]
fn a_retry_that_says_only_how_often_waits_longer_each_time() {
    let file = job("name: j\nsteps: [{ name: a, tasklet: { echo: {} }, retry: { max_attempts: 4 } }]");
    let expected = RetryPolicy {
        max_attempts: 4,
        delay: Duration::from_secs(1),
        factor: 2,
        max_delay: Duration::from_secs(300),
        jitter_percent: 20,
        errors: ErrorNames::Any,
    };
    assert_eq!(file.job.steps[0].retry, expected);
    let file = job("name: j\ndefaults: { retry: { delay: 1s } }\nsteps: [{ name: a, tasklet: { echo: {} } }]");
    assert_eq!(file.job.steps[0].retry, RetryPolicy::NEVER);
}

#[test]
fn the_defaults_of_parameters_have_their_types() {
    let file = job(FULL);
    let params = bound(&file, r#"{"business_date": "2026-10-30", "password": "x"}"#);
    let value = |name: &str| params.get(name).unwrap().clone();
    assert_eq!(value("business_date"), Value::Date(parse_date("2026-10-30").unwrap()));
    assert_eq!(value("rate"), Value::Decimal(decimal::parse("0.0375").unwrap()));
    assert_eq!(value("partitions"), Value::Int(16));
    assert_eq!(value("strict"), Value::Bool(true));
    assert_eq!(value("since").to_string(), "2025-12-31T23:00:00Z");
    assert_eq!(value("patience").to_string(), "PT5400S");
    assert_eq!(value("out"), Value::from("/jobs/out"));
    assert_eq!(value("mapping").to_string(), r#"{"a":[1,"2",0.5],"b":null}"#);
    assert_eq!(params.secrets().collect::<Vec<_>>(), ["x"]);
    let key = params.key();
    assert!(!key.text().contains("password") && !key.text().contains("partitions"), "{}", key.text());
}

#[test]
fn the_outline_names_the_steps_their_kinds_and_what_they_need_of_the_world() {
    let file = job(FULL);
    let outline: Vec<_> = file.steps.iter().map(|step| (step.name.as_str(), step.kind.as_str())).collect();
    let expected = [("verify", "echo"), ("close-books", "close_books"), ("load", "rows -> memory"), ("totals", "echo")];
    assert_eq!(outline, expected);
    assert_eq!(file.steps[0].description.as_deref(), Some("Look at the files."));
    assert_eq!(file.secrets.into_iter().collect::<Vec<_>>(), ["db_password"]);
    assert_eq!(file.variables.into_iter().collect::<Vec<_>>(), ["REGION", "SKIP"]);
}

#[test]
fn the_revision_is_the_text_and_its_hash() {
    let Revision::Text { yaml, sha256 } = job(FULL).job.revision else { panic!("a text") };
    assert_eq!(yaml, FULL);
    let Revision::Text { sha256: other, .. } = job(&format!("{FULL}# a comment\n")).job.revision else {
        panic!("a text")
    };
    assert_eq!(sha256.len(), 64);
    assert_ne!(sha256, other);
}

fn rendered(text: &str) -> String {
    read(text).unwrap_err().render(Paint::Plain)
}

#[test]
fn a_later_step_is_shown_with_its_own_place() {
    let text = "\
name: j
steps:
  - name: first
    tasklet: { echo: { say: \"${{ steps.second.file }}\" } }
  - name: second
    tasklet: { echo: {} }
";
    assert_eq!(
        rendered(text),
        "\
error[E306]: step `second` comes later: its values are not known yet
 --> j.yaml:4:34
  |
4 |     tasklet: { echo: { say: \"${{ steps.second.file }}\" } }
  |                                  ^^^^^^^^^^^^
5 |   - name: second
  |           ------ step `second` is here
  |
  = note: at steps[0].tasklet.echo.say
  = help: a step can use only the steps before it
"
    );
}

#[test]
fn two_kinds_in_one_step_are_shown_with_both_places() {
    let text = "\
name: j
steps:
  - name: load
    tasklet: { echo: {} }
    chunk: {}
";
    assert_eq!(
        rendered(text).split("\n\n").next().unwrap(),
        "\
error[E203]: step `load` has both `tasklet` and `chunk`
 --> j.yaml:5:5
  |
4 |     tasklet: { echo: {} }
  |     ------- `tasklet` is given here
5 |     chunk: {}
  |     ^^^^^
  |
  = note: at steps[0]
  = help: choose one of `tasklet` or `chunk`
"
    );
}

#[test]
fn two_steps_of_one_name_are_shown_with_both_places() {
    let text = "\
name: j
steps:
  - { name: load, tasklet: { echo: {} } }
  - { name: load, tasklet: { echo: {} } }
";
    assert_eq!(
        rendered(text),
        "\
error[E208]: there are two steps called `load`
 --> j.yaml:4:13
  |
3 |   - { name: load, tasklet: { echo: {} } }
  |             ---- the first one is here
4 |   - { name: load, tasklet: { echo: {} } }
  |             ^^^^
  |
  = note: at steps[1].name
"
    );
}

#[test]
fn an_expression_in_a_folded_text_is_shown_where_it_is_wrong() {
    let text = "\
name: j
steps:
  - name: a
    when: >-
      execution.attempt > 1 &&
      execution.atempt < 5
    tasklet: { echo: {} }
";
    assert_eq!(
        rendered(text),
        "\
error[E305]: 'execution' has no 'atempt'
 --> j.yaml:6:17
  |
6 |       execution.atempt < 5
  |                 ^^^^^^
  |
  = note: at steps[0].when
  = help: did you mean 'attempt'?
"
    );
}
