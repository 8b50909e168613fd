//! The tree of a document is the one that the libyaml family reads, wherever the two promise the same.

use overnight_framework::yaml::{Source, parse};

/// Documents without merge keys, tags and duplicate keys, where both have to agree.
const DOCUMENTS: &[&str] = &[
    "",
    "# only a comment\n",
    "null",
    "~",
    "text",
    "'quoted'",
    "- a\n- b\n",
    "[]",
    "{}",
    "a: 1",
    "a: 1\r\nb:\r\n  - x\r\n  - y\r\n",
    "\u{feff}a: 1\n",
    "---\na: 1\n...\n",
    "--- # start\na: 1\n",
    "a:\n  b:\n    c: [1, 2, {d: e}]\n",
    "a:\n- 1\n- 2\nb: 3\n",
    "- - - deep\n",
    "- a: 1\n  b: 2\n- c: 3\n",
    "a: true\nb: false\nc: yes\nd: no\ne: on\nf: off\ng: y\nh: n\n",
    "a: null\nb: ~\nc:\nd: ''\ne: 'null'\nf: \"~\"\n",
    "a: 0\nb: -1\nc: 9223372036854775807\nd: 18446744073709551615\ne: -9223372036854775808\n",
    "a: 1.5\nb: -0.25\nc: 100.0\nd: 1e3\ne: 1.5e-3\nf: 2E+2\n",
    "a: 007\nb: 010\nc: 1_000\nd: 00123\ne: -01\n",
    "a: '1'\nb: \"2.5\"\nc: 'true'\n",
    "time: 12:30\ndate: 2026-08-21\nstamp: 2026-08-21T10:00:00Z\nversion: 1.2.3\n",
    "cron: 30 22 * * MON-FRI\n",
    "cron: '*/5 * * * *'\nat: '@daily'\n",
    "path: ${{ vars.inbox }}/tx.csv\nlist: [\"${{ a }}\", '${{ b }}']\n",
    "url: http://example.org:8080/a?b=c#d\n",
    "a: b#c\nd: e # f\n",
    "text: |\n  one\n  two\n",
    "text: |-\n  one\n  two\n",
    "text: |+\n  one\n\n\nnext: 1\n",
    "text: >\n  one\n  two\n\n  three\n",
    "text: >-\n  one\n  two\n",
    "text: >+\n  one\n\nnext: 1\n",
    "text: |2\n    two more\n  none\n",
    "text: |\n  a\n    b\n\n   c\n  d\n",
    "text: >\n  a\n    kept\n    lines\n  b\n",
    "text: |\n\n  after an empty line\n",
    "sql: |\n  select *\n  from t -- comment\n  where a = 'b'\nnext: 1\n",
    "text: one\n  two\n  three\n",
    "text: 'one\n  two\n\n  three'\n",
    "text: \"one\n  two\\n three \\\n  four\"\n",
    r#"text: "tab\tquote\"slash\\bell\ahex\x41uni\u263Abig\U0001F600""#,
    "text: 'it''s'\n",
    "text: \"\"\nother: ''\n",
    "key with spaces: 1\n\"quoted key\": 2\n'other': 3\n",
    "? explicit\n: value\n",
    "a: {b: c, d: [e, f], g: {}}\nh: [i, [j, k], {l: m}]\n",
    "a: [\n  1,\n  2,\n]\nb: {\n  c: d,\n}\n",
    "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
    "a: &x text\nb: *x\nc: &y [1, 2]\nd: *y\n",
    "- &a 1\n- &a 2\n- *a\n",
    "&k key: 1\nother: *k\n",
    "größe: äöü\n名前: 日本語\nemoji: 😀\n",
    "a:   spaced   \nb:\tx\n",
    "a: -\nb: -x\nc: - x\n",
    "a: ?x\nb: x?\nc: :x\nd: x:y\n",
    "a: [x:y, http://a.b]\n",
    "a: !!\n",
    "- 1\n-\n- 3\n",
    "a:\n  # comment\n  b: 1\n  # another\nc: 2\n",
    "long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
];

#[test]
fn both_parsers_read_the_same_values() {
    let mut compared = 0;
    for text in DOCUMENTS {
        let oracle: Result<serde_json::Value, _> = serde_yaml::from_str(text);
        let ours = parse(&Source::new("a.yaml", text)).map(|root| root.to_json());
        match (oracle, ours) {
            (Ok(oracle), Ok(ours)) => {
                assert_eq!(ours, oracle, "{text:?}");
                compared += 1;
            }
            (Err(_), Err(_)) => {}
            (oracle, ours) => panic!("{text:?}\noracle: {oracle:?}\nours: {ours:?}"),
        }
    }
    assert!(compared >= 60, "only {compared} documents were compared");
}

#[test]
fn a_merge_gives_what_the_oracle_merges() {
    for text in [
        "base: &b {x: 1, y: 2}\njob:\n  <<: *b\n  y: 3\n",
        "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b], z: 3}\n",
        "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n",
        "c: {<<: {x: 1}, x: 2}\n",
    ] {
        let mut oracle: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        // It merges one level at a time.
        oracle.apply_merge().unwrap();
        oracle.apply_merge().unwrap();
        let oracle = serde_json::to_value(oracle).unwrap();
        assert_eq!(parse(&Source::new("a.yaml", text)).unwrap().to_json(), oracle, "{text:?}");
    }
}
