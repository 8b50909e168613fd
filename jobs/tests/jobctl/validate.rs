//! What `validate` says to programs, and the page of all codes.

use std::fs;
use std::path::Path;

use overnight_db::Backend;
use serde_json::{Value, json};

use super::project::Project;

fn sarif(project: &Project, arguments: &[&str]) -> Value {
    let arguments: Vec<_> = ["validate", "-o", "sarif"].iter().chain(arguments).copied().collect();
    let answer = project.jobctl(&arguments).expect(7);
    assert!(answer.stderr.is_empty(), "{answer:#?}");
    answer.json()
}

#[test]
fn sarif_has_the_rule_the_place_and_the_way_out_of_each_problem() {
    let project = Project::new(Backend::Sqlite);
    project.file("jobs/zürich 1.yaml", "name: one\nstpes: []\nname: two\n");
    let log = sarif(&project, &["jobs/zürich 1.yaml"]);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules: Vec<_> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    assert_eq!(rules, ["E107", "E201"]);
    let result = |rule: &str| {
        let results = run["results"].as_array().unwrap();
        results.iter().find(|result| result["ruleId"] == rule).unwrap_or_else(|| panic!("{log:#}"))
    };
    let unknown = result("E201");
    assert!(unknown["message"]["text"].as_str().unwrap().contains("did you mean `steps`?"), "{unknown:#}");
    let place = &unknown["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "jobs/z%C3%BCrich%201.yaml");
    assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 6 }));
    let first = &result("E107")["relatedLocations"][0];
    assert_eq!(first["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(first["message"]["text"], "first given here");
}

#[test]
fn sarif_counts_characters_and_names_the_value() {
    let project = Project::new(Backend::Sqlite);
    project.file(
        "j.yaml",
        "name: one\nsteps:\n  - { description: Zürich, name: ö, tasklet: { shell: { command: x } } }\n",
    );
    let log = sarif(&project, &["j.yaml"]);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let place = |result: &Value| result["locations"][0]["physicalLocation"]["region"].clone();
    let name = results.iter().find(|result| result["ruleId"] == "E206").unwrap_or_else(|| panic!("{log:#}"));
    assert_eq!(place(name), json!({ "startLine": 3, "startColumn": 34, "endLine": 3, "endColumn": 35 }));
    assert_eq!(name["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "steps[0].name");
    assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
}

#[test]
fn a_file_that_cannot_be_read_is_a_result_without_a_line() {
    let project = Project::new(Backend::Sqlite);
    let log = sarif(&project, &["missing.yaml"]);
    let result = &log["runs"][0]["results"][0];
    assert!(result["message"]["text"].as_str().unwrap().contains("there is no such file"), "{log:#}");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "missing.yaml");
}

#[test]
fn a_folder_is_checked_to_its_ground_without_what_is_hidden() {
    let project = Project::new(Backend::Sqlite);
    let job =
        |name: &str| format!("name: {name}\nsteps: [{{ name: a, tasklet: {{ shell: {{ command: 'true' }} }} }}]\n");
    project.file("jobs/b.yml", &job("b"));
    project.file("jobs/deep/er/a.yaml", &job("a"));
    project.file("jobs/notes.txt", "no job");
    project.file("jobs/.git/config.yaml", "no job");
    std::os::unix::fs::symlink("..", project.path("jobs/deep/up")).unwrap();
    let answer = project.jobctl(&["validate", "jobs", "-o", "json"]).expect(0).json();
    let files: Vec<_> = answer.as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["jobs/b.yml", "jobs/deep/er/a.yaml"]);
}

/// Every core takes the next one, so they are not done in their order.
#[test]
fn the_files_of_a_folder_are_answered_in_their_order_with_what_is_wrong_with_each() {
    let project = Project::new(Backend::Sqlite);
    for number in 0..64 {
        let steps = if number % 3 == 0 { format!("stpes{number}") } else { "steps".to_owned() };
        let step = "[{ name: a, tasklet: { shell: { command: 'true' } } }]";
        project.file(&format!("jobs/{number:02}.yaml"), &format!("name: job-{number}\n{steps}: {step}\n"));
    }
    let answer = project.jobctl(&["validate", "jobs", "-o", "json"]).expect(7).json();
    for (number, file) in answer.as_array().unwrap().iter().enumerate() {
        assert_eq!(file["file"], format!("jobs/{number:02}.yaml"));
        let mut problems = file["problems"].as_array().unwrap().iter();
        let key = format!("stpes{number}");
        let named = problems.any(|problem| problem["message"].as_str().unwrap().contains(&key));
        assert_eq!((file["ok"].as_bool().unwrap(), named), (number % 3 != 0, number % 3 == 0), "{file:#}");
    }
    assert_eq!(answer.as_array().unwrap().len(), 64);
}

#[test]
fn the_page_of_the_errors_is_what_explain_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join("src/explain").join(name)).unwrap();
    let head = "<!-- Written by a test from the pages of `jobctl explain`; UPDATE_DOCS=1 writes it anew. -->\n\n";
    let page = format!(
        "# Errors\n\n{head}What [`jobctl explain`](cli/explain.md) says: first the codes of problems that are found in job files, then the\n\
         names that errors of a run have, by which `retry` and `skip` choose them.\n\n{}\n{}",
        read("codes.md"),
        read("names.md")
    );
    let path = root.join("../docs/reference/errors.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/reference/errors.md is stale: run the tests with UPDATE_DOCS=1");
}
