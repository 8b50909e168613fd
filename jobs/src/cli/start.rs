//! `jobctl start`: a new instance, or the unfinished one continued.

use overnight_framework::execution::Trigger;
use overnight_framework::launch::Wish;

use super::arguments::Start;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::run::{self, Running};
use super::target::{self, Named};

pub(super) fn run(verb: &Start, face: &Face) -> Result<Exit, Failure> {
    let given = target::params(&verb.params)?;
    let named = Named::of(&verb.job)?;
    let context = face.open_to_run()?;
    let job = match &named {
        Named::File(path) => context.catalog.load(path)?,
        Named::Job(name) => context.stored(name)?,
        Named::Id(id) => {
            let message =
                format!("`start` takes a job file or the name of a job; {id} is the id of one that was started");
            return Err(Failure::new(Exit::Usage, message).help(format!("continue it with `jobctl restart {id}`")));
        }
    };
    let params = context.bind(&job, &given)?;
    let running = Running {
        job: &job,
        params: &params,
        wish: Wish::Start,
        trigger: Trigger::Cli,
        reason: verb.reason.as_deref(),
        key: None,
    };
    run::run(running, &context, face)
}
