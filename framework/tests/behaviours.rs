//! Keeps `docs/reference/behaviours.md`: every numbered promise, and the tests that keep it.
//!
//! The promises stand in `docs/reference/behaviours.tsv`. A test keeps one by its name: `s3_12_…` keeps S3-12, `s3_21_to_27_…`
//! keeps seven, and a transcript or a script may be named likewise. `UPDATE_DOCS=1 cargo test -p overnight-framework --test
//! behaviours` writes the page anew.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The chapters, with the known system whose users expect these behaviours.
const CHAPTERS: [&str; 5] = [
    "The command line, as in NebulaGraph's job manager",
    "The monitor and its operations, as in Apache Kylin",
    "Introspection, as in ScyllaDB's task manager",
    "The library and the execution model, as in gobatch",
    "The HTTP API, as in NetPulse",
];
const ENDINGS_OF_SCRIPTS: [&str; 6] = ["http", "md", "py", "sh", "toml", "trycmd"];
const TABLE: &str = "docs/reference/behaviours.tsv";
const PAGE: &str = "docs/reference/behaviours.md";

/// A chapter and a number in it: S3-12 is (3, 12).
type Number = (usize, usize);

/// A test or a script that keeps promises, and the file it stands in.
struct Keeper {
    name: String,
    file: String,
}

#[test]
fn the_page_of_behaviours_says_what_the_tests_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = read(&root.join(TABLE));
    let promises = promises(&table);
    let page = page(&promises, &keepers(&root));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root.join(PAGE), &page).unwrap();
    }
    let written = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    assert!(
        written == page,
        "{PAGE} is stale; UPDATE_DOCS=1 cargo test -p overnight-framework --test behaviours writes it anew"
    );
}

#[test]
fn no_test_claims_a_number_that_does_not_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table = read(&root.join(TABLE));
    let promises = promises(&table);
    for (number, keepers) in keepers(&root) {
        let Keeper { name, file } = &keepers[0];
        assert!(
            promises.contains_key(&number),
            "{file}: `{name}` claims S{}-{}, which is no promise",
            number.0,
            number.1
        );
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// One line each: the number, a tab, the promise.
fn promises(table: &str) -> BTreeMap<Number, &str> {
    let promise = |line| -> Option<(Number, &str)> {
        let (number, text) = str::split_once(line, '\t')?;
        let (chapter, number) = number.strip_prefix('S')?.split_once('-')?;
        Some(((chapter.parse().ok()?, number.parse().ok()?), text))
    };
    table.lines().map(|line| promise(line).unwrap_or_else(|| panic!("no promise: {line:?}"))).collect()
}

fn page(promises: &BTreeMap<Number, &str>, keepers: &BTreeMap<Number, Vec<Keeper>>) -> String {
    let kept = promises.keys().filter(|number| keepers.contains_key(number)).count();
    let head = format!(
        "# Behaviours\n\n<!-- Generated from behaviours.tsv and the names of the tests; see framework/tests/behaviours.rs. -->\n\n\
         What users of five known systems expect, and the tests that prove it here: {kept} of {} are kept by a test.\n",
        promises.len()
    );
    let row = |(number, promise): (&Number, &&str)| {
        let kept_by = keepers.get(number).map_or_else(|| "open".to_owned(), |keepers| links(keepers));
        format!("| S{}-{} | {promise} | {kept_by} |\n", number.0, number.1)
    };
    let chapter = |(chapter, title): (usize, &&str)| {
        let rows: String = promises.range((chapter, 0)..(chapter + 1, 0)).map(row).collect();
        format!("\n## S{chapter}: {title}\n\n| number | promise | kept by |\n|---|---|---|\n{rows}")
    };
    head + &CHAPTERS.iter().enumerate().map(chapter).collect::<String>()
}

fn links(keepers: &[Keeper]) -> String {
    let link = |keeper: &Keeper| format!("[`{}`](../../{})", keeper.name, keeper.file);
    keepers.iter().map(link).collect::<Vec<_>>().join("<br>")
}

/// Every test and script of the workspace that has a number in its name.
fn keepers(root: &Path) -> BTreeMap<Number, Vec<Keeper>> {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let mut keepers: BTreeMap<Number, Vec<Keeper>> = BTreeMap::new();
    for path in files {
        let file = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let names = if file.ends_with(".rs") { functions(&read(&path)) } else { script(&path) };
        for name in names {
            for (chapter, number) in
                numbers(&name).into_iter().flat_map(|(chapter, range)| range.map(move |n| (chapter, n)))
            {
                let keeper = Keeper { name: name.clone(), file: file.clone() };
                keepers.entry((chapter, number)).or_default().push(keeper);
            }
        }
    }
    keepers
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && !name.as_encoded_bytes().starts_with(b".") {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") || !script(&path).is_empty() {
            files.push(path);
        }
    }
}

fn functions(source: &str) -> Vec<String> {
    let name = |line: &str| -> Option<String> {
        let line =
            line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ").trim_start_matches("async ");
        let name = line.strip_prefix("fn ")?.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
        (!numbers(name).is_empty()).then(|| name.to_owned())
    };
    source.lines().filter_map(name).collect()
}

fn script(path: &Path) -> Vec<String> {
    let is_script = path.extension().is_some_and(|ending| ENDINGS_OF_SCRIPTS.iter().any(|known| ending == *known));
    let name = path.file_stem().and_then(|name| name.to_str()).filter(|name| is_script && !numbers(name).is_empty());
    name.map(ToOwned::to_owned).into_iter().collect()
}

/// The numbers at the beginning of a name: `s3_12_…`, `s3_21_to_27_…`, and several of them as `s3_12_s4_5_…`.
fn numbers(name: &str) -> Vec<(usize, RangeInclusive<usize>)> {
    let mut words = name.split('_').peekable();
    let mut numbers = Vec::new();
    while let Some(chapter) = words.next().and_then(|word| word.strip_prefix('s')?.parse().ok()) {
        let Some(first) = words.next().and_then(|word| word.parse().ok()) else { break };
        let last = words.next_if_eq(&"to").and_then(|_| words.next()?.parse().ok()).unwrap_or(first);
        numbers.push((chapter, first..=last));
    }
    numbers
}

#[test]
fn a_name_tells_its_numbers() {
    assert_eq!(numbers("s3_12_an_instance_runs_twice"), [(3, 12..=12)]);
    assert_eq!(numbers("s3_21_to_27_all_statuses"), [(3, 21..=27)]);
    assert_eq!(numbers("s3_12_s4_5_both"), [(3, 12..=12), (4, 5..=5)]);
    assert_eq!(numbers("several_3_words"), []);
    assert_eq!(numbers("s3_words"), []);
}

#[test]
fn tests_are_found_by_their_functions() {
    assert_eq!(
        functions("#[test]\n    fn s0_1_flush() {}\nasync fn s1_2_b() {}\n// fn s0_3_c() {}\nfn other() {}"),
        ["s0_1_flush", "s1_2_b"]
    );
}

#[test]
fn a_promise_without_a_test_is_open() {
    let promises = BTreeMap::from([((0, 1), "One."), ((0, 2), "Two.")]);
    let keeper = Keeper { name: "s0_2_two".to_owned(), file: "db/tests/two.rs".to_owned() };
    let page = page(&promises, &BTreeMap::from([((0, 2), vec![keeper])]));
    assert!(page.contains("1 of 2 are kept by a test"));
    assert!(page.contains("| S0-1 | One. | open |\n| S0-2 | Two. | [`s0_2_two`](../../db/tests/two.rs) |\n"));
}
