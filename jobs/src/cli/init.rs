//! `jobctl init`: a first job, with comments, that runs as it stands, and the schema by which editors check it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use overnight_framework::definition;
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::Init;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::files::is_job_file;
use super::output::quoted;

/// What the file holds.
const FIRST_JOB: &str = include_str!("init/first-job.yaml");

/// The file that the first line of [`FIRST_JOB`] names. It is that of this very program, with the kinds of its own, and editors
/// find it without a network.
const SCHEMA: &str = "job.schema.json";

pub(super) fn run(verb: &Init, face: &Face) -> Result<Exit, Failure> {
    let file = verb.file.as_path();
    if !is_job_file(file) {
        let message = format!("`{}` would not be found: a job file ends with .yaml or .yml", file.display());
        return Err(Failure::new(Exit::Usage, message));
    }
    write(file, FIRST_JOB)?;
    let schema = file.with_file_name(SCHEMA);
    // One that is there may be that of another program, which the user keeps.
    let is_kept = schema.exists();
    if !is_kept {
        write(&schema, &format!("{:#}\n", definition::schema(&face.all_kinds())))?;
    }
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    face.output.answer(&Written { file: shown(file), schema: shown(&schema), is_kept });
    Ok(Exit::Done)
}

/// The file that was written, and the schema beside it.
pub(super) struct Written {
    file: String,
    schema: String,
    /// Whether the schema was there before.
    is_kept: bool,
}

impl Written {
    fn next(&self) -> String {
        let (file, schema) = (quoted(&self.file), quoted(&self.schema));
        let beside = if self.is_kept {
            format!("; {schema}, by which editors check it, was there already")
        } else {
            format!(", and {schema} by which editors check it")
        };
        format!(
            "\
wrote {file}{beside}; what you may want to do next:
  jobctl validate {file}
  jobctl test {file}
  jobctl start {file} -p day=2026-04-07
  jobctl show first-job --wide
  jobctl show first-job --rejects
"
        )
    }
}

impl Answer for Written {
    fn shape() -> Shape {
        Shape::text(&["file", "schema"]).with_names()
    }

    fn text(&self, _: &View) -> String {
        self.next()
    }

    fn json(&self) -> Value {
        json!({ "file": self.file, "schema": self.schema })
    }

    fn names(&self) -> Vec<String> {
        vec![self.file.clone()]
    }
}

/// Writes the file, unless there is one: nobody's work is lost for an example.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(Exit::Refused, format!("`{}` is there already", file.display()))
            .help("name another file: `jobctl init another.yaml`"),
        _ => Failure::new(Exit::Error, format!("cannot write `{}`: {error}", file.display())),
    };
    let mut opened = OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(|error| {
        // Half of it would be taken for one that is there already. Nobody can be helped where even that fails.
        let _ = fs::remove_file(file);
        failed(error)
    })
}
