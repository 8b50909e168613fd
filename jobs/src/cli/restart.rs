//! `jobctl restart`: the instance goes on from its last committed chunk, in the revision it was started with.

use overnight_framework::execution::{JobExecution, Trigger};
use overnight_framework::job::{Instances, Job};
use overnight_framework::launch::Wish;
use overnight_framework::params::{GivenParams, InstanceKey, ParamDeclaration, ParamProblem, ParamsError};
use overnight_framework::status::Status;

use super::arguments::Restart;
use super::ask;
use super::detach;
use super::edited::{self, Edited};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::output::quoted;
use super::run::{self, Running};
use super::target::{self, Named};
use crate::wiring::Context;

pub(super) fn run(verb: &Restart, face: &Face) -> Result<Exit, Failure> {
    let mut given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = if verb.detach { face.open_to_write()? } else { face.open_to_run()? };
    let found = target::find(&context, &named, &given)?;
    let id = found.id;
    let instance = context.operator.repository().instance(found.instance_id)?;
    let instance = instance.ok_or_else(|| Failure::new(Exit::NotFound, format!("the instance of job {id} is gone")))?;
    // An id is found in whatever project it is, and goes on there.
    let context = context.in_project(&instance.project);
    // Whichever execution was named, its instance goes on after the last one.
    let last = context.operator.last_of(instance.id)?.unwrap_or(found);
    let job = context.pinned(&last)?;
    refuse_finished(&job, &last)?;
    say_if_edited(&context, &named, &last, face);
    let lost = lost_secrets(&job, &given);
    if !lost.is_empty() && ask::is_possible(verb.no_input) {
        ask::for_params(&lost, &job, &mut given)?;
    }
    refuse_lost_secrets(&job, &given)?;
    let params = job.bind_again(given.clone(), &last.params)?;
    target::same_instance(id, &job, &params, &instance)?;
    let running = Running {
        job: &job,
        params: &params,
        wish: Wish::Restart,
        trigger: Trigger::Restart,
        reason: verb.reason.as_deref(),
        key: Some(InstanceKey::stored(&instance.params)),
    };
    if verb.detach { detach::run(&running, &given, &context, face) } else { run::run(running, &context, face) }
}

/// A restart keeps the revision of its instance; whoever has mended the file believes that it runs.
fn say_if_edited(context: &Context, named: &Named, last: &JobExecution, face: &Face) {
    let path = match named {
        Named::File(path) => Some(path.as_path()),
        Named::Id(_) | Named::Job(_) => None,
    };
    if let Some(Edited { path, revision, start }) = edited::since(context, last, path) {
        let kept = format!("the restart runs revision {revision}, with which the job was started");
        face.output.say(&format!("`{path}` is edited: {kept}"));
        face.output.help(&format!("what the file says now is run by `{start}`"));
    }
}

/// Of a job with many instances each start is one of its own: that the same parameters run once, as its refusal would say, is not
/// true of it.
fn refuse_finished(job: &Job, last: &JobExecution) -> Result<(), Failure> {
    if job.instances != Instances::Many || last.status != Status::Completed {
        return Ok(());
    }
    let message = format!("already finished (job {}): there is nothing left to go on with", last.id);
    let again = format!("another run of it begins with `jobctl start {}`", quoted(&job.name));
    Err(Failure::new(Exit::Refused, message).help(again))
}

/// Secrets are in no row, and have no default: what was given at the start must be given again.
fn lost_secrets<'j>(job: &'j Job, given: &GivenParams) -> Vec<&'j ParamDeclaration> {
    job.params.iter().filter(|param| param.secret && given.get(&param.name).is_none()).collect()
}

fn refuse_lost_secrets(job: &Job, given: &GivenParams) -> Result<(), ParamsError> {
    let problem = |param: &ParamDeclaration| {
        let name = &param.name;
        let nothing = if param.required { String::new() } else { format!(", or '{{\"{name}\": null}}' for none") };
        ParamProblem {
            name: name.to_string(),
            message: format!("parameter `{name}` is secret and was not kept"),
            help: Some(format!(r#"give it again with --params-file - as {{"{name}": VALUE}}{nothing}"#)),
        }
    };
    let problems: Vec<_> = lost_secrets(job, given).into_iter().map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(ParamsError { problems }) }
}
