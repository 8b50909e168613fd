//! What a user sees when a file is YAML, but not what its readers expect.

mod yaml_support;

use overnight_framework::yaml::{self, Cursor, MAX_PROBLEMS, Paint, Source};
use yaml_support::{problems, refuses};

#[test]
fn an_unknown_key_is_refused_with_the_nearest_name() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk:
      sise: 100
",
        "
error[E201]: unknown key `sise` in a chunk
 --> jobs/eod.yaml:5:7
  |
5 |       sise: 100
  |       ^^^^
  |
  = note: at steps[0].chunk
  = help: did you mean `size`?
  = help: the keys here are `size`, `header`, `rate`, `skip` and `jitter`
",
    );
}

#[test]
fn a_key_far_from_all_others_is_refused_with_the_list() {
    refuses(
        "
name: eod
steps: []
foo: 1
",
        "
error[E201]: unknown key `foo` in a job
 --> jobs/eod.yaml:3:1
  |
3 | foo: 1
  | ^^^
  |
  = help: the keys here are `name`, `labels`, `ttl` and `steps`
",
    );
}

#[test]
fn a_missing_key_is_shown_under_the_key_that_needs_it() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk:
      header: true
",
        "
error[E202]: a chunk needs the key `size`
 --> jobs/eod.yaml:4:5
  |
4 |     chunk:
  |     ^^^^^
  |
  = note: at steps[0].chunk
",
    );
}

#[test]
fn a_missing_key_of_a_list_item_is_shown_at_the_item() {
    refuses(
        "
name: eod
steps:
  - tasklet: x
",
        "
error[E202]: a step needs the key `name`
 --> jobs/eod.yaml:3:5
  |
3 |   - tasklet: x
  |     ^^^^^^^^^^
  |
  = note: at steps[0]
",
    );
}

#[test]
fn a_list_in_place_of_a_mapping_is_refused() {
    refuses(
        "
- name: eod
- steps: []
",
        "
error[E204]: expected a job (a mapping of keys to values), found a list
 --> jobs/eod.yaml:1:1
  |
1 | - name: eod
  | ^^^^^^^^^^^
",
    );
}

#[test]
fn a_step_needs_exactly_one_kind() {
    refuses(
        "
name: eod
steps:
  - name: load
",
        "
error[E203]: a step needs exactly one of `tasklet` or `chunk`
 --> jobs/eod.yaml:3:5
  |
3 |   - name: load
  |     ^^^^^^^^^^
  |
  = note: at steps[0]
",
    );
}

#[test]
fn two_kinds_of_one_step_are_refused_with_both_lines() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 10}
    when: always
    tasklet: x
",
        "
error[E203]: a step has both `chunk` and `tasklet`
 --> jobs/eod.yaml:6:5
  |
4 |     chunk: {size: 10}
  |     ----- `chunk` is given here
5 |     when: always
6 |     tasklet: x
  |     ^^^^^^^
  |
  = note: at steps[0]
  = help: choose one of `tasklet` or `chunk`
",
    );
}

#[test]
fn a_wrong_integer_is_refused_with_its_range() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 0}
",
        "
error[E204]: expected an integer from 1 to 100000, found `0`
 --> jobs/eod.yaml:4:19
  |
4 |     chunk: {size: 0}
  |                   ^
  |
  = note: at steps[0].chunk.size
",
    );
}

#[test]
fn a_number_in_quotes_is_no_integer() {
    refuses(
        r#"
name: eod
steps:
  - name: load
    chunk: {size: "10"}
"#,
        r#"
error[E204]: expected an integer from 1 to 100000, found the string "10"
 --> jobs/eod.yaml:4:19
  |
4 |     chunk: {size: "10"}
  |                   ^^^^
  |
  = note: at steps[0].chunk.size
  = help: leave the quotes out
"#,
    );
}

#[test]
fn a_number_with_separators_is_refused_with_the_right_spelling() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 1_000, rate: .5}
",
        "
error[E204]: expected an integer from 1 to 100000, found `1_000`
 --> jobs/eod.yaml:4:19
  |
4 |     chunk: {size: 1_000, rate: .5}
  |                   ^^^^^
  |
  = note: at steps[0].chunk.size
  = help: write `1000`

error[E204]: expected a decimal such as 0.0375, found `.5`
 --> jobs/eod.yaml:4:32
  |
4 |     chunk: {size: 1_000, rate: .5}
  |                                ^^
  |
  = note: at steps[0].chunk.rate
  = help: write `0.5`
",
    );
}

