//! What a user sees when a file is not the YAML that is read here.

mod yaml_support;

use overnight_framework::yaml::Paint;
use yaml_support::{problems, refuses};

fn told(text: &str) -> String {
    problems(text).render(Paint::Plain)
}

#[test]
fn a_duplicate_key_is_refused_with_both_places() {
    refuses(
        "
name: eod
steps: []
name: other
",
        "
error[E107]: the key `name` is given twice
 --> jobs/eod.yaml:3:1
  |
1 | name: eod
  | ---- first given here
2 | steps: []
3 | name: other
  | ^^^^ given again here
  |
  = note: at name
",
    );
}

#[test]
fn a_tag_is_refused_with_the_way_to_quote_it() {
    refuses(
        "
name: eod
steps:
  - name: load
    tasklet: x
    when: !done
",
        "
error[E106]: the YAML tag `!done` is not allowed
 --> jobs/eod.yaml:5:11
  |
5 |     when: !done
  |           ^^^^^
  |
  = note: at steps[0].when
  = help: quote it: a leading ! is a YAML tag
",
    );
}

#[test]
fn a_standard_tag_is_refused() {
    refuses(
        "
name: !!str eod
steps: []
",
        "
error[E106]: the YAML tag `!!str` is not allowed
 --> jobs/eod.yaml:1:7
  |
1 | name: !!str eod
  |       ^^^^^
  |
  = note: at name
  = help: leave the tag out; a text that looks like a number goes into quotes
",
    );
}

#[test]
fn an_unquoted_cron_line_is_refused_as_an_alias() {
    refuses(
        "
name: eod
cron: */5 * * * *
steps: []
",
        "
error[E105]: this value cannot stand without quotes
 --> jobs/eod.yaml:2:7
  |
2 | cron: */5 * * * *
  |       ^^^
  |
  = note: at cron
  = help: quote it: a leading * is a YAML alias
",
    );
}

#[test]
fn a_bare_star_is_refused_as_an_alias() {
    refuses(
        "
name: eod
cron: * * * * *
steps: []
",
        "
error[E105]: this value cannot stand without quotes
 --> jobs/eod.yaml:2:7
  |
2 | cron: * * * * *
  |       ^^^^^^^^^
  |
  = note: at cron
  = help: quote it: a leading * is a YAML alias
",
    );
}

#[test]
fn an_unknown_alias_is_refused_with_the_nearest_anchor() {
    refuses(
        "
base: &base {a: 1}
name: *bsae
steps: []
",
        "
error[E201]: unknown key `base` in a job
 --> jobs/eod.yaml:1:1
  |
1 | base: &base {a: 1}
  | ^^^^
  |
  = help: the keys here are `name`, `labels`, `ttl` and `steps`

error[E108]: there is no anchor `&bsae` for this alias
 --> jobs/eod.yaml:2:7
  |
2 | name: *bsae
  |       ^^^^^
  |
  = note: at name
  = help: did you mean `*base`?
",
    );
}

#[test]
fn a_leading_at_is_refused() {
    refuses(
        "
name: eod
cron: @daily
",
        "
error[E105]: this value cannot stand without quotes
 --> jobs/eod.yaml:2:7
  |
2 | cron: @daily
  |       ^^^^^^
  |
  = note: at cron
  = help: quote it: YAML reserves a leading @
",
    );
}

#[test]
fn unquoted_braces_are_refused() {
    refuses(
        "
name: {{ x }}
steps: []
",
        r#"
error[E105]: YAML reads these braces as a mapping, not as a text
 --> jobs/eod.yaml:1:7
  |
1 | name: {{ x }}
  |       ^^^^^^^
  |
  = note: at name
  = help: quote the whole value; an expression is "${{ x }}"
"#,
    );
}

#[test]
fn an_unquoted_expression_in_brackets_is_refused() {
    refuses(
        "
name: eod
steps:
  - name: load
    needs: [${{ params.a }}, b]
",
        r#"
error[E105]: an expression inside [ ] or { } cannot stand without quotes
 --> jobs/eod.yaml:4:13
  |
4 |     needs: [${{ params.a }}, b]
  |             ^^^^^^^^^^^^^^^
  |
  = note: at steps[0].needs
  = help: quote it: "${{ params.a }}"
"#,
    );
}

