//! `jobctl describe`: what a job is, without running it.

mod document;
mod page;

use overnight_framework::definition::JobFile;
use overnight_framework::operator::Target;
use overnight_framework::repository::Definition;
use serde_json::Value;

use super::answer::{Answer, Shape, View};
use super::arguments::Describe;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::target::Named;

use self::document::{KEYS, document};
use self::page::page;

/// A job, and the revision it was found in if it was asked for by name.
pub(super) struct Described {
    pub(super) file: JobFile,
    pub(super) revision: Option<Definition>,
}

pub(super) fn run(verb: &Describe, face: &Face) -> Result<Exit, Failure> {
    let described = find(&verb.job, face)?;
    face.output.answer(&described);
    Ok(Exit::Done)
}

/// The job that an argument names: in a file, for which no store is needed; under its name; or as an execution pinned it.
pub(super) fn find(job: &str, face: &Face) -> Result<Described, Failure> {
    let named = Named::of(job)?;
    if let Named::File(path) = &named {
        return Ok(Described { file: face.catalog()?.describe(path)?, revision: None });
    }
    if let Named::Job(name) = &named
        && let Some(job) = face.catalog()?.of_program(name)
    {
        return Ok(Described { file: JobFile::of_program(job), revision: None });
    }
    let context = face.open()?;
    let (definition, base_dir) = match &named {
        Named::Id(id) => context.pinned_revision(&context.operator.find(&Target::Execution(*id))?)?,
        _ => {
            let current = context.current(job)?;
            (current.definition, current.base_dir)
        }
    };
    let file = context.catalog.describe_revision(&definition, &base_dir)?;
    Ok(Described { file, revision: Some(definition) })
}

impl Answer for Described {
    fn shape() -> Shape {
        Shape::text(KEYS).with_parts(&["params", "steps", "triggers", "chunk"]).with_names()
    }

    fn text(&self, view: &View) -> String {
        page(self, view)
    }

    fn json(&self) -> Value {
        document(self)
    }

    fn names(&self) -> Vec<String> {
        vec![self.file.job.name.clone()]
    }
}
