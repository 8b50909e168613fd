//! What a verb is about: an id, the name of a job, or a job file, with parameters that name an instance.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::job::Job;
use overnight_framework::operator::Target;
use overnight_framework::params::{GivenParams, InstanceKey};
use overnight_framework::yaml::is_name;

use super::arguments::ParamArguments;
use super::exit::{Exit, Failure};
use crate::wiring::Context;

/// What was typed where a job is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// `40`.
    Id(ExecutionId),
    /// `end-of-day`.
    Job(String),
    /// `jobs/end-of-day.yaml`.
    File(PathBuf),
}

impl Named {
    /// An argument with a slash, or with the ending of a YAML file, is a file; a number is an id; the rest is a name.
    ///
    /// # Errors
    /// When it is none of them.
    pub(super) fn of(argument: &str) -> Result<Self, Failure> {
        let is_file = argument.contains('/') || argument.ends_with(".yaml") || argument.ends_with(".yml");
        match argument.parse() {
            Ok(id) => Ok(Self::Id(ExecutionId(id))),
            Err(_) if is_file => Ok(Self::File(PathBuf::from(argument))),
            Err(_) if is_name(argument) => Ok(Self::Job(argument.to_owned())),
            Err(_) => {
                let message = format!("`{argument}` is no id, no name of a job (a-z, 0-9, _ and -) and no job file");
                Err(Failure::new(Exit::Usage, message))
            }
        }
    }
}

/// The execution that an argument and its parameters name: by id; by name the newest; with parameters, or by a file, the
/// last one of the instance that they identify.
pub(super) fn find(context: &Context, named: &Named, given: &GivenParams) -> Result<JobExecution, Failure> {
    let target = match named {
        Named::Id(id) => Target::Execution(*id),
        Named::Job(name) if given.is_empty() => Target::Job(name.clone()),
        Named::Job(name) => instance(context, &context.stored(name)?, given)?,
        Named::File(path) => instance(context, &context.catalog.load(path)?, given)?,
    };
    Ok(context.operator.find(&target)?)
}

/// The same for verbs that take an execution as it is: parameters beside an id must be those of its instance.
pub(super) fn found(context: &Context, named: &Named, given: &GivenParams) -> Result<JobExecution, Failure> {
    let execution = find(context, named, given)?;
    if matches!(named, Named::Id(_)) && !given.is_empty() {
        same_instance(context, &execution, given.clone())?;
    }
    Ok(execution)
}

fn same_instance(context: &Context, execution: &JobExecution, mut given: GivenParams) -> Result<(), Failure> {
    for (name, value) in &execution.params {
        given.set_default(name, value);
    }
    let key = context.identify(&context.pinned(execution)?, &given)?.key();
    match context.operator.repository().instance(execution.instance_id)? {
        Some(instance) if !key.has_params_of(&InstanceKey::stored(&instance.params)) => {
            let message = format!("job {} has the parameters {}, not {}", execution.id, instance.params, key.text());
            Err(Failure::new(Exit::Invalid, message))
        }
        _ => Ok(()),
    }
}

fn instance(context: &Context, job: &Job, given: &GivenParams) -> Result<Target, Failure> {
    let params = context.identify(job, given)?;
    Ok(Target::Instance { job: job.name.clone(), key: params.key() })
}

/// The parameters that were typed, from all their sources: file, document, pairs; the later ones win.
pub(super) fn params(arguments: &ParamArguments) -> Result<GivenParams, Failure> {
    let mut given = GivenParams::default();
    if let Some(path) = &arguments.params_file {
        given.extend(document(&read(path)?, Some(&path.to_string_lossy()))?);
    }
    match arguments.params.as_ref().or(arguments.json.as_ref()).map(String::as_str) {
        Some("-") => given.extend(document(&read(Path::new("-"))?, Some("stdin"))?),
        Some(json) => given.extend(document(json, None)?),
        None => {}
    }
    arguments.pairs.iter().try_for_each(|pair| given.set_pair(pair))?;
    match given_twice(&arguments.pairs) {
        Some(name) => Err(Failure::new(Exit::Invalid, format!("the parameter `{name}` is given twice"))),
        None => Ok(given),
    }
}

/// The name that two pairs have. A document refuses it as well; a pair replaces what a document gave.
fn given_twice(pairs: &[String]) -> Option<&str> {
    let mut names = BTreeSet::new();
    pairs.iter().filter_map(|pair| Some(pair.split_once('=')?.0)).find(|name| !names.insert(*name))
}

/// The parameters of a document, which is named in its errors unless it was typed.
fn document(json: &str, source: Option<&str>) -> Result<GivenParams, Failure> {
    GivenParams::from_json(json).map_err(|error| {
        let Failure { message, .. } = error.into();
        let place = source.map(|source| format!("{source}: ")).unwrap_or_default();
        Failure::new(Exit::Invalid, place + &message)
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    // One byte more than the limit is enough to know that it is passed.
    let limit = (1 << 20) + 1;
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().take(limit).read_to_end(&mut bytes),
        _ => fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
    };
    let refuse = |reason: String| Failure::new(Exit::Invalid, format!("cannot read {}: {reason}", path.display()));
    read.map_err(|error| refuse(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| refuse(error.utf8_error().to_string()))
}
