//! Whatever is done to a file, its reader answers with a tree or with problems that can be shown.

mod dice;

use dice::Dice;
use overnight_framework::yaml::{Kind, Node, Paint, Scalar, Source, parse};

const SEED: &str = "\
name: end-of-day # comment
labels: { team: ledger, \"größe\": 'it''s', e: \"a\\tb\\u263A\" }
base: &base
  retry: {max: 3, delay: 10s}
steps:
  - name: load
    <<: *base
    when: >-
      params.mode == 'full' &&
      steps.load.count > 0

    sql: |
      select *
        from t
    needs: [a, b, *base]
  - [x, {y: z}]
  - ? key
    : value
text: one
  two 日本語
";

/// What is put into the seed at random places.
const PIECES: &[&str] = &[
    "\n", "\r\n", "\t", "  ", " ", ":", ": ", "- ", "? ", "[", "]", "{", "}", "{{", "}}", ",", "'", "\"", "\\", "|",
    ">", "|2\n", ">-\n", "&a ", "*a", "*base", "!x ", "!!str ", "#", " #", "%", "@", "`", "---\n", "...\n", "~",
    "null", "<<: ", "ä", "😀", "\u{feff}", "\0", "\u{1b}", "\r", "\u{85}", "\u{2028}", "$", "${{ x }}", "-", "--", "0",
    "=",
];

fn mutated(dice: &mut Dice) -> String {
    let mut text = SEED.to_owned();
    for _ in 0..=dice.roll(4) {
        let (from, to) = (dice.place(&text), dice.place(&text));
        match dice.roll(4) {
            0 => text.insert_str(from, PIECES[dice.roll(PIECES.len())]),
            1 => text.truncate(from.max(1)),
            2 => text.replace_range(
                from.min(to)..from.max(to).min(text.floor_char_boundary(from.min(to) + 12)).max(from.min(to)),
                "",
            ),
            _ => text.replace_range(from..from, PIECES[dice.roll(PIECES.len())]),
        }
    }
    text
}

#[test]
fn no_change_of_a_file_breaks_its_reader() {
    let mut dice = Dice(7);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..4_000 {
        let source = Source::new("a.yaml", mutated(&mut dice));
        match parse(&source) {
            Ok(root) => {
                check(&source, &root);
                read += 1;
            }
            Err(problems) => {
                for problem in &problems {
                    assert!(problem.span.end as usize <= source.text().len() && problem.span.start <= problem.span.end);
                    assert!(source.text().is_char_boundary(problem.span.start as usize), "{:?}", source.text());
                }
                let shown = problems.render(Paint::Plain);
                assert!(shown.starts_with("error[E") && !shown.contains('\u{1b}'), "{shown}");
                refused += 1;
            }
        }
    }
    assert!(read > 500 && refused > 500, "{read} read, {refused} refused");
}

fn check(source: &Source, node: &Node) {
    match node.kind() {
        Kind::Null => {}
        Kind::Scalar(scalar) => check_places(source, scalar),
        Kind::Sequence(items) => items.iter().for_each(|item| check(source, item)),
        Kind::Mapping(entries) => entries.iter().for_each(|(_, value)| check(source, value)),
    }
}

/// Every character of a decoded text is found in the file, unless it was written as an escape or folded.
fn check_places(source: &Source, scalar: &Scalar) {
    for (at, c) in scalar.text().char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let span = scalar.span_of(at..at + c.len_utf8());
        let written = source.slice(span);
        let is_escaped = written.starts_with('\\') || written == "''" || span == scalar.span();
        assert!(is_escaped || written == c.to_string(), "{c:?} of {:?} is {written:?}", source.slice(scalar.span()));
    }
}
