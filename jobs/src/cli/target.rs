//! What a verb is about: an id, the name of a job, or a job file, with parameters that name an instance.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use overnight_framework::execution::{ExecutionId, JobExecution, JobInstance};
use overnight_framework::job::{Instances, Job};
use overnight_framework::operator::{FindError, Target};
use overnight_framework::params::{GivenParams, InstanceKey, Params};
use overnight_framework::yaml::{Source, is_name};

use super::arguments::ParamArguments;
use super::command;
use super::exit::{Exit, Failure};
use super::output::quoted;
use crate::chain::chain;
use crate::wiring::{self, Context};

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
/// last one of the instance that they identify. Where they identify many instances, it is the newest of all of them.
pub(super) fn find(context: &Context, named: &Named, given: &GivenParams) -> Result<JobExecution, Failure> {
    match named {
        Named::Id(id) => Ok(context.operator.find(&Target::Execution(*id))?),
        Named::Job(name) if given.is_empty() => Ok(context.operator.find(&Target::Job(name.clone()))?),
        Named::Job(name) => instance(context, &context.stored(name)?, given, name),
        Named::File(path) => instance(context, &context.catalog.load(path)?, given, &path.to_string_lossy()),
    }
}

/// The same for verbs that take an execution as it is: parameters beside an id must be those of its instance.
pub(super) fn found(context: &Context, named: &Named, given: &GivenParams) -> Result<JobExecution, Failure> {
    let execution = find(context, named, given)?;
    if matches!(named, Named::Id(_)) && !given.is_empty() {
        of_its_instance(context, &execution, given.clone())?;
    }
    Ok(execution)
}

fn of_its_instance(context: &Context, execution: &JobExecution, mut given: GivenParams) -> Result<(), Failure> {
    for (name, value) in &execution.params {
        given.set_default(name, value);
    }
    let job = context.pinned(execution)?;
    let params = wiring::identify(&job, &given)?;
    match context.operator.repository().instance(execution.instance_id)? {
        Some(instance) => same_instance(execution.id, &job, &params, &instance),
        None => Ok(()),
    }
}

/// Identifying parameters that differ would be another instance, and its work another work.
pub(super) fn same_instance(
    id: ExecutionId,
    job: &Job,
    params: &Params,
    instance: &JobInstance,
) -> Result<(), Failure> {
    let key = params.key();
    if key.has_params_of(&InstanceKey::stored(&instance.params)) {
        return Ok(());
    }
    let message = format!("job {id} has the parameters {}, not {}", instance.params, key.text());
    let command = beginning(&job.name, job, params, &GivenParams::default());
    let help = format!("other identifying parameters name another instance, which `{command}` begins");
    Err(Failure::new(Exit::Invalid, message).help(help))
}

/// The last execution of the instance of a job that was typed so, or the command that begins it.
fn instance(context: &Context, job: &Job, given: &GivenParams, typed: &str) -> Result<JobExecution, Failure> {
    let params = wiring::identify(job, given)?;
    let (key, name) = (params.key(), job.name.clone());
    let target = match job.instances {
        Instances::Unique => Target::Instance { job: name, key },
        Instances::Many => Target::NewestWith { job: name, key },
    };
    context.operator.find(&target).map_err(|error| {
        let never = matches!(error, FindError::NoInstance { .. });
        let failure = Failure::from(error);
        if never { failure.help(format!("`{}` begins it", beginning(typed, job, &params, given))) } else { failure }
    })
}

/// The command that begins an instance, with what names it and what was typed; a default that only says how may be left out.
fn beginning(typed: &str, job: &Job, params: &Params, given: &GivenParams) -> String {
    let identifies = |name: &str| job.params.iter().any(|param| param.identifying && *param.name == *name);
    let mut values = params.to_json();
    values.retain(|name, _| identifies(name) || given.get(name).is_some());
    command::start(typed, &values, &job.params)
}

/// The parameters that were typed, from all their sources: file, document, pairs; the later ones win.
pub(super) fn params(arguments: &ParamArguments) -> Result<GivenParams, Failure> {
    let mut given = GivenParams::default();
    if let Some(path) = &arguments.params_file {
        given.extend(read(path)?);
    }
    match arguments.params.as_ref().or(arguments.json.as_ref()).map(String::as_str) {
        Some("-") => given.extend(read(Path::new("-"))?),
        Some(json) => given.extend(document(json)?),
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

/// The parameters in an argument. What is no object at all is most likely one parameter, as others take them.
fn document(json: &str) -> Result<GivenParams, Failure> {
    GivenParams::from_json(json).map_err(|error| {
        let failure = Failure::from(error);
        match json.split_once('=') {
            _ if json.trim_start().starts_with(['{', '[']) => failure,
            Some((name, _)) if is_name(name) => {
                failure.help(format!("one parameter is given as `-p {}`", quoted(json)))
            }
            _ => failure.help("one parameter is given as `-p NAME=VALUE`"),
        }
    })
}

/// The parameters in a file, which is named in the errors; `-` is stdin.
fn read(path: &Path) -> Result<GivenParams, Failure> {
    let is_stdin = path == Path::new("-");
    let source = if is_stdin { Source::from_reader("stdin", io::stdin().lock()) } else { Source::read(path) };
    let source = source.map_err(|error| Failure::new(Exit::Invalid, format!("cannot {}", chain(&error))))?;
    let given = GivenParams::from_document(source.name(), source.text());
    given.map_err(|error| Failure::new(Exit::Invalid, format!("{}: {}", source.name(), chain(&error))))
}
