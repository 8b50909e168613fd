//! `jobctl validate`: every problem of every file, without a store.

mod sarif;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, thread};

use serde_json::{Value, json};

use super::answer::Shape;
use super::arguments::{Format, Validate};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::files::{self, Found};
use super::reading::twice;
use crate::catalog::{Catalog, CatalogError};
use crate::chain::chain;

/// A file, and what is wrong with it.
struct Checked {
    path: PathBuf,
    error: Option<CatalogError>,
}

pub(super) fn run(verb: &Validate, face: &Face) -> Result<Exit, Failure> {
    let found = files::of(&verb.files).map_err(|error| Failure::of(Exit::Invalid, &error))?;
    let checked = check(&found, &face.catalog()?);
    let exit = if checked.iter().all(|file| file.error.is_none()) { Exit::Done } else { Exit::Invalid };
    match face.output.format() {
        Format::Table | Format::Wide | Format::Name | Format::Dot => say(checked, face),
        Format::Json | Format::Jsonl | Format::Yaml => {
            face.output.data(&shape(), checked.iter().map(document).collect());
        }
        Format::Sarif => face.output.data(&Shape::default(), sarif::log(&checked)),
    }
    Ok(exit)
}

/// The keys of a file and of its problems.
const KEYS: &[&str] = &[
    "file",
    "ok",
    "problems",
    "code",
    "line",
    "column",
    "end_line",
    "end_column",
    "path",
    "message",
    "help",
    "related",
];

/// What programs get. People get no answer: the problems of their files are said to them on stderr.
pub(super) fn shape() -> Shape {
    Shape::text(KEYS).with_parts(&["problems"])
}

/// Reads every file. Two files of one folder must not describe a job of the same name: only one of them could be meant by it.
fn check(found: &[Found], catalog: &Catalog) -> Vec<Checked> {
    let mut names: HashMap<(usize, String), &Path> = HashMap::new();
    let mut checked = Vec::with_capacity(found.len());
    for (Found { path, folder }, name) in found.iter().zip(names_of(found, catalog)) {
        let error = match (name, folder) {
            (Err(wrong), _) => Some(wrong),
            (Ok(_), None) => None,
            (Ok(name), Some(folder)) => match names.entry((*folder, name)) {
                Entry::Vacant(new) => {
                    new.insert(path);
                    None
                }
                Entry::Occupied(known) => Some(twice(path, known.get(), &known.key().1)),
            },
        };
        checked.push(Checked { path: path.clone(), error });
    }
    checked
}

/// What the jobs of the files are called, in the order of the files. Every core reads the next file as soon as it is done with
/// one, and keeps of its job nothing but the name: the memory of a large folder stays in the cache.
fn names_of(found: &[Found], catalog: &Catalog) -> Vec<Result<String, CatalogError>> {
    let next = AtomicUsize::new(0);
    let read = || {
        let taken = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let files = taken.map_while(|number| Some((number, found.get(number)?)));
        files.map(|(number, file)| (number, catalog.load(&file.path).map(|job| job.name))).collect::<Vec<_>>()
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(found.len());
    let mut names: Vec<_> = thread::scope(|scope| {
        let readers: Vec<_> = (0..cores).map(|_| scope.spawn(read)).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    names.sort_by_key(|(number, _)| *number);
    names.into_iter().map(|(_, name)| name).collect()
}

/// The answer for people: a line for each good file, the whole problems of the others, and where to read on.
fn say(checked: Vec<Checked>, face: &Face) {
    let (count, wrong) = (checked.len(), checked.iter().filter(|file| file.error.is_some()).count());
    for Checked { path, error } in checked {
        match error {
            None => face.output.say(&format!("{}: ok", path.display())),
            Some(error) => face.output.failure(&error.into()),
        }
    }
    if count > 1 && wrong > 0 {
        face.output.say(&format!("{count} files, {wrong} of them wrong"));
    }
}

/// A file as data. One that cannot be read has a problem without a place.
fn document(Checked { path, error }: &Checked) -> Value {
    let problems = match error {
        None => Vec::new(),
        Some(CatalogError::Wrong(problems)) => problems.located().iter().map(|problem| json!(problem)).collect(),
        Some(error) => vec![json!({ "file": path.to_string_lossy(), "message": chain(error) })],
    };
    json!({ "file": path.to_string_lossy(), "ok": error.is_none(), "problems": problems })
}
