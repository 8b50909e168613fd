//! `jobctl test`: the tests that stand in job files, run without a store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::definition::Trial;
use overnight_framework::trial::{self, Mismatch};
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::Test;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::files;
use super::output::escaped;
use crate::catalog::CatalogError;
use crate::chain::chain;

/// A file with what came of its tests.
struct Tested {
    path: PathBuf,
    tests: Result<Vec<Ran>, CatalogError>,
}

/// A test that was run.
struct Ran {
    name: String,
    line: usize,
    took: Duration,
    mismatches: Vec<Mismatch>,
}

impl Ran {
    fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

pub(super) fn run(verb: &Test, face: &Face) -> Result<Exit, Failure> {
    let found = files::of(&verb.files).map_err(|error| Failure::of(Exit::Invalid, &error))?;
    let catalog = face.catalog()?;
    let is_wanted = |trial: &Trial| verb.filter.as_ref().is_none_or(|text| trial.name().contains(text.as_str()));
    let tested: Vec<_> = found
        .into_iter()
        .map(|file| {
            let trials = catalog.trials(&file.path);
            let tests = trials.map(|trials| trials.iter().filter(|trial| is_wanted(trial)).map(ran).collect());
            Tested { path: file.path, tests }
        })
        .collect();
    let tested = chosen(tested, verb.filter.as_deref())?;
    let exit = exit(&tested);
    let tested = Tests(tested);
    face.output.answer(&tested);
    tested.0.into_iter().filter_map(|file| file.tests.err()).for_each(|error| face.output.failure(&error.into()));
    Ok(exit)
}

/// What came of the tests of all files.
pub(super) struct Tests(Vec<Tested>);

impl Answer for Tests {
    fn shape() -> Shape {
        let keys = &[
            "file", "tests", "problems", "name", "line", "ok", "seconds", "failures", "path", "column", "expected",
            "got",
        ];
        Shape::text(keys).with_parts(&["tests", "problems", "failures"])
    }

    fn text(&self, _: &View) -> String {
        escaped(&page(&self.0), &['\n'])
    }

    fn json(&self) -> Value {
        self.0.iter().map(document).collect()
    }
}

/// Without the files that a filter has left nothing of. One that leaves nothing of all files was mistyped.
fn chosen(tested: Vec<Tested>, filter: Option<&str>) -> Result<Vec<Tested>, Failure> {
    let Some(filter) = filter else { return Ok(tested) };
    let is_left = |file: &Tested| file.tests.as_ref().map_or(true, |tests| !tests.is_empty());
    let left: Vec<_> = tested.into_iter().filter(is_left).collect();
    if left.is_empty() {
        return Err(Failure::new(Exit::Usage, format!("no test has `{filter}` in its name")));
    }
    Ok(left)
}

fn ran(trial: &Trial) -> Ran {
    let clock = SystemClock::default();
    let mismatches = trial::run(trial);
    Ran { name: trial.name().to_owned(), line: trial.place().line, took: clock.elapsed(), mismatches }
}

fn exit(tested: &[Tested]) -> Exit {
    let tests = || tested.iter().filter_map(|file| file.tests.as_ref().ok()).flatten();
    if tested.iter().any(|file| file.tests.is_err()) {
        Exit::Invalid
    } else if tests().all(Ran::passed) {
        Exit::Done
    } else {
        Exit::Failed
    }
}

/// A line for each test, what came otherwise than expected below it, and how many there were.
fn page(tested: &[Tested]) -> String {
    let lines = tested.iter().flat_map(|file| match &file.tests {
        Ok(tests) if tests.is_empty() => vec![format!("{}: no tests\n", file.path.display())],
        Ok(tests) => tests.iter().map(|test| lines(&file.path, test)).collect(),
        Err(_) => vec![format!("{}: wrong\n", file.path.display())],
    });
    lines.chain([summary(tested)]).collect()
}

fn lines(path: &Path, test: &Ran) -> String {
    let path = path.display();
    let word = if test.passed() { "ok" } else { "FAILED" };
    let head = format!("{path}: {}: {word} in {:.1?}\n", test.name, test.took);
    let each = test.mismatches.iter().map(|found| {
        let Mismatch { path: what, place, expected, got, .. } = found;
        format!("  {path}:{}:{}: {what}\n    expected: {expected}\n    got:      {got}\n", place.line, place.column)
    });
    std::iter::once(head).chain(each).collect()
}

fn summary(tested: &[Tested]) -> String {
    let tests: Vec<_> = tested.iter().filter_map(|file| file.tests.as_ref().ok()).flatten().collect();
    let failed = tests.iter().filter(|test| !test.passed()).count();
    let wrong = tested.iter().filter(|file| file.tests.is_err()).count();
    let word = if tests.len() == 1 { "test" } else { "tests" };
    let files = if wrong > 0 { format!(", {wrong} of {} files wrong", tested.len()) } else { String::new() };
    format!("{} {word}, {failed} failed{files}\n", tests.len())
}

/// A file as data.
fn document(file: &Tested) -> Value {
    let path = file.path.to_string_lossy();
    let (tests, problems) = match &file.tests {
        Ok(tests) => (tests.iter().map(test).collect(), Vec::new()),
        Err(CatalogError::Wrong(problems)) => {
            (Vec::new(), problems.located().iter().map(|problem| json!(problem)).collect())
        }
        Err(error) => (Vec::new(), vec![json!({ "file": path, "message": chain(error) })]),
    };
    json!({ "file": path, "tests": tests, "problems": problems })
}

fn test(test: &Ran) -> Value {
    let failures = test.mismatches.iter().map(|found| {
        let Mismatch { path, place, expected, got, .. } = found;
        json!({ "path": path, "line": place.line, "column": place.column, "expected": expected, "got": got })
    });
    let failures: Vec<_> = failures.collect();
    json!({ "name": test.name, "line": test.line, "ok": test.passed(), "seconds": test.took.as_secs_f64(), "failures": failures })
}
