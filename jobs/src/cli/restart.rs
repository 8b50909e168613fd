//! `jobctl restart`: the instance goes on from its last committed chunk, in the revision it was started with.

use overnight_framework::execution::{JobInstance, Trigger};
use overnight_framework::job::Job;
use overnight_framework::launch::Wish;
use overnight_framework::params::{GivenParams, InstanceKey, Params};

use super::arguments::Restart;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::run::{self, Running};
use super::target::{self, Named};
use crate::wiring::Context;

pub(super) fn run(verb: &Restart, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.target)?;
    let context = face.open()?;
    let named_execution = target::find(&context, &named, &given)?;
    let repository = context.operator.repository();
    let instance = repository
        .instance(named_execution.instance_id)?
        .ok_or_else(|| Failure::new(Exit::NotFound, format!("the instance of job {} is gone", named_execution.id)))?;
    // Whichever execution was named, its instance goes on after the last one.
    let last = context.operator.last_of(&instance)?.unwrap_or(named_execution);
    let job = context.pinned(&last)?;
    let params = continued(&context, &job, given, &last.params)?;
    let key = InstanceKey::stored(&instance.params);
    same_instance(&params, &key, &instance)?;
    let running = Running {
        job: &job,
        params: &params,
        wish: Wish::Restart,
        trigger: Trigger::Restart,
        reason: verb.reason.as_deref(),
        key: Some(key),
    };
    run::run(running, &context, &face.output)
}

/// The parameters of the last execution, replaced where others are given.
fn continued(
    context: &Context,
    job: &Job,
    mut given: GivenParams,
    last: &overnight_framework::execution::JsonObject,
) -> Result<Params, Failure> {
    for (name, value) in last {
        given.set_default(name, value);
    }
    Ok(context.bind(job, &given)?)
}

/// An identifying parameter that differs would be another instance, and its work another work.
fn same_instance(params: &Params, key: &InstanceKey, instance: &JobInstance) -> Result<(), Failure> {
    if params.key().has_params_of(key) {
        return Ok(());
    }
    let message = format!(
        "the parameters {} name another instance than {}: a restart can change only parameters that are not identifying",
        params.key().text(),
        instance.params,
    );
    let help = "other identifying parameters are a new instance: use `jobctl start`";
    Err(Failure::new(Exit::Invalid, message).help(help))
}
