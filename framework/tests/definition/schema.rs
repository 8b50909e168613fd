//! The JSON Schema of job files: it accepts what the reader accepts, and refuses what is wrong in the structure.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::Validator;
use overnight_framework::definition::{parts, schema};
use overnight_framework::yaml::{self, Code, Mapping, Problem, Problems, Shape, Sort, Source};
use serde_json::Value;

use super::support::{kinds, read_alone};

const FULL: &str = include_str!("full.yaml");

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::draft202012::new(&schema(&kinds())).unwrap())
}

/// The places where the schema refuses a file; `None` for a text that is no YAML.
pub(crate) fn refused_at(text: &str) -> Option<Vec<String>> {
    let root = yaml::parse(&Source::new("j.yaml", text)).ok()?.to_json();
    Some(validator().iter_errors(&root).map(|error| dotted(&error.instance_path().to_string())).collect())
}

/// `/steps/0/name` as readers write it: `steps[0].name`.
fn dotted(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, part| match part.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) if path.is_empty() => part.to_owned(),
        Err(_) if part.contains('.') => format!("{path}[\"{part}\"]"),
        Err(_) => format!("{path}.{part}"),
    })
}

/// Whether the schema can see the mistake: it judges structure, not names, types and contradictions.
fn is_of_structure(problem: &Problem) -> bool {
    let shapes = [Code::UnknownKey, Code::MissingKey, Code::ExclusiveKeys, Code::WrongValue, Code::NoValue];
    // Whether a step is given rows or outputs is told by the end of its key, which is the file's own.
    if problem.path.to_string().contains(".given[") && problem.message.starts_with("expected a ") {
        return false;
    }
    // A policy may have the key from the defaults; how many digits a number has nobody knows who reads it as a float, nor how it
    // is spelt; what the parameters and the rows of a test may be is told by the job.
    let needs_more = [
        "a retry policy needs the key `max_attempts`",
        "of at most 28 digits",
        "is no value of JSON",
        "loses digits",
        "parameter `",
        "expected a cell",
        "no row has this cell",
    ];
    shapes.contains(&problem.code) && !needs_more.iter().any(|words| problem.message.contains(words))
}

/// The places of mistakes of structure that the schema takes for right: it refuses nothing there or around.
pub(crate) fn overlooked(problems: &Problems, refused: &[String]) -> Vec<String> {
    // Whoever reads `1e3` as a number sees nothing wrong with it.
    let is_number = |problem: &Problem| problem.message.contains("found `1e3`");
    let of_structure = problems.iter().filter(|problem| is_of_structure(problem) && !is_number(problem));
    let paths = of_structure.map(|problem| problem.path.to_string());
    paths
        .filter(|path| !refused.iter().any(|place| path.starts_with(place.as_str()) || place.starts_with(path)))
        .collect()
}

#[test]
fn the_schema_is_one() {
    let schema = schema(&kinds());
    assert!(jsonschema::meta::is_valid(&schema), "{schema:#}");
}

#[test]
fn an_unknown_kind_of_a_program_without_it_is_refused() {
    assert!(
        refused_at("name: j\nsteps: [{ name: a, tasklet: { shell: { command: x } } }]")
            .is_some_and(|at| !at.is_empty())
    );
}

#[test]
fn what_a_registered_tasklet_takes_depends_on_its_name() {
    let with =
        |with: &str| refused_at(&format!("name: j\nsteps: [{{ name: a, tasklet: {{ uses: close_books{with} }} }}]"));
    assert_eq!(with(", with: { book: x }"), Some(Vec::new()));
    for wrong in ["", ", with: {}", ", with: { boook: x }"] {
        assert!(with(wrong).is_some_and(|at| !at.is_empty()), "{wrong}");
    }
}

#[test]
fn every_key_has_words_and_every_table_of_the_file_an_example() {
    for part in parts(&kinds()) {
        assert!(part.about().ends_with('.') || part.about().is_empty(), "{}: {}", part.path, part.about());
        assert!(part.field.is_none_or(|field| !field.about.is_empty()), "{}", part.path);
        assert!(!part.words().is_empty(), "{}", part.path);
    }
}

/// What the reader and the schema must agree about, wherever it stands.
const PROBES: &[&str] = &[
    "~",
    "5",
    "-1",
    "0",
    "2.5",
    "\"5\"",
    "true",
    "no",
    "\"\"",
    "20%",
    "0.1%",
    "90s",
    "PT5M",
    "2026-10-30",
    "[]",
    "{}",
    "[x]",
    "{ x: y }",
    "a-name",
    "InvalidRow",
    "${{ 1 }}",
];

