//! `jobctl start`: a new instance, or the unfinished one continued.

use overnight_framework::execution::{ExecutionId, Trigger};
use overnight_framework::job::Job;
use overnight_framework::launch::Wish;
use overnight_framework::params::{GivenParams, ParamDeclaration, Params};

use super::arguments::Start;
use super::ask;
use super::command;
use super::detach;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::run::{self, Running};
use super::target::{self, Named};

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
    job.bind(given).map_err(|error| {
        let failure = Failure::from(error);
        let lacking = lacking(job, given);
        let is_all = !lacking.is_empty() && has_no_other_problem(job, given);
        if is_all { failure.help(format!("type it as `{}`", command::completed(verb, job, &lacking))) } else { failure }
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
    Job { params: job.params.iter().map(without).collect(), ..job.clone() }.bind(given).is_ok()
}

fn is_id(id: ExecutionId) -> Failure {
    let message = format!("`start` takes a job file or the name of a job; {id} is the id of one that was started");
    Failure::new(Exit::Usage, message).help(format!("continue it with `jobctl restart {id}`"))
}
