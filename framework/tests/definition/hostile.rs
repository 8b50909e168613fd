//! Whatever is done to a file, its reader answers with a job or with problems that can be shown.

use std::fmt::Write as _;

use overnight_framework::yaml::Paint;

use super::dice::Dice;
use super::support::read;

const FULL: &str = include_str!("full.yaml");

/// What is put into the file at random places.
const PIECES: &[&str] = &[
    "\n",
    "  ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "${{",
    "}}",
    "${{ x }}",
    "$${{",
    "steps",
    "steps.load",
    "steps['x']",
    "params.",
    ".",
    "vars.limit",
    "env.X",
    "env",
    "secret.key",
    "secret",
    "row['a']",
    "null",
    "true",
    "-",
    "0",
    "999999999999999999999",
    "1e400",
    "%",
    "((((((((",
    "!",
    "!!str ",
    "&a ",
    "*a",
    "<<: ",
    "ä",
    "😀",
    "\0",
    "|",
    ">-\n",
    "filter: ",
    "set: {}",
    "validate: ",
    "chunk: ",
    "tasklet: ",
    "uses: ",
    "with: ",
    "name: ",
    "type: ",
    "(?x",
    "[A-Z",
    "2026-10-30",
    "90s",
    "#",
];

fn mutated(dice: &mut Dice) -> String {
    let mut text = FULL.to_owned();
    for _ in 0..=dice.roll(4) {
        let from = dice.place(&text);
        let end = text.floor_char_boundary((from + dice.roll(12)).min(text.len())).max(from);
        match dice.roll(6) {
            0 => text.replace_range(from..end, ""),
            1 => {
                // A line is said again somewhere else.
                let line = text[from..].lines().next().unwrap_or_default().to_owned();
                let to = dice.place(&text);
                text.insert_str(to, &line);
            }
            2 => text.truncate(from.max(1)),
            _ => text.replace_range(from..end, PIECES[dice.roll(PIECES.len())]),
        }
    }
    text
}

#[test]
fn no_change_of_a_file_breaks_its_reader() {
    let mut dice = Dice(11);
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..3_000 {
        let text = mutated(&mut dice);
        match read(&text) {
            Ok(_) => taken += 1,
            Err(problems) => {
                for problem in &problems {
                    let source = problems.source();
                    assert!(problem.span.start <= problem.span.end && problem.span.end as usize <= source.text().len());
                    assert!(source.text().is_char_boundary(problem.span.start as usize), "{text}");
                    assert!(source.text().is_char_boundary(problem.span.end as usize), "{text}");
                }
                assert!(problems.render(Paint::Plain).starts_with("error[E"));
                assert!(
                    !problems.to_string().contains("this file could not be read"),
                    "no word about what is wrong:\n{text}"
                );
                refused += 1;
            }
        }
    }
    assert!(taken > 20 && refused > 1_000, "{taken} taken, {refused} refused");
}

#[test]
fn a_file_with_many_steps_is_read_in_the_time_it_deserves() {
    let mut text = "name: j\nsteps:\n".to_owned();
    for index in 0..2_000 {
        let previous = if index == 0 { "x".to_owned() } else { format!("${{{{ steps.s{}.status }}}}", index - 1) };
        writeln!(text, "  - {{ name: s{index}, tasklet: {{ echo: {{ say: \"{previous}\" }} }} }}").unwrap();
    }
    assert_eq!(read(&text).unwrap().job.steps.len(), 2_000);
}

#[test]
fn problems_beyond_the_hundredth_are_only_counted() {
    let steps: String =
        (0..150).map(|index| format!("  - {{ name: s{index}, tasklet: {{ nope: {{}} }} }}\n")).collect();
    let problems = read(&format!("name: j\nsteps:\n{steps}")).unwrap_err();
    assert_eq!((problems.iter().count(), problems.len()), (100, 150));
}