#[test]
fn a_number_beyond_64_bits_is_out_of_range() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 999999999999999999999}
",
        "
error[E204]: expected an integer from 1 to 100000, found `999999999999999999999`
 --> jobs/eod.yaml:4:19
  |
4 |     chunk: {size: 999999999999999999999}
  |                   ^^^^^^^^^^^^^^^^^^^^^
  |
  = note: at steps[0].chunk.size
",
    );
}

#[test]
fn yes_and_no_are_no_booleans() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 10, header: no}
",
        "
error[E204]: expected `true` or `false`, found `no`
 --> jobs/eod.yaml:4:31
  |
4 |     chunk: {size: 10, header: no}
  |                               ^^
  |
  = note: at steps[0].chunk.header
  = help: write `false`
",
    );
}

#[test]
fn a_duration_needs_a_unit() {
    refuses(
        "
name: eod
ttl: 30
steps: []
",
        "
error[E204]: expected a duration such as 90s, 1h30m or PT1H30M, found `30`
 --> jobs/eod.yaml:2:6
  |
2 | ttl: 30
  |      ^^
  |
  = note: at ttl
  = help: a number alone has no unit: write 30s, 30m or 30h
",
    );
}

#[test]
fn a_month_is_no_duration() {
    refuses(
        "
name: eod
ttl: P1M
steps: []
",
        "
error[E204]: expected a duration such as 90s, 1h30m or PT1H30M, found `P1M`
 --> jobs/eod.yaml:2:6
  |
2 | ttl: P1M
  |      ^^^
  |
  = note: at ttl
  = help: ISO 8601 durations are written like P7D, PT90S or P1DT1H30M; months and years have no fixed length
",
    );
}

#[test]
fn a_percentage_with_a_sign_is_refused() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 10, jitter: +20%}
",
        "
error[E204]: expected a percentage from 0% to 100%, found `+20%`
 --> jobs/eod.yaml:4:31
  |
4 |     chunk: {size: 10, jitter: +20%}
  |                               ^^^^
  |
  = note: at steps[0].chunk.jitter
  = help: write a whole number and a percent sign, such as 20%
",
    );
}

#[test]
fn a_percentage_over_a_hundred_is_refused() {
    refuses(
        "
name: eod
steps:
  - name: load
    chunk: {size: 10, skip: 101%}
",
        "
error[E204]: expected a count such as 5 or a percentage such as 0.1%, found `101%`
 --> jobs/eod.yaml:4:29
  |
4 |     chunk: {size: 10, skip: 101%}
  |                             ^^^^
  |
  = note: at steps[0].chunk.skip
  = help: write 0% to 100%, with at most four digits behind the point
",
    );
}

#[test]
fn a_word_outside_the_choice_is_refused_with_the_nearest() {
    refuses(
        "
name: eod
steps:
  - name: load
    tasklet: x
    rerun: allways
",
        "
error[E204]: expected `always` or `on-failure`, found `allways`
 --> jobs/eod.yaml:5:12
  |
5 |     rerun: allways
  |            ^^^^^^^
  |
  = note: at steps[0].rerun
  = help: did you mean `always`?
",
    );
}

#[test]
fn a_name_is_refused_with_the_rule() {
    refuses(
        "
name: End of day
steps: []
",
        "
error[E206]: `End of day` is not a name
 --> jobs/eod.yaml:1:7
  |
1 | name: End of day
  |       ^^^^^^^^^^
  |
  = note: at name
  = help: a name begins with a letter from a to z and has at most 63 characters of a to z, 0 to 9, _ and -
",
    );
}

#[test]
fn a_key_without_a_value_is_refused() {
    refuses(
        "
name: eod
steps:
",
        "
error[E205]: expected a list, found nothing
 --> jobs/eod.yaml:2:1
  |
2 | steps:
  | ^^^^^
  |
  = note: at steps
  = help: leave the key out, or give it a value
",
    );
}

#[test]
fn a_value_that_begins_a_comment_is_told_apart_from_nothing() {
    refuses(
        "
name: #1
steps: []
",
        "
error[E205]: expected a name, found nothing
 --> jobs/eod.yaml:1:1
  |
1 | name: #1
  | ^^^^
  |
  = note: at name
  = help: quote it: # begins a comment
",
    );
}

#[test]
fn an_empty_file_is_no_job() {
    refuses(
        "",
        "
error[E205]: expected a job (a mapping of keys to values), found nothing
 --> jobs/eod.yaml:1:1
  |
1 |
  | ^
",
    );
}

