//! Job files that run, on the store in memory.

use overnight_framework::definition::{self, Environment, SecretError};
use overnight_framework::execution::JobExecution;
use overnight_framework::repository::Phase;
use overnight_framework::status::{ExitCode, Status};
use overnight_framework::yaml::Source;
use serde_json::json;

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::support::{Bench, job, kinds};

/// A chunk step over four rows with these operations, between reader and writer of the tests.
fn load(processor: &str, rest: &str) -> String {
    format!(
        "\
name: j
params: {{ limit: {{ type: integer, default: 100 }}, password: {{ type: string, secret: true }} }}
vars: {{ factor: '${{{{ 100 }}}}' }}
steps:
  - name: load
    chunk:
      reader:
        rows:
          columns: {{ id: integer, amount: {{ type: decimal, nullable: true }}, currency: string }}
          rows: [[1, '2.50', EUR], [2, '0.00', EUR], [3, '1.25', euro], [4, ~, USD], [5, '7.00', USD]]
      processor:
{processor}
      writer: {{ memory: {{ table: out }} }}
{rest}"
    )
}

fn chain(execution: &JobExecution) -> String {
    execution.error.as_ref().map(overnight_framework::execution::ErrorRecord::chain).unwrap_or_default()
}

#[test]
fn rows_are_filtered_computed_validated_and_the_bad_ones_become_dead_letters() {
    let file = job(&load(
        "        - filter: default(amount, 1) != 0
        - set: { minor: 'int(round(amount * vars.factor, 0))', half: params.limit / 2 }
        - validate: { check: size(currency) == 3, message: 'currency ${{ currency }} of ${{ id }} is no ISO code' }",
        "      skip: { limit: 2, errors: [InvalidRow] }",
    ));
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    assert_eq!(execution.status, Status::Completed, "{}", chain(&execution));
    assert_eq!(bench.table("out"), ["1 2.50 EUR 250 50", "5 7.00 USD 700 50"]);
    let counts = bench.steps(&execution)[0].counts;
    assert_eq!((counts.read, counts.filter, counts.process_skip, counts.write), (5, 1, 2, 2));
    let letters = bench.letters(&execution);
    assert_eq!(letters[0].position, json!({ "row": 3 }));
    assert_eq!((letters[0].phase, letters[0].payload_kind.as_str()), (Phase::Process, "json"));
    assert_eq!(letters[0].payload, br#"{"amount":"1.25","currency":"euro","id":3}"#);
    assert_eq!(
        (letters[0].error.name.as_str(), letters[0].error.chain().as_str()),
        ("InvalidRow", "currency euro of 3 is no ISO code")
    );
    assert_eq!(letters[1].error.chain(), "set minor (line 13, column 25 of the job file): amount is null");
    assert_eq!(letters[1].payload, br#"{"amount":null,"currency":"USD","id":4}"#);
}

#[test]
fn a_rule_that_names_its_error_can_be_skipped_alone() {
    let rules = "        - validate: { check: size(currency) == 3, error: NoCurrency }";
    let skip = "      skip: { limit: 2, errors: [NoCurrency] }";
    let bench = Bench::new();
    let execution = bench.run(&job(&load(rules, skip)), "{}");
    assert_eq!(execution.status, Status::Completed, "{}", chain(&execution));
    let letters = bench.letters(&execution);
    assert_eq!((letters.len(), letters[0].error.name.as_str()), (1, "NoCurrency"));
    assert_eq!(letters[0].error.chain(), "the row breaks the rule: size(currency) == 3");

    let other = format!("{rules}\n        - validate: {{ check: has(amount) }}");
    let bench = Bench::new();
    let execution = bench.run(&job(&load(&other, skip)), "{}");
    assert_eq!((execution.status, execution.exit_code.as_str()), (Status::Failed, "InvalidRow"));
    assert!(bench.letters(&execution).is_empty());
}

#[test]
fn without_a_skip_policy_the_first_bad_row_fails_the_step_with_its_place() {
    let file = job(&load("        - validate: [{ check: size(currency) == 3 }]", ""));
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    let error = execution.error.unwrap();
    assert_eq!((execution.status, error.name.as_str()), (Status::Failed, "InvalidRow"));
    assert_eq!(error.position, Some(json!({ "row": 3 })));
    assert_eq!(error.chain(), "the row breaks the rule: size(currency) == 3");
    assert_eq!(error.step.as_deref(), Some("load"));
    // The chunk before it is committed.
    assert_eq!(bench.table("out"), ["1 2.50 EUR", "2 0.00 EUR"]);
}

#[test]
fn a_dead_letter_keeps_the_row_as_it_was_read_whatever_was_written_over() {
    let file = job(&load(
        "        - set: { id: amount, amount: id, twice: id * 2 }
        - set: { currency: lower(currency) }
        - set: { currency: upper(currency) }
        - validate: { check: twice != 6, message: 'row ${{ amount }} as ${{ currency }} ${{ id }}' }",
        "      skip: { limit: 1 }",
    ));
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    assert_eq!(execution.status, Status::Completed, "{}", chain(&execution));
    let letter = &bench.letters(&execution)[0];
    assert_eq!(letter.error.chain(), "row 3 as EURO 1.25");
    assert_eq!(letter.payload, br#"{"amount":"1.25","currency":"euro","id":3}"#);
    assert_eq!(bench.table("out"), ["2.50 1 EUR 2", "0.00 2 EUR 4", " 4 USD 8", "7.00 5 USD 10"]);
}

#[test]
fn a_message_that_cannot_be_made_says_the_rule_instead() {
    let file = job(&load(
        "        - validate: { check: has(amount), message: 'amount ${{ amount }}' }",
        "      skip: { limit: 1 }",
    ));
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    let letter = &bench.letters(&execution)[0];
    assert_eq!(letter.error.chain(), "the row breaks the rule: has(amount) (no message: amount is null)");
}

#[test]
fn a_row_that_the_writer_refuses_is_kept_as_it_was_about_to_be_written() {
    let file = job("\
name: j
steps:
  - name: load
    chunk:
      reader: { rows: { columns: { id: integer }, rows: [[1], [2], [3]] } }
      processor: [{ set: { name: \"'n' + string(id)\" } }]
      writer: { memory: { table: out, columns: [name], refuse: n2 } }
      skip: { limit: 50% }
");
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    assert_eq!(execution.status, Status::Completed, "{}", chain(&execution));
    assert_eq!(bench.table("out"), ["n1", "n3"]);
    let letter = &bench.letters(&execution)[0];
    assert_eq!((letter.phase, letter.payload.as_slice()), (Phase::Write, br#"{"id":2,"name":"n2"}"#.as_slice()));
}

#[test]
fn a_reader_that_gives_rows_of_another_width_fails_the_step() {
    let file = job("\
name: j
steps:
  - name: load
    chunk:
      reader: { rows: { columns: { id: integer, name: string }, rows: [[1, a], [2]] } }
      processor: [{ filter: id > 0 }]
      writer: { memory: { table: out } }
      skip: { limit: 100% }
");
    let execution = Bench::new().run(&file, "{}");
    assert_eq!(chain(&execution), "the reader gave a row of 1 cells for 2 columns");
}

#[test]
fn a_step_without_a_size_takes_the_size_of_its_writer() {
    let bench = Bench::new();
    let execution = bench.run(&job(&load("        - filter: true", "")), "{}");
    assert_eq!(bench.steps(&execution)[0].counts.commit, 3);
    let execution = bench.run(&job(&load("        - filter: true", "      size: 100")), r#"{"limit": 1}"#);
    assert_eq!(bench.steps(&execution)[0].counts.commit, 1);
}

const PIPELINE: &str = "\
name: j
module: ledger
target: ${{ params.day }} of ${{ vars.book }}
params: { day: { type: date, required: true }, mode: { type: string, default: full } }
vars: { book: '${{ params.mode }}-book' }
steps:
  - name: find
    tasklet: { echo: { outputs: { file: 'in/${{ vars.book }}.csv', rows: 12, since: 2026-01-01 } } }
    outputs: { file: string, rows: integer, since: date }
  - name: extra
    when: params.mode == 'delta'
    tasklet: { echo: { outputs: { file: extra.csv } } }
    outputs: [file]
  - name: use
    tasklet:
      echo:
        say: ${{ steps.find.file }} ${{ steps.find.rows + 1 }} ${{ steps.find.since + 1 }} ${{ steps.extra.exit_code }} ${{ default(steps.extra.file, 'none') }}
        fail_if: execution.attempt == 1
        fail_with: not today
  - name: load
    chunk:
      reader: { rows: { columns: { id: integer }, rows: [[1], [2], [3]] } }
      processor: [{ filter: id < steps.find.rows - 9 }]
      writer: { memory: { table: '${{ vars.book }}' } }
  - name: tell
    tasklet: { echo: { say: '${{ job.project }}/${{ job.module }}/${{ job.name }}: ${{ steps.load.read_count }} ${{ steps.load.filter_count }} ${{ steps.load.write_count }} ${{ steps.load.skip_count }} ${{ steps.load.status }} ${{ env.NO_SUCH == null }} ${{ env.REGION }}' } }
result: ${{ steps.find.rows + steps.load.write_count }}
";

#[test]
fn outputs_reach_later_steps_and_a_restart_keeps_those_of_the_steps_it_skips() {
    let file = job(PIPELINE);
    let bench = Bench::new();
    let first = bench.run(&file, r#"{"day": "2026-10-30"}"#);
    assert_eq!(first.target, "2026-10-30 of full-book");
    assert_eq!((first.status, chain(&first).as_str()), (Status::Failed, "not today"));
    let steps = bench.steps(&first);
    assert_eq!(steps[0].outputs["rows"], json!(12));
    assert_eq!(steps[1].exit_code, ExitCode::NOOP);

    let second = bench.run(&file, r#"{"day": "2026-10-30"}"#);
    assert_eq!(second.status, Status::Completed, "{}", chain(&second));
    assert_eq!((second.previous_id, second.result.clone()), (Some(first.id), Some(json!(14))));
    let names: Vec<_> = bench.steps(&second).into_iter().map(|step| step.name).collect();
    // What was passed over is asked again.
    assert_eq!(names, ["extra", "use", "load", "tell"]);
    assert_eq!(bench.table("full-book"), ["1", "2"]);
    let told = "in/full-book.csv 13 2026-01-02 NOOP none";
    assert_eq!(bench.said(), [told, told, "bank/ledger/j: 3 1 2 0 COMPLETED true eu"]);
}

#[test]
fn a_condition_that_holds_runs_its_step() {
    let file = job(PIPELINE);
    let bench = Bench::new();
    bench.run(&file, r#"{"day": "2026-10-30", "mode": "delta"}"#);
    assert_eq!(bench.said(), ["in/delta-book.csv 13 2026-01-02 COMPLETED extra.csv"]);
}

#[test]
fn a_step_that_always_reruns_gives_its_outputs_anew() {
    let file = job("\
name: j
steps:
  - name: a
    rerun: always
    tasklet: { echo: { outputs: { n: '${{ execution.attempt }}' } } }
    outputs: { n: integer }
  - name: b
    tasklet: { echo: { say: '${{ steps.a.n }}', fail_if: steps.a.n < 2 } }
");
    let bench = Bench::new();
    assert_eq!(bench.run(&file, "{}").status, Status::Failed);
    assert_eq!(bench.run(&file, "{}").status, Status::Completed);
    assert_eq!(bench.said(), ["1", "2"]);
}

fn outputs(given: &str, declared: &str) -> (Bench, JobExecution) {
    let file = job(&format!(
        "\
name: j
params: {{ password: {{ type: string, secret: true }} }}
steps:
  - name: a
    tasklet: {{ echo: {{ outputs: {given} }} }}
    outputs: {declared}
"
    ));
    let bench = Bench::new();
    let execution = bench.run(&file, r#"{"password": "correct horse"}"#);
    (bench, execution)
}

#[test]
fn declared_outputs_that_are_missing_fail_the_step() {
    let (_, execution) = outputs("{ file: x }", "[file, rows, sum]");
    assert_eq!((execution.status, execution.exit_code.as_str()), (Status::Failed, "InvalidOutput"));
    assert_eq!(chain(&execution), "the step ended without giving the outputs `rows`, `sum`, which it declares");
}

#[test]
fn outputs_of_the_wrong_type_fail_the_step() {
    for (given, declared, message) in [
        ("{ n: many }", "{ n: integer }", "output `n`: expected an integer of at most 64 bits, found \"many\""),
        ("{ n: '${{ env.NO_SUCH }}' }", "[n]", "output `n`: expected a string, found null"),
        ("{ n: '${{ true }}' }", "{ n: date }", "output `n`: expected a date such as 2026-10-30, found true"),
        ("{ n: '${{ params.password }}' }", "[n]", "output `n` holds a secret; outputs are stored and shown"),
        ("{ n: 'user:${{ params.password }}' }", "[n]", "output `n` holds a secret; outputs are stored and shown"),
    ] {
        let (_, execution) = outputs(given, declared);
        assert_eq!((execution.status, chain(&execution).as_str()), (Status::Failed, message), "{given}");
    }
}

#[test]
fn texts_become_the_declared_types_and_numbers_become_texts() {
    let given = "{ a: '12', b: '0.50', c: 'true', d: '{\"x\": [1]}', e: '${{ 5 }}', f: 90s }";
    let declared = "{ a: integer, b: decimal, c: boolean, d: json, e: string, f: duration }";
    let (bench, execution) = outputs(given, declared);
    let stored = bench.steps(&execution)[0].outputs.clone();
    let expected = json!({ "a": 12, "b": "0.50", "c": true, "d": { "x": [1] }, "e": "5", "f": "90s" });
    assert_eq!(serde_json::Value::Object(stored), expected, "{}", chain(&execution));
}

#[test]
fn a_json_output_is_parsed_once_and_keeps_its_digits() {
    let file = job(
        "\
name: j
steps:
  - name: find
    tasklet: { echo: { outputs: { word: '\"007\"', number: '\"12\"', tiny: '[0.0000001, 1e-7]' } } }
    outputs: { word: json, number: json, tiny: json }
  - name: use
    tasklet: { echo: { say: \"${{ steps.find.word == '007' }} ${{ steps.find.number == '12' }} ${{ steps.find.tiny }}\" } }
",
    );
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    assert_eq!(execution.status, Status::Completed, "{}", chain(&execution));
    assert_eq!(bench.said(), ["true true [1e-7,1e-7]"]);

    let (_, execution) = outputs("{ ids: '[184467440737095516150]' }", "{ ids: json }");
    let message = "output `ids`: expected a JSON value whose numbers keep their digits in 64 bits, found \"[184467440737095516150]\"";
    assert_eq!((execution.status, chain(&execution).as_str()), (Status::Failed, message));
}

#[test]
fn outputs_that_are_not_declared_are_not_kept_and_that_is_said() {
    let (bench, execution) = outputs("{ a: x, b: y, c: z }", "[a]");
    assert_eq!(execution.status, Status::Completed);
    assert_eq!(serde_json::Value::Object(bench.steps(&execution)[0].outputs.clone()), json!({ "a": "x" }));
    assert_eq!(
        bench.said(),
        ["warning: not kept, because the step does not declare it under `outputs`: the outputs `b`, `c`"]
    );
}

#[test]
fn secrets_are_masked_in_errors_output_and_dead_letters() {
    let file = job(
        "\
name: j
params: { password: { type: string, secret: true } }
vars: { login: '${{ params.password }}@${{ secret.db_password }}' }
steps:
  - name: load
    chunk:
      reader: { rows: { columns: { name: string }, rows: [torn, [correct horse], [good]], password: '${{ vars.login }}' } }
      processor:
        - validate: { check: name != params.password, message: 'not ${{ params.password }}' }
      writer: { memory: { table: out } }
      skip: { limit: 2 }
  - name: tell
    tasklet: { echo: { say: 'as ${{ vars.login }}', fail_if: 'true', fail_with: 'no answer for ${{ secret.db_password }}' } }
",
    );
    let bench = Bench::new();
    let execution = bench.run(&file, r#"{"password": "correct horse"}"#);
    assert_eq!(chain(&execution), "no answer for ***");
    assert_eq!(bench.said(), ["as ***@***"]);
    let letters = bench.letters(&execution);
    let shown: Vec<_> = letters
        .iter()
        .map(|letter| (letter.error.chain(), String::from_utf8(letter.payload.clone()).unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("torn: not with the password ***@***".to_owned(), "torn ***@***".to_owned()),
            ("not ***".to_owned(), r#"{"name":"***"}"#.to_owned()),
        ]
    );
    assert_eq!(bench.table("out"), ["good"]);
}

#[test]
fn the_lines_of_a_secret_are_masked_one_by_one() {
    let file = job("\
name: j
steps:
  - name: a
    tasklet: { echo: { say: \"${{ secret.key }} / second line of the key\" } }
");
    let bench = Bench::new();
    bench.run(&file, "{}");
    assert_eq!(bench.said(), ["*** / ***"]);
}

#[test]
fn a_secret_with_a_quote_in_its_name_is_found_and_masked() {
    let file = job("\
name: j
vars: { by: 'by ${{ secret[\"o''brien\"] }}' }
steps:
  - name: a
    tasklet: { echo: { say: '${{ vars.by }}' } }
");
    let bench = Bench::new();
    bench.run(&file, "{}");
    assert_eq!(bench.said(), ["by ***"]);
}

#[test]
fn a_var_that_cannot_be_computed_shows_no_secret_whole_or_cut() {
    for (var, message) in [
        (
            "int(secret.db_password)",
            "failed to compute `vars.pin` (line 3, column 14 of the job file): '***' is no integer",
        ),
        ("int(params.pin)", "failed to compute `vars.pin` (line 3, column 14 of the job file): '***' is no integer"),
        (
            "int('no. ' + secret.key)",
            "failed to compute `vars.pin` (line 3, column 14 of the job file): 'no. ***…' is no integer",
        ),
    ] {
        let file = job(&format!(
            "\
name: j
params: {{ pin: {{ type: string, secret: true }} }}
vars: {{ pin: \"${{{{ {var} }}}}\" }}
steps: [{{ name: a, tasklet: {{ echo: {{ say: '${{{{ vars.pin }}}}' }} }} }}]
"
        ));
        let execution = Bench::new().run(&file, r#"{"pin": "12a4"}"#);
        assert_eq!(chain(&execution).replace("\n", ": "), message, "{var}");
    }
}

/// An environment without secrets, that notes what it is asked for.
#[derive(Default)]
struct Asked(Mutex<Vec<String>>);

impl Environment for Asked {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn secret(&self, name: &str) -> Result<String, SecretError> {
        self.0.lock().unwrap().push(name.to_owned());
        if name == "used" {
            return Ok("open sesame".to_owned());
        }
        let looked_in = vec![format!("JOBCTL_SECRET_{}", name.to_uppercase()), format!("/run/secrets/{name}")];
        Err(SecretError::Missing { name: name.to_owned(), looked_in })
    }
}

#[test]
fn a_secret_is_asked_for_only_by_the_step_that_uses_it() {
    let text = "\
name: j
vars: { a: '${{ secret.used }}', b: '${{ vars.a }}', c: '${{ secret.gone }}' }
steps:
  - { name: plain, tasklet: { echo: { say: plain } } }
  - { name: by-var, tasklet: { echo: { say: '${{ vars.b }}' } } }
  - { name: by-name, tasklet: { echo: { say: '${{ vars.c }}' } } }
";
    let asked = Arc::new(Asked::default());
    let environment: Arc<dyn Environment> = asked.clone();
    let file = definition::read(&Source::new("j.yaml", text), &kinds(), &environment, Path::new("/jobs")).unwrap();
    assert!(asked.0.lock().unwrap().is_empty(), "reading asks for nothing");
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    assert_eq!(*asked.0.lock().unwrap(), ["used", "gone"]);
    assert_eq!(bench.said(), ["plain", "***"]);
    assert_eq!((execution.status, execution.exit_code.as_str()), (Status::Failed, "MissingSecret"));
    assert_eq!(
        chain(&execution),
        "failed to find the secret `gone`; looked for it in JOBCTL_SECRET_GONE, /run/secrets/gone"
    );
}

#[test]
fn a_var_without_a_value_says_which_and_why() {
    let file = job("\
name: j
params: { n: { type: integer } }
vars: { twice: '${{ params.n * 2 }}' }
steps:
  - { name: a, tasklet: { echo: { say: fine } } }
  - { name: b, tasklet: { echo: { say: '${{ vars.twice }}' } } }
");
    let bench = Bench::new();
    let execution = bench.run(&file, "{}");
    assert_eq!(bench.said(), ["fine"]);
    assert_eq!(
        chain(&execution),
        "failed to compute `vars.twice` (line 3, column 16 of the job file): params.n is null"
    );
}

#[test]
fn a_condition_without_a_value_fails_the_step_that_has_it() {
    let file = job("\
name: j
params: { n: { type: integer } }
steps: [{ name: a, when: params.n > 1, tasklet: { echo: {} } }]
");
    let execution = Bench::new().run(&file, "{}");
    let error = execution.error.clone().unwrap();
    assert_eq!((error.step.as_deref(), error.name.as_str()), (Some("a"), "InvalidValue"));
    assert_eq!(chain(&execution), "failed to evaluate `when` (line 3, column 26 of the job file): params.n is null");
}

#[test]
fn a_registered_tasklet_gets_what_stands_below_with() {
    let file = job("name: j\nsteps: [{ name: a, tasklet: { uses: close_books, with: { book: '${{ job.name }}' } } }]");
    let bench = Bench::new();
    assert_eq!(bench.run(&file, "{}").status, Status::Completed);
    assert_eq!(bench.said(), ["j"]);
}

#[test]
fn the_full_example_runs() {
    let file = job(include_str!("full.yaml"));
    let bench = Bench::new();
    let execution = bench.run(&file, r#"{"business_date": "2026-10-30", "password": "x"}"#);
    assert_eq!(execution.status, Status::Completed, "{}", chain(&execution));
    assert_eq!(execution.target, "2026-10-30 of HQ/eu");
    assert_eq!(execution.result, Some(json!("1 of 3 by end-of-day 1")));
    assert_eq!(bench.table("tx_staging"), ["1 250 2026-10-30"]);
    assert_eq!(bench.said(), ["***@HQ/eu", "HQ/eu.csv"]);
    assert_eq!(bench.letters(&execution)[0].error.chain(), "currency euro is no ISO code");
}
