//! `jobctl start`: a new instance, or the unfinished one continued.

use overnight_framework::execution::{ExecutionId, Trigger};
use overnight_framework::launch::Wish;

use super::arguments::Start;
use super::detach;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::run::{self, Running};
use super::target::{self, Named};
use crate::wiring;

pub(super) fn run(verb: &Start, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    // A mistake that can be seen without the store shall not make one.
    let file = match Named::of(&verb.job)? {
        Named::Id(id) => return Err(is_id(id)),
        Named::File(path) => {
            wiring::bind(&face.catalog()?.load(&path)?, &given)?;
            Some(path)
        }
        Named::Job(_) => None,
    };
    let context = if verb.detach { face.open_to_write()? } else { face.open_to_run()? };
    let job = match &file {
        Some(path) => context.catalog.load(path)?,
        None => context.stored(&verb.job)?,
    };
    let params = wiring::bind(&job, &given)?;
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

fn is_id(id: ExecutionId) -> Failure {
    let message = format!("`start` takes a job file or the name of a job; {id} is the id of one that was started");
    Failure::new(Exit::Usage, message).help(format!("continue it with `jobctl restart {id}`"))
}