/// Puts a value at a path such as `steps[2].chunk.size` of a document.
fn put(root: &mut Value, path: &[String], value: Value) -> bool {
    let Some((first, rest)) = path.split_first() else {
        *root = value;
        return true;
    };
    let below = match root {
        Value::Array(items) => items.get_mut(first.parse::<usize>().unwrap()),
        Value::Object(entries) if rest.is_empty() => Some(entries.entry(first).or_insert(Value::Null)),
        Value::Object(entries) => entries.get_mut(first),
        _ => None,
    };
    below.is_some_and(|below| put(below, rest, value))
}

/// Places of a document, each key of a table once.
#[derive(Default)]
struct Found {
    paths: Vec<Vec<String>>,
    known: BTreeSet<(&'static str, String)>,
}

impl Found {
    fn add(&mut self, mapping: &'static Mapping, path: Vec<String>) {
        if self.known.insert((mapping.name, path.last().unwrap().clone())) {
            self.paths.push(path);
        }
    }
}

/// The table of the operations.
fn operation() -> &'static Mapping {
    parts(&kinds()).into_iter().filter(|part| part.path.ends_with("processor")).find_map(|part| part.mapping()).unwrap()
}

/// All places of a document where a table says what may stand there.
fn places(shape: Shape, value: &Value, path: &[String], found: &mut Found) {
    let below = |key: &str| [path, &[key.to_owned()]].concat();
    let each = |mapping: &'static Mapping, found: &mut Found| {
        for field in mapping.fields {
            found.add(mapping, below(field.name));
            if let Some(value) = value.get(field.name) {
                places(field.shape, value, &below(field.name), found);
            }
        }
    };
    match shape {
        Shape::Mapping(mapping) if value.is_object() => each(mapping, found),
        Shape::OneKey(mapping) => {
            let name = value.as_object().and_then(|value| value.keys().next()).cloned().unwrap_or_default();
            found.add(mapping, below(&name));
            places(mapping.field(&name).unwrap().shape, &value[&name], &below(&name), found);
        }
        Shape::Either(shapes) => shapes.iter().for_each(|shape| places(*shape, value, path, found)),
        Shape::List(item, _) | Shape::ListOrOne(item, _) => match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, value)| places(*item, value, &below(&index.to_string()), found)),
            one => places(*item, one, path, found),
        },
        Shape::Map(_, of) => {
            for (key, value) in value.as_object().into_iter().flatten() {
                found.paths.push(below(key));
                places(*of, value, &below(key), found);
            }
        }
        Shape::Kind(sort) => {
            if let Some(name) = value.get("uses").and_then(Value::as_str) {
                places(kinds().registered(sort)[name], &value["with"], &below("with"), found);
            } else if sort == Sort::Processor {
                places(Shape::OneKey(operation()), value, path, found);
            } else {
                let name = value.as_object().and_then(|value| value.keys().next()).cloned().unwrap_or_default();
                places(kinds().settings(sort)[name.as_str()], &value[&name], &below(&name), found);
            }
        }
        Shape::Setting(inner) => places(*inner, value, path, found),
        _ => {}
    }
}

/// A file with every key. Its rows are left out: cells are told by the order of columns, and JSON has none.
fn full() -> Value {
    let mut root = yaml::parse(&Source::new("j.yaml", FULL)).unwrap().to_json();
    let rows = root.pointer_mut("/steps/2/chunk/reader/rows/rows").unwrap();
    *rows = Value::Array(Vec::new());
    root
}

/// The document as YAML that both can read: JSON, but for numbers that are written as YAML has them.
fn probed(root: &Value, path: &[String], probe: &str) -> Option<String> {
    const MARK: &str = "the place of the probe";
    let mut root = root.clone();
    put(&mut root, path, MARK.into()).then(|| root.to_string().replace(&format!("\"{MARK}\""), probe))
}

/// Where reader and schema judge otherwise about a value under a key of this right document, which has so many keys at least.
pub(crate) fn disagreements(root: &Value, least: usize) -> Vec<String> {
    let mut found = Found::default();
    places(parts(&kinds())[0].shape, root, &[], &mut found);
    assert!(found.paths.len() > least, "{}", found.paths.len());
    let mut surprises = Vec::new();
    for path in found.paths {
        for probe in PROBES {
            let text = probed(root, &path, probe).unwrap();
            let what = format!("{}: {probe}", path.join("."));
            let Some(refused) = refused_at(&text) else { continue };
            match read_alone(&text) {
                Ok(_) if !refused.is_empty() => surprises.push(format!("{what}: only the schema refuses it")),
                Err(problems) if !overlooked(&problems, &refused).is_empty() => {
                    surprises.push(format!("{what}: only the reader refuses it\n{problems}"));
                }
                _ => {}
            }
        }
    }
    surprises
}

#[test]
fn reader_and_schema_agree_about_any_value_under_any_key() {
    let surprises = disagreements(&full(), 70);
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}
