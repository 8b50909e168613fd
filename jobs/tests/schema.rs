//! The JSON Schema of job files and the page of their keys: written down as they are generated, and true of every example.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use overnight::definition::{self, Environment, FixedEnvironment, Part, parts, schema};
use overnight::kind::Kinds;
use overnight::steps::{self, Connections};
use overnight::yaml::{self, Mapping, Presence, Problems, Source};
use serde_json::{Value, json};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn kinds() -> Kinds {
    steps::kinds(&Arc::new(Connections::new(None, BTreeMap::new())))
}

fn read(name: &str, text: &str) -> Result<(), Problems> {
    let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
    definition::read(&Source::new(name, text), &kinds(), &environment, Path::new("/jobs")).map(|_| ())
}

fn json_of(text: &str) -> Value {
    yaml::parse(&Source::new("j.yaml", text)).unwrap_or_else(|problems| panic!("{problems}\n{text}")).to_json()
}

/// Where the schema of a program with the stock kinds refuses a file.
fn refused(schema: &Value, file: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    validator.iter_errors(file).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Compares a page with what stands in the repository, or writes it there.
fn compare(path: &str, page: &str) {
    let file = workspace().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "{path} is stale: run the tests with UPDATE_DOCS=1");
}

#[test]
fn the_published_schema_is_the_one_of_the_stock_kinds() {
    let schema = schema(&kinds());
    assert!(jsonschema::meta::is_valid(&schema), "{schema:#}");
    compare("docs/reference/job.schema.json", &format!("{schema:#}\n"));
}

/// The files of the repository for whom the published schema is made.
fn files() -> Vec<PathBuf> {
    ["examples/end-of-day/end-of-day.yaml", "examples/conformance/ok.yaml", "examples/conformance/flaky.yaml"]
        .into_iter()
        .chain(["jobs/src/cli/init/first-job.yaml"])
        .map(|file| workspace().join(file))
        .collect()
}

