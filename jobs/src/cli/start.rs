//! `jobctl start`: a new instance, or the unfinished one continued.

use overnight_framework::execution::{ExecutionId, Trigger};
use overnight_framework::job::Job;
use overnight_framework::launch::Wish;
use overnight_framework::params::{GivenParams, ParamDeclaration, Params};

use super::arguments::{ParamArguments, Start};
use super::ask;
use super::detach;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::quoted;
use super::run::{self, Running};
use super::target::{self, Named};
use crate::wiring;

pub(super) fn run(verb: &Start, face: &Face) -> Result<Exit, Failure> {
    let mut given = target::params(&verb.params)?;
    // A mistake that can be seen without the store shall not make one.
    let file = match Named::of(&verb.job)? {
        Named::Id(id) => return Err(is_id(id)),
        Named::File(path) => {
            bound(verb, &face.catalog()?.load(&path)?, &mut given)?;
            Some(path)
        }
        Named::Job(_) => None,
    };
    let context = if verb.detach { face.open_to_write()? } else { face.open_to_run()? };
    let job = match &file {
        Some(path) => context.catalog.load(path)?,
        None => context.stored(&verb.job)?,
    };
    let params = bound(verb, &job, &mut given)?;
    let running = Running {
        job: &job,
        params: &params,
        wish: Wish::Start,
        trigger: Trigger::Cli,
        reason: verb.reason.as_deref(),
        key: None,
    };
    if verb.detach { detach::run(&running, &given, &context, face) } else { run::run(running, &context, face) }
}

/// The parameters as the job takes them. Those that are missing are asked for where somebody can answer.
fn bound(verb: &Start, job: &Job, given: &mut GivenParams) -> Result<Params, Failure> {
    if ask::is_possible(verb.no_input) && !lacking(job, given).is_empty() && has_no_other_problem(job, given) {
        ask::for_params(&lacking(job, given), job, given)?;
    }
    wiring::bind(job, given).map_err(|error| {
        let failure = Failure::from(error);
        let lacking = lacking(job, given);
        let is_all = !lacking.is_empty() && has_no_other_problem(job, given);
        if is_all { failure.help(whole_command(verb, job, &lacking)) } else { failure }
    })
}

/// The parameters without which the job does not start.
fn lacking<'j>(job: &'j Job, given: &GivenParams) -> Vec<&'j ParamDeclaration> {
    job.params.iter().filter(|param| param.required && given.get(&param.name).is_none()).collect()
}

/// Nobody shall answer questions only to hear that something else is wrong.
fn has_no_other_problem(job: &Job, given: &GivenParams) -> bool {
    let without = |param: &ParamDeclaration| ParamDeclaration {
        required: param.required && given.get(&param.name).is_some(),
        ..param.clone()
    };
    wiring::bind(&Job { params: job.params.iter().map(without).collect(), ..job.clone() }, given).is_ok()
}

/// What was typed, with what is missing. What may be secret is not repeated, and not typed where all see it.
fn whole_command(verb: &Start, job: &Job, lacking: &[&ParamDeclaration]) -> String {
    let is_secret = |name: &str| job.params.iter().any(|param| param.secret && *param.name == *name);
    let has_secrets = job.params.iter().any(|param| param.secret);
    let mut words = vec!["jobctl".to_owned(), "start".to_owned(), quoted(&verb.job)];
    let ParamArguments { json, params, params_file, pairs } = &verb.params;
    for document in json.iter().chain(params) {
        words.push(if has_secrets { "'{…}'".to_owned() } else { quoted(document) });
    }
    words.extend(params_file.iter().map(|path| format!("--params-file {}", quoted(&path.to_string_lossy()))));
    words.extend(pairs.iter().map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("-p {name}=…"),
        _ => format!("-p {}", quoted(pair)),
    }));
    let (secret, open): (Vec<&ParamDeclaration>, Vec<_>) = lacking.iter().partition(|param| param.secret);
    words.extend(open.iter().map(|param| format!("-p {}={}", param.name, param.kind.name().to_uppercase())));
    if !secret.is_empty() {
        words.push("--params-file -".to_owned());
    }
    format!("type it as `{}`", words.join(" "))
}

fn is_id(id: ExecutionId) -> Failure {
    let message = format!("`start` takes a job file or the name of a job; {id} is the id of one that was started");
    Failure::new(Exit::Usage, message).help(format!("continue it with `jobctl restart {id}`"))
}
