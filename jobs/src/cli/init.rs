//! `jobctl init`: a first job, with comments, that runs as it stands.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::Init;
use super::exit::{Exit, Failure};
use super::output::{Output, quoted};

/// What the file holds.
const FIRST_JOB: &str = include_str!("init/first-job.yaml");

pub(super) fn run(verb: &Init, output: &Output) -> Result<Exit, Failure> {
    let file = verb.file.as_path();
    write(file)?;
    output.answer(&Written(file.to_string_lossy().into_owned()));
    Ok(Exit::Done)
}

/// The file that was written.
pub(super) struct Written(String);

impl Answer for Written {
    fn shape() -> Shape {
        Shape::text(&["file"]).with_names()
    }

    fn text(&self, _: &View) -> String {
        next(&self.0)
    }

    fn json(&self) -> Value {
        json!({ "file": self.0 })
    }

    fn names(&self) -> Vec<String> {
        vec![self.0.clone()]
    }
}

/// Writes the file, unless there is one: nobody's work is lost for an example.
fn write(file: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(Exit::Refused, format!("`{}` is there already", file.display()))
            .help("name another file: `jobctl init another.yaml`"),
        _ => Failure::new(Exit::Error, format!("cannot write `{}`: {error}", file.display())),
    };
    let mut opened = OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    opened.write_all(FIRST_JOB.as_bytes()).map_err(failed)
}

fn next(file: &str) -> String {
    let file = quoted(file);
    format!(
        "\
wrote {file}; what you may want to do next:
  jobctl validate {file}
  jobctl start {file} -p day=2026-04-07
  jobctl show first-job --wide
  jobctl show first-job --rejects
"
    )
}