#[test]
fn the_schema_accepts_every_example() {
    let schema = schema(&kinds());
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(refused(&schema, &json_of(&text)), Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn the_schema_accepts_every_right_example_of_explain_and_the_wrong_ones_of_structure_not() {
    let schema = schema(&kinds());
    let pages = fs::read_to_string(workspace().join("docs/reference/errors.md")).unwrap();
    for page in pages.split("\n## E").skip(1).filter(|page| page.contains("\nright:\n")) {
        let (code, _) = page.split_once(':').unwrap();
        let example = |which: &str| {
            let (_, rest) = page.split_once(&format!("\n{which}:\n\n```yaml\n")).unwrap();
            rest.split_once("```").unwrap().0.to_owned()
        };
        assert_eq!(refused(&schema, &json_of(&example("right"))), Vec::<String>::new(), "E{code}");
        if ["201", "202", "203", "204", "205", "301"].contains(&code) {
            assert!(!refused(&schema, &json_of(&example("wrong"))).is_empty(), "E{code}");
        }
    }
}

#[test]
fn editors_find_the_schema_of_every_job_file_in_the_repository() {
    let folders = ["examples/end-of-day", "examples/conformance"];
    let files = folders.into_iter().flat_map(|folder| fs::read_dir(workspace().join(folder)).unwrap());
    let files: Vec<_> =
        files.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=");
        let schema = schema.unwrap_or_else(|| panic!("{}", file.display()));
        let schema = fs::read_to_string(file.parent().unwrap().join(schema)).unwrap();
        assert_eq!(
            refused(&serde_json::from_str(&schema).unwrap(), &json_of(&text)),
            Vec::<String>::new(),
            "{}",
            file.display()
        );
    }
}

/// A job in which the examples of all tables stand in their places.
fn around(example: &str) -> Value {
    let mut job = json!({
        "name": "j",
        "params": { "day": { "type": "date", "required": true }, "branch": { "type": "string", "default": "HQ" } },
        "steps": [{ "name": "a", "tasklet": { "shell": { "command": "true" } } }],
    });
    let chunk = json!({
        "reader": { "csv": { "path": "in.csv", "columns": { "id": "integer", "amount": "decimal", "currency": "string" } } },
        "writer": { "csv": { "path": "out.csv" } },
    });
    let example = json_of(example);
    let keys: Vec<_> = example.as_object().unwrap().keys().map(String::as_str).collect();
    let all = parts(&kinds());
    let has = |path: &str| all.iter().any(|part| part.path == path);
    let place = if keys.iter().all(|key| has(key)) {
        &mut job
    } else if keys.iter().all(|key| has(&format!("steps.{key}"))) {
        let step = &mut job["steps"][0];
        if keys.contains(&"chunk") {
            step.as_object_mut().unwrap().remove("tasklet");
        }
        step
    } else {
        job["steps"][0] = json!({ "name": "a", "chunk": chunk });
        &mut job["steps"][0]["chunk"]
    };
    for (key, value) in example.as_object().unwrap() {
        place[key] = value.clone();
    }
    job
}

/// Each table with the paths of the places that it stands in, in the order of the file.
fn tables() -> Vec<(&'static Mapping, Vec<String>, Part)> {
    let mut tables: Vec<(&'static Mapping, Vec<String>, Part)> = Vec::new();
    for part in parts(&kinds()) {
        let Some(mapping) = part.mapping() else { continue };
        match tables.iter_mut().find(|(known, ..)| std::ptr::eq(*known, mapping)) {
            Some((_, paths, _)) => paths.push(part.path.clone()),
            None => tables.push((mapping, vec![part.path.clone()], part)),
        }
    }
    tables
}

#[test]
fn the_example_of_every_table_is_right() {
    let schema = schema(&kinds());
    for (mapping, ..) in tables() {
        let job = around(mapping.example);
        assert_eq!(refused(&schema, &job), Vec::<String>::new(), "{}: {job:#}", mapping.name);
        let text = job.to_string();
        if let Err(problems) = read(mapping.name, &text) {
            panic!("{problems}\n{job:#}");
        }
    }
}

#[test]
fn the_page_of_the_keys_is_what_the_tables_say() {
    let mut page = String::from(
        "# Job files\n\n\
         <!-- Written by a test from the tables that job files are read by; UPDATE_DOCS=1 writes it anew. -->\n\n\
         Every mapping of a job file with its keys. `jobctl schema PATH` shows the same for one of them, and `jobctl schema` prints the\n\
         JSON Schema for editors, which is [published](job.schema.json) beside this page: a file whose first line is\n\
         `# yaml-language-server: $schema=job.schema.json` is checked while it is typed.\n\n\
         Durations are written `90s`, `30m`, `1h30m`, `7d` or as ISO 8601. Where a text with `${{ }}` may stand, a text that is one\n\
         expression keeps the type of its value.\n",
    );
    for (mapping, paths, part) in tables() {
        let title =
            paths.first().filter(|path| !path.is_empty()).map_or("The file".to_owned(), |path| format!("`{path}`"));
        writeln!(page, "\n## {title}\n\n{}", mapping.about).unwrap();
        if let [_, others @ ..] = paths.as_slice()
            && !others.is_empty()
        {
            let others: Vec<_> = others.iter().map(|path| format!("`{path}`")).collect();
            writeln!(page, "\nThe same stands below {}.", others.join(", ")).unwrap();
        }
        page.push_str("\n| key | takes | without it | what it is for |\n|---|---|---|---|\n");
        for field in mapping.fields {
            let without = match field.presence {
                Presence::Required => "required".to_owned(),
                Presence::Default(default) => format!("`{default}`"),
                Presence::Optional => String::new(),
            };
            let line =
                format!("| `{}` | {} | {without} | {} |", field.name, cell(&field.shape.words()), cell(field.about));
            writeln!(page, "{line}").unwrap();
        }
        if !mapping.choice.is_empty() {
            let choice: Vec<_> = mapping.choice.iter().map(|key| format!("`{key}`")).collect();
            writeln!(page, "\nExactly one of {} is needed.", choice.join(" and ")).unwrap();
        }
        writeln!(page, "\n```yaml\n{}```", mapping.example).unwrap();
        assert_eq!(part.mapping().map(|mapping| mapping.name), Some(mapping.name));
    }
    compare("docs/reference/yaml.md", &page);
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
