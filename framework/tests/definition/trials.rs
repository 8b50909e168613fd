//! The tests of job files: what they give, what they compare, and what they say when something else came.

use std::path::Path;
use std::sync::Arc;

use overnight_framework::definition::{self, Environment};
use overnight_framework::trial;
use overnight_framework::yaml::Source;

use super::support::{environment, kinds};

const FULL: &str = include_str!("full.yaml");

/// A job with a tasklet and a chunk.
const JOB: &str = "\
name: j
params: { limit: { type: integer, default: 100 }, day: { type: date } }
steps:
  - name: count
    tasklet: { echo: { say: x } }
    outputs: { rows: integer }
  - name: load
    when: steps.count.rows > 0
    chunk:
      reader: { rows: { columns: { id: integer, amount: decimal, memo: { type: string, nullable: true } } } }
      processor:
        - filter: id != 9
        - validate: { check: amount < params.limit, message: 'row ${{ id }} is too large', error: TooLarge }
        - set: { minor: 'int(round(amount * 100, 0))' }
      writer: { memory: { table: out } }
      skip: { limit: 2, errors: [InvalidRow, TooLarge] }
result: ${{ steps.load.write_count }} rows
tests:
";

/// What each test of the file says that came otherwise: `LINE:COLUMN PATH: EXPECTED / GOT`.
fn ran(text: &str) -> Vec<Vec<String>> {
    let environment: Arc<dyn Environment> = Arc::new(environment());
    let trials = definition::trials(&Source::new("j.yaml", text), &kinds(), &environment, Path::new("/jobs"));
    let trials = trials.unwrap_or_else(|problems| panic!("{problems}"));
    let words = |found: trial::Mismatch| {
        let place = found.place;
        format!("{}:{} {}: {} / {}", place.line, place.column, found.path, found.expected, found.got)
    };
    trials.iter().map(|trial| trial::run(trial).into_iter().map(words).collect()).collect()
}

/// What the only test of a job says.
fn failures(test: &str) -> Vec<String> {
    ran(&format!("{JOB}  - name: t\n{test}")).remove(0)
}

#[test]
fn every_key_of_a_test_is_taken() {
    assert_eq!(ran(FULL), [Vec::<String>::new()]);
}

#[test]
fn rows_are_read_as_those_of_a_file_and_every_count_is_compared() {
    let failures = failures(
        "    given:
      count.outputs: { rows: 5 }
      load.reader:
        - { id: 1, amount: 10.50, memo: x }
        - { id: 2, amount: ten }
        - { id: 3, amount: \"100\" }
        - { id: 9, amount: 1 }
    expect:
      job: { status: completed, exit_code: COMPLETED, result: 1 rows }
      count: { outputs: { rows: 5 } }
      load:
        read_count: 4
        write_count: 1
        filter_count: 1
        skip_count: 2
        rows: [{ id: 1, amount: 10.5, minor: 1050, memo: x }]
        rejects:
          - { error: InvalidRow, phase: read, message: 'column `amount`: expected a decimal of at most 28 digits such as 0.0375, found `ten`' }
          - { error: TooLarge, phase: process, message: row 3 is too large, row: { id: 3, amount: 100 } }
",
    );
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn what_came_otherwise_is_told_with_its_place_and_both_values() {
    let failures = failures(
        "    given:
      count.outputs: { rows: 5 }
      load.reader: [{ id: 1, amount: 10, memo: ~ }, { id: 2, amount: 20 }]
    expect:
      job: { result: 3 rows }
      load:
        write_count: 3
        status: failed
        rows:
          - { id: 1, minor: 999, memo: x }
          - { id: 2 }
        rejects: [{ error: TooLarge }]
",
    );
    assert_eq!(
        failures,
        [
            "24:22 job.result: 3 rows / 2 rows",
            "26:22 load.write_count: 3 / 2",
            "27:17 load.status: failed / completed",
            "29:29 load.rows[0].minor: 999 / 1000",
            "29:40 load.rows[0].memo: x / nothing",
            "31:18 load.rejects: 1 item / 0 items: []",
        ]
    );
}

#[test]
fn rows_are_counted_and_come_in_their_order() {
    let failures = failures(
        "    given: { count.outputs: { rows: 5 }, load.reader: [{ id: 2, amount: 1 }, { id: 1, amount: 1 }] }
    expect: { load: { rows: [{ id: 1 }, { id: 2 }] } }
",
    );
    assert_eq!(failures, ["21:36 load.rows[0].id: 1 / 2", "21:47 load.rows[1].id: 2 / 1"]);
}

#[test]
fn a_step_that_is_given_nothing_says_what_to_give() {
    let failed = failures("    expect: {}\n");
    assert_eq!(failed.len(), 1);
    assert!(failed[0].starts_with("19:11 job.status: completed / failed in step `count`: NotGiven: "), "{failed:?}");
    assert!(failed[0].contains("count.outputs: { … }"), "{failed:?}");
    let failed = failures("    given: { count.outputs: { rows: 1 } }\n");
    assert!(failed[0].contains("load.reader: [ … ]"), "{failed:?}");
}

#[test]
fn a_step_whose_condition_is_false_needs_nothing() {
    assert_eq!(
        failures("    given: { count.outputs: { rows: 0 } }\n    expect: { job: { result: 0 rows } }\n"),
        Vec::<String>::new()
    );
}

#[test]
fn steps_that_are_not_named_are_passed_over() {
    let test = "    steps: load\n    given: { load.reader: [{ id: 1, amount: 1 }] }\n    expect: { load: { write_count: 1 }, count: { exit_code: COMPLETED } }\n";
    let job = JOB.replace("    when: steps.count.rows > 0\n", "");
    assert_eq!(ran(&format!("{job}  - name: t\n{test}")), [Vec::<String>::new()]);
}

#[test]
fn a_failure_is_for_a_test_to_judge_that_speaks_of_it() {
    let given = "    steps: load\n    given: { count.outputs: { rows: 1 }, load.reader: [{ id: 1, amount: x }, { id: 2, amount: x }, { id: 3, amount: x }] }\n";
    let silent = failures(given);
    assert!(silent[0].contains("failed in step `load`: InvalidRow"), "{silent:?}");
    let speaks =
        format!("{given}    expect: {{ load: {{ error: {{ name: InvalidRow }} }}, job: {{ status: failed }} }}\n");
    assert_eq!(failures(&speaks), Vec::<String>::new());
}

#[test]
fn outputs_have_the_types_that_the_step_declares() {
    let failed = failures("    given: { count.outputs: { rows: many } }\n");
    assert!(failed[0].contains("InvalidOutput: output `rows`: expected an integer"), "{failed:?}");
}

#[test]
fn the_world_of_a_test_is_what_stands_in_it() {
    let job = "\
name: j
vars: { login: '${{ secret.key }}', region: \"${{ default(env.REGION, 'none') }}\" }
steps:
  - name: a
    chunk:
      reader: { rows: { columns: { id: integer } } }
      processor: [{ set: { region: vars.region, login: upper(vars.login) } }]
      writer: { memory: { table: out } }
tests:
  - name: given
    env: { REGION: north }
    secrets: { key: letmein }
    given: { a.reader: [{ id: 1 }] }
    expect: { a: { rows: [{ region: north, login: LETMEIN }] } }
  - name: not given
    given: { a.reader: [{ id: 1 }] }
    expect: { job: { status: failed, error: { name: MissingSecret } } }
";
    assert_eq!(ran(job), [Vec::<String>::new(), Vec::new()]);
}