#[test]
fn a_file_of_comments_is_no_job() {
    refuses(
        "
# nothing yet
",
        "
error[E205]: expected a job (a mapping of keys to values), found nothing
 --> jobs/eod.yaml:1:1
  |
1 | # nothing yet
  | ^
",
    );
}

#[test]
fn an_escape_sequence_within_a_text_is_not_printed() {
    refuses(
        r#"
name: "\e[31mred"
steps: []
"#,
        r#"
error[E206]: `\u{1b}[31mred` is not a name
 --> jobs/eod.yaml:1:7
  |
1 | name: "\e[31mred"
  |       ^^^^^^^^^^^
  |
  = note: at name
  = help: a name begins with a letter from a to z and has at most 63 characters of a to z, 0 to 9, _ and -
"#,
    );
}

#[test]
fn lines_with_carriage_returns_keep_their_places() {
    refuses(
        "name: eod\r\nsteps:\r\n  - name: load\r\n    tasklet: x\r\n    nedes: a\r\n",
        "
error[E201]: unknown key `nedes` in a step
 --> jobs/eod.yaml:5:5
  |
5 |     nedes: a
  |     ^^^^^
  |
  = note: at steps[0]
  = help: did you mean `needs`?
  = help: the keys here are `name`, `needs`, `when`, `tasklet`, `chunk` and `rerun`
",
    );
}

#[test]
fn a_byte_order_mark_moves_nothing() {
    refuses(
        "\u{feff}names: eod\nsteps: []\n",
        "
error[E201]: unknown key `names` in a job
 --> jobs/eod.yaml:1:1
  |
1 | names: eod
  | ^^^^^
  |
  = help: did you mean `name`?
  = help: the keys here are `name`, `labels`, `ttl` and `steps`
",
    );
}

#[test]
fn columns_are_counted_in_characters() {
    refuses(
        "
name: eod
labels: {ä: ö, größe: [1]}
steps: []
",
        "
error[E204]: expected a text, found a list
 --> jobs/eod.yaml:2:23
  |
2 | labels: {ä: ö, größe: [1]}
  |                       ^^^
  |
  = note: at labels.größe
",
    );
}

#[test]
fn all_problems_of_a_file_are_shown_at_once_in_its_order() {
    refuses(
        "
name: EOD
ttl: soon
steps:
  - nam: load
    tasklet: x
  - name: b
    chunk: {size: many, header: maybe}
name: twice
",
        "
error[E206]: `EOD` is not a name
 --> jobs/eod.yaml:1:7
  |
1 | name: EOD
  |       ^^^
  |
  = note: at name
  = help: a name begins with a letter from a to z and has at most 63 characters of a to z, 0 to 9, _ and -

error[E204]: expected a duration such as 90s, 1h30m or PT1H30M, found `soon`
 --> jobs/eod.yaml:2:6
  |
2 | ttl: soon
  |      ^^^^
  |
  = note: at ttl
  = help: the units are ms, s, m, h and d, each at most once, the largest first

error[E201]: unknown key `nam` in a step
 --> jobs/eod.yaml:4:5
  |
4 |   - nam: load
  |     ^^^
  |
  = note: at steps[0]
  = help: did you mean `name`?
  = help: the keys here are `name`, `needs`, `when`, `tasklet`, `chunk` and `rerun`

error[E204]: expected an integer from 1 to 100000, found `many`
 --> jobs/eod.yaml:7:19
  |
7 |     chunk: {size: many, header: maybe}
  |                   ^^^^
  |
  = note: at steps[1].chunk.size

error[E204]: expected `true` or `false`, found `maybe`
 --> jobs/eod.yaml:7:33
  |
7 |     chunk: {size: many, header: maybe}
  |                                 ^^^^^
  |
  = note: at steps[1].chunk.header

error[E107]: the key `name` is given twice
 --> jobs/eod.yaml:8:1
  |
1 | name: EOD
  | ---- first given here
...
8 | name: twice
  | ^^^^ given again here
  |
  = note: at name
",
    );
}

