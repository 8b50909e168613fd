//! `jobctl validate`: every problem of every file, without a store.

use std::path::Path;

use serde_json::{Value, json};

use super::arguments::Validate;
use super::exit::{Exit, Failure};
use super::face::Face;
use crate::catalog::CatalogError;

pub(super) fn run(verb: &Validate, face: &Face) -> Result<Exit, Failure> {
    let catalog = face.catalog()?;
    let mut exit = Exit::Done;
    let mut answers = Vec::new();
    for path in &verb.files {
        let problems = match catalog.load(path) {
            Ok(_) => Vec::new(),
            Err(error) => {
                exit = Exit::Invalid;
                let problems = problems(path, &error);
                if !face.output.is_json() {
                    face.output.failure(&error.into());
                }
                problems
            }
        };
        if problems.is_empty() && !face.output.is_json() {
            face.output.say(&format!("{}: ok", path.display()));
        }
        answers.push(json!({ "file": path.to_string_lossy(), "ok": problems.is_empty(), "problems": problems }));
    }
    face.output.answer_text(String::new, || answers.into());
    Ok(exit)
}

/// The problems of a file as data. A file that cannot be read has one without a place.
fn problems(path: &Path, error: &CatalogError) -> Vec<Value> {
    match error {
        CatalogError::Wrong(problems) => problems.located().iter().map(|problem| json!(problem)).collect(),
        error => vec![json!({ "file": path.to_string_lossy(), "message": super::exit::chain(error) })],
    }
}
