//! `jobctl validate`: every problem of every file, without a store.

use super::arguments::{StoreArguments, Validate};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::wiring;

pub(super) fn run(verb: &Validate, store: &StoreArguments, output: &Output) -> Result<Exit, Failure> {
    let catalog = wiring::catalog(&store.config()?);
    let mut exit = Exit::Done;
    for path in &verb.files {
        match catalog.load(path) {
            Ok(_) => output.say(&format!("{}: ok", path.display())),
            Err(error) => {
                output.failure(&error.into());
                exit = Exit::Invalid;
            }
        }
    }
    Ok(exit)
}