#[test]
fn a_value_that_is_told_by_its_key_has_exactly_one() {
    let read = |text: &str| {
        let source = Source::new("jobs/eod.yaml", text);
        let read = yaml::read(&source, |at| {
            let (key, value) = at.only_entry("a reader")?;
            match key.name() {
                "csv" => value.text().map(str::to_owned),
                other => {
                    let problem = value.problem_of_key(format!("there is no reader `{other}`"));
                    value.refuse(value.suggesting(problem, other, ["csv", "sql", "table"]))
                }
            }
        });
        read.map_err(|problems| problems.to_string())
    };
    assert_eq!(read("csv: a.csv\n").as_deref(), Ok("a.csv"));
    for (text, expected) in [
        ("cvs: a.csv\n", "jobs/eod.yaml:1:1: cvs: there is no reader `cvs`; did you mean `csv`?"),
        (
            "csv:\npath: a.csv\n",
            "jobs/eod.yaml:2:1: a reader has exactly one key; leave this key out, or indent it under the one above",
        ),
        ("{}\n", "jobs/eod.yaml:1:1: expected a reader (a mapping with exactly one key), found an empty mapping"),
        ("csv\n", "jobs/eod.yaml:1:1: expected a reader (a mapping with exactly one key), found `csv`"),
    ] {
        assert_eq!(read(text).unwrap_err(), expected, "{text:?}");
    }
}

#[test]
fn each_problem_has_a_line_and_a_form_for_machines() {
    let problems = problems("name: eod\nsteps:\n  - name: load\n    tasklt: x\n    when: ''\n");
    let lines: Vec<String> = problems.lines().collect();
    assert_eq!(
        lines,
        [
            "jobs/eod.yaml:4:5: steps[0]: unknown key `tasklt` in a step; did you mean `tasklet`?",
            "jobs/eod.yaml:5:11: steps[0].when: expected a text, found an empty one",
        ]
    );
    assert_eq!(problems.to_string(), lines.join("\n"));
    assert_eq!(
        serde_json::to_value(problems.located()).unwrap()[1],
        serde_json::json!({
            "code": "E209",
            "file": "jobs/eod.yaml",
            "line": 5,
            "column": 11,
            "end_line": 5,
            "end_column": 13,
            "path": "steps[0].when",
            "message": "expected a text, found an empty one",
            "help": [],
            "related": [],
        })
    );
}

#[test]
fn a_terminal_gets_colours_and_a_pipe_does_not() {
    let problems = problems("name: EOD\nsteps: []\n");
    assert!(problems.render(Paint::Colour).contains("\u{1b}["));
    assert!(!problems.render(Paint::Plain).contains('\u{1b}'));
}

#[test]
fn a_problem_of_an_aliased_value_is_said_once() {
    let problems = problems("name: eod\nsteps:\n  - &s {name: A, tasklet: x}\n  - *s\n  - *s\n");
    assert_eq!(problems.lines().collect::<Vec<_>>().len(), 1, "{problems}");
}

#[test]
fn behind_a_hundred_problems_the_rest_is_counted() {
    let keys: String = (0..MAX_PROBLEMS + 20).map(|number| format!("key{number}: 1\n")).collect();
    let problems = problems(&format!("name: eod\nsteps: []\n{keys}"));
    assert_eq!(problems.len(), MAX_PROBLEMS + 20);
    assert_eq!(problems.lines().last().as_deref(), Some("jobs/eod.yaml: and 20 more problems in this file"));
    assert!(problems.render(Paint::Plain).ends_with("\nerror: and 20 more problems in this file\n"));
}

#[test]
fn a_very_long_line_is_shown_only_around_its_problem() {
    let long = "x".repeat(500_000);
    let text = format!("{{name: eod, labels: {{a: {long}}}, stepz: [], steps: []}}");
    let shown = problems(&text).render(Paint::Plain);
    assert!(shown.contains("unknown key `stepz`") && shown.contains("^^^^^"), "{shown}");
    assert!(shown.len() < 2000, "{} bytes", shown.len());
}

#[test]
fn a_problem_within_an_expression_stands_at_its_characters() {
    fn when<'a>(at: &Cursor<'a>) -> Option<&'a str> {
        let text = at.text()?;
        match text.find("stpes") {
            Some(start) => {
                at.refuse(at.problem_in(start..start + 5, "unknown name `stpes`").help("did you mean `steps`?"))
            }
            None => Some(text),
        }
    }
    let source = Source::new("jobs/eod.yaml", "when: >-\n  params.mode == 'full'\n  && stpes.load.ok\n");
    let read = yaml::read(&source, |at| {
        let mut fields = at.fields("a step")?;
        let when = fields.required("when", when).map(str::to_owned);
        fields.finish();
        when
    });
    assert_eq!(
        read.unwrap_err().render(Paint::Plain),
        "\
error[E501]: unknown name `stpes`
 --> jobs/eod.yaml:3:6
  |
3 |   && stpes.load.ok
  |      ^^^^^
  |
  = note: at when
  = help: did you mean `steps`?
"
    );
}
