//! Reads the jobs of files: every one of them, or all that is wrong with any.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use overnight_framework::job::Job;
use overnight_framework::yaml::{self, Code, Problem, Problems, Source};

use super::exit::Failure;
use super::face::Face;
use super::files::Found;
use crate::catalog::CatalogError;

/// Every job with its file. Two of one name cannot both be what the name stands for.
pub(super) fn read(found: Vec<Found>, face: &Face) -> Result<Vec<(PathBuf, Job)>, Failure> {
    let catalog = face.catalog()?;
    let mut first = HashMap::<String, PathBuf>::new();
    let (mut jobs, mut wrong) = (Vec::new(), Vec::<Failure>::new());
    for Found { path, .. } in found {
        match catalog.load(&path) {
            Err(error) => wrong.push(error.into()),
            Ok(job) => match first.insert(job.name.clone(), path.clone()) {
                Some(earlier) => wrong.push(twice(&path, &earlier, &job.name).into()),
                None => jobs.push((path, job)),
            },
        }
    }
    let Some(last) = wrong.pop() else { return Ok(jobs) };
    wrong.iter().for_each(|failure| face.output.failure(failure));
    Err(last)
}

/// The problem of a file whose job is called `name`, as that of `first` is.
pub(super) fn twice(path: &Path, first: &Path, name: &str) -> CatalogError {
    let source = match Source::read(path) {
        Ok(source) => source,
        Err(error) => return CatalogError::Read(error),
    };
    let root = yaml::parse(&source);
    let span = root.as_ref().ok().and_then(|root| Some(root.get("name")?.span())).unwrap_or_default();
    let message = format!("{} describes a job called `{name}` already", first.display());
    let problem = Problem::new(span, message).code(Code::Twice).path(yaml::Path::root().key("name"));
    Problems::new(source, vec![problem.help("give one of the two jobs another name")]).into()
}
