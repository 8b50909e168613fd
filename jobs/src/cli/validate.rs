//! `jobctl validate`: every problem of every file, without a store.

use super::arguments::Validate;
use super::exit::{Exit, Failure};
use super::face::Face;

pub(super) fn run(verb: &Validate, face: &Face) -> Result<Exit, Failure> {
    let catalog = face.catalog()?;
    let mut exit = Exit::Done;
    for path in &verb.files {
        match catalog.load(path) {
            Ok(_) => face.output.say(&format!("{}: ok", path.display())),
            Err(error) => {
                face.output.failure(&error.into());
                exit = Exit::Invalid;
            }
        }
    }
    Ok(exit)
}