#[test]
fn a_tab_as_indentation_is_refused() {
    refuses(
        "name: eod\nsteps:\n\t- name: load\n",
        "
error[E104]: a tab cannot indent a line of YAML
 --> jobs/eod.yaml:3:1
  |
3 |     - name: load
  | ^^^^
  |
  = note: at steps
  = help: indent with spaces
",
    );
}

#[test]
fn a_colon_within_a_value_is_refused() {
    refuses(
        "
name: eod: nightly
steps: []
",
        "
error[E102]: a second key on one line is not possible
 --> jobs/eod.yaml:1:10
  |
1 | name: eod: nightly
  |          ^
  |
  = help: quote a value that holds `: `
",
    );
}

#[test]
fn a_key_that_is_indented_too_far_is_refused() {
    refuses(
        "
name: eod
  steps: []
",
        "
error[E102]: a key is not possible here
 --> jobs/eod.yaml:2:3
  |
2 |   steps: []
  |   ^^^^^
  |
  = help: indent a key exactly like its neighbours
",
    );
}

#[test]
fn a_colon_without_a_blank_behind_it_is_told_where_it_stands() {
    refuses(
        "
name:eod
steps: []
",
        "
error[E102]: a colon makes a key only with a blank behind it
 --> jobs/eod.yaml:1:5
  |
1 | name:eod
  |     ^
  |
  = help: write `name: eod`
",
    );
    refuses(
        "
name: eod
steps:
  - name: load
    tasklet:{ shell: { command: x } }
",
        "
error[E102]: a colon makes a key only with a blank behind it
 --> jobs/eod.yaml:4:12
  |
4 |     tasklet:{ shell: { command: x } }
  |            ^
  |
  = note: at steps[0]
  = help: write `tasklet: {`
",
    );
}

#[test]
fn a_first_line_without_a_colon_is_told_before_the_second_one() {
    refuses(
        "
name = eod
steps: []
",
        "
error[E102]: this line is not `key: value`
 --> jobs/eod.yaml:1:1
  |
1 | name = eod
  | ^^^^^^^^^^
  |
  = help: is a colon missing?
",
    );
}

#[test]
fn a_key_that_is_indented_too_little_is_refused() {
    refuses(
        "
name: eod
steps:
  - name: load
   tasklet: x
",
        "
error[E102]: this key stands left of the item that it belongs to
 --> jobs/eod.yaml:4:4
  |
4 |    tasklet: x
  |    ^^^^^^^
  |
  = note: at steps
  = help: indent it like the other keys of the item, to column 5
",
    );
}

#[test]
fn a_missing_colon_is_refused() {
    refuses(
        "
name: eod
ttl 30m
steps: []
",
        "
error[E102]: this line is neither `key: value` nor part of the value above
 --> jobs/eod.yaml:2:1
  |
2 | ttl 30m
  | ^^^^^^^
  |
  = help: is a colon missing?
",
    );
}

#[test]
fn a_comparison_that_begins_a_block_is_refused() {
    refuses(
        "
name: eod
steps:
  - name: load
    when: > 5
",
        "
error[E105]: this value cannot stand without quotes
 --> jobs/eod.yaml:4:11
  |
4 |     when: > 5
  |           ^^^
  |
  = note: at steps[0].when
  = help: quote it: a leading > starts a block of text
",
    );
}

#[test]
fn text_behind_a_quoted_text_is_refused() {
    refuses(
        "
name: 'eod' job
steps: []
",
        "
error[E105]: this value cannot stand without quotes
 --> jobs/eod.yaml:1:7
  |
1 | name: 'eod' job
  |       ^^^^^^^^^
  |
  = note: at name
  = help: put the whole value into one pair of quotes
",
    );
}

