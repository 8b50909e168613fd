//! `jobctl version`.

use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::exit::Exit;
use super::output::Output;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn run(output: &Output) -> Exit {
    output.answer(&Version);
    Exit::Done
}

/// The version of this program.
pub(super) struct Version;

impl Answer for Version {
    fn shape() -> Shape {
        Shape::text(&["name", "version"])
    }

    fn text(&self, _: &View) -> String {
        format!("jobctl {VERSION}\n")
    }

    fn json(&self) -> Value {
        json!({ "name": "jobctl", "version": VERSION })
    }
}