#[test]
fn text_behind_a_bracket_is_refused() {
    refuses(
        "
name: [A-Z]+
steps: []
",
        "
error[E105]: this value cannot stand without quotes
 --> jobs/eod.yaml:1:7
  |
1 | name: [A-Z]+
  |       ^^^^^^
  |
  = help: quote it: a leading [ starts a list
",
    );
}

#[test]
fn a_quote_that_is_never_closed_is_refused_where_it_opens() {
    refuses(
        r#"
name: "eod
steps: []
"#,
        r#"
error[E103]: this quoted text does not end where its value ends
 --> jobs/eod.yaml:1:7
  |
1 | name: "eod
  |       ^
2 | steps: []
  | - the value has to end before this
  |
  = note: at name
  = help: close the quote
"#,
    );
}

#[test]
fn a_bracket_that_is_never_closed_is_refused() {
    refuses(
        "
name: eod
steps: [a, b
",
        "
error[E103]: the bracket `[` is never closed
 --> jobs/eod.yaml:2:8
  |
2 | steps: [a, b
  |        ^
  |
  = note: at steps
",
    );
}

#[test]
fn a_mapping_in_braces_without_an_end_is_refused() {
    refuses(
        "
name: eod
labels: {a: b
steps: []
",
        "
error[E102]: a mapping in braces goes on with `,` or ends with `}`
 --> jobs/eod.yaml:3:6
  |
2 | labels: {a: b
  |         - this bracket is still open
3 | steps: []
  |      ^
  |
  = note: at labels
  = help: quote a text that holds braces or `: `
",
    );
}

#[test]
fn a_wrong_escape_is_refused() {
    refuses(
        r#"
name: "\d+"
steps: []
"#,
        r#"
error[E102]: a double-quoted text holds a backslash that begins no escape
 --> jobs/eod.yaml:1:7
  |
1 | name: "\d+"
  |       ^
  |
  = note: at name
  = help: write it in single quotes, where a backslash is itself, or double the backslash
"#,
    );
}

#[test]
fn a_second_document_is_refused() {
    refuses(
        "
name: eod
steps: []
---
name: other
",
        "
error[E106]: a second document starts here
 --> jobs/eod.yaml:3:1
  |
3 | ---
  | ^^^
  |
  = help: a file holds exactly one document; put this one into a file of its own
",
    );
}

#[test]
fn a_nul_byte_is_refused() {
    refuses(
        "name: e\0od\n",
        "
error[E101]: a NUL byte is no text
 --> jobs/eod.yaml:1:8
  |
1 | name: e␀od
  |        ^
  |
  = help: save the file as UTF-8 text
",
    );
}

#[test]
fn a_terminal_escape_is_refused_and_not_printed() {
    refuses(
        "name: \u{1b}[31mred\n",
        r#"
error[E101]: the control character U+001B is not allowed
 --> jobs/eod.yaml:1:7
  |
1 | name: ␛[31mred
  |       ^
  |
  = help: write it as "\x1b" in a double-quoted text
"#,
    );
}

#[test]
fn a_lone_carriage_return_is_refused() {
    refuses(
        "name: eod\rsteps: []\n",
        "
error[E101]: a carriage return without a line feed does not end a line
 --> jobs/eod.yaml:1:10
  |
1 | name: eod␍steps: []
  |          ^
  |
  = help: end lines with a line feed, alone or after a carriage return
",
    );
}

#[test]
fn a_mapping_as_a_key_is_refused() {
    refuses(
        "
name: eod
? [a, b]
: c
steps: []
",
        "
error[E109]: a key is a text, not a list
 --> jobs/eod.yaml:2:3
  |
2 | ? [a, b]
  |   ^^^^^^
",
    );
}

#[test]
fn a_merge_of_a_text_is_refused() {
    refuses(
        "
name: eod
<<: base
steps: []
",
        "
error[E108]: the merge key `<<` takes a mapping, not `base`
 --> jobs/eod.yaml:2:5
  |
2 | <<: base
  |     ^^^^
  |
  = help: write an alias of a mapping, `<<: *base`, or a list of them
",
    );
}

#[test]
fn an_alias_inside_its_own_value_is_refused() {
    refuses(
        "
name: eod
labels: &l {a: *l}
steps: []
",
        "
error[E108]: this alias stands inside the value it repeats
 --> jobs/eod.yaml:2:16
  |
2 | labels: &l {a: *l}
  |                ^^
  |
  = note: at labels.a
  = help: a value cannot contain itself; write this part out
",
    );
}

#[test]
fn a_directive_is_refused() {
    refuses(
        "
%YAML 1.1
---
name: eod
steps: []
",
        "
error[E106]: a YAML directive is not allowed
 --> jobs/eod.yaml:1:1
  |
1 | %YAML 1.1
  | ^^^^^^^^^
  |
  = help: leave this line out
",
    );
}

#[test]
fn an_expression_in_a_text_in_braces_is_quoted_with_its_text() {
    refuses(
        "
name: eod
steps:
  - { name: load, tasklet: echo ${{ a }} to ${{ b }}, when: x }
",
        r#"
error[E105]: an expression inside [ ] or { } cannot stand without quotes
 --> jobs/eod.yaml:3:33
  |
3 |   - { name: load, tasklet: echo ${{ a }} to ${{ b }}, when: x }
  |                                 ^^^^^^^^
  |
  = note: at steps[0]
  = help: quote it: "echo ${{ a }} to ${{ b }}"
"#,
    );
}

#[test]
fn a_comma_with_nothing_before_it_is_refused() {
    for (list, column) in [("[,]", 9), ("[a,,b]", 11), ("[ , a]", 10), ("[a, ,]", 12)] {
        let text = format!("name: eod\nsteps: {list}\n");
        let told = told(&text);
        assert!(told.contains("nothing stands before this comma"), "{told}");
        assert!(told.contains(&format!("eod.yaml:2:{column}")), "{told}");
    }
    for mapping in ["{,}", "{, name: a}", "{name: a,, tasklet: b}"] {
        let told = told(&format!("name: eod\nsteps:\n  - {mapping}\n"));
        assert!(told.contains("nothing stands before this comma"), "{told}");
    }
}

#[test]
fn a_comma_elsewhere_is_not_blamed() {
    for text in [
        "name: eod\nsteps:\n  - name: load,,\n   tasklet: x\n",
        "name: eod # a,,\nsteps:\n  - name: load\n   tasklet: x\n",
    ] {
        let told = told(text);
        assert!(!told.contains("before this comma") && told.contains("to column 5"), "{told}");
    }
}

#[test]
fn the_quotes_of_an_expression_in_brackets_change_nothing_in_it() {
    for (item, quoted) in [
        ("[a,${{ b }}]", r#""${{ b }}""#),
        (r#"{"a":${{ b }}}"#, r#""${{ b }}""#),
        ("[${{ a == \"x\" || b == 'y' }}]", r#"'${{ a == "x" || b == ''y'' }}'"#),
        (r"[${{ a.matches('\d') }}]", r"'${{ a.matches(''\d'') }}'"),
        ("[\n    ${{ a }}  # the first\n  ]", r#""${{ a }}""#),
        ("[a ${{ b }} c ${{ d }} e, f]", r#""a ${{ b }} c ${{ d }} e""#),
        ("[ä${{ b }}ö]", r#""ä${{ b }}ö""#),
    ] {
        let told = told(&format!("name: eod\nsteps:\n  - needs: {item}\n"));
        assert!(told.contains(&format!("help: quote it: {quoted}\n")), "{item}: {told}");
    }
}

#[test]
fn a_backslash_before_letters_that_are_no_number_is_refused_as_any_other() {
    for text in [r"C:\users", r"a\x1", r"\ud800", r"\U0011ffff", r"\q"] {
        let told = told(&format!("name: eod\nlabels: {{ a: \"{text}\" }}\nsteps: []\n"));
        assert!(told.contains("a backslash that begins no escape") && told.contains("single quotes"), "{told}");
    }
}

#[test]
fn a_key_left_of_its_item_is_sent_to_its_column() {
    refuses(
        "
name: eod
steps:
  - name: load
  tasklet: x
",
        r#"
error[E102]: this key stands left of the item that it belongs to
 --> jobs/eod.yaml:4:3
  |
4 |   tasklet: x
  |   ^^^^^^^
  |
  = note: at steps
  = help: indent it like the other keys of the item, to column 5
"#,
    );
    let nested = "name: eod\nsteps:\n  - name: load\n    needs:\n      - a\n      - b\n  tasklet: x\n";
    assert!(told(nested).contains("to column 5"), "{}", told(nested));
    let plain = "name: eod\nlabels:\n  - a\n  - b\n  c: d\n";
    assert!(told(plain).contains("begin each item of a list with `- `"), "{}", told(plain));
}

#[test]
fn a_text_with_a_nul_is_refused() {
    refuses(
        r#"
name: eod
steps:
  - name: load
    tasklet: "a\0b"
"#,
        r#"
error[E101]: a text cannot hold the character NUL
 --> jobs/eod.yaml:4:14
  |
4 |     tasklet: "a\0b"
  |              ^^^^^^
  |
  = note: at steps[0].tasklet
  = help: leave it out: no database, no command and no name of a file takes it
"#,
    );
}
