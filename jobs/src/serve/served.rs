//! The jobs that a process serves: those of a folder, or those that were applied to the store and of the program itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use overnight_framework::execution::DefinitionId;
use overnight_framework::job::Job;
use overnight_framework::repository::StoreError;
use overnight_framework::trigger::{Queue, Source, Trigger};
use thiserror::Error;

use super::{Look, lock};
use crate::catalog::CatalogError;
use crate::chain::chain;
use crate::wiring::Context;

/// Where the jobs are from.
pub(crate) enum JobsFrom {
    /// They were read already, and stay as they are.
    Files(Vec<Job>),
    /// What is applied in the store, followed as it changes.
    Store,
}

/// Why jobs cannot be served together.
#[derive(Debug, Error)]
pub(crate) enum ServedError {
    /// Two triggers wait for one topic. A message goes to one of them, and nobody could say to which.
    #[error(
        "the topic `{topic}` starts {first} and {second}: a message starts one job; give each of them a topic of its own"
    )]
    SharedTopic { topic: String, first: String, second: String },
    /// A trigger waits at a queue of a broker, and this program was built without the feature for it.
    #[error(
        "{job} (trigger {trigger}) waits at a queue of AMQP, and this program was built without the feature `amqp`"
    )]
    NoAmqp { job: String, trigger: String },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The jobs that are served at this moment.
pub(crate) struct Served<'a> {
    pub(super) jobs: Mutex<Arc<Vec<Job>>>,
    context: &'a Context,
    /// What was read last of the store: revisions, by the names of their jobs. `None` for files.
    applied: Option<Mutex<Vec<(String, DefinitionId)>>>,
}

impl<'a> Served<'a> {
    /// The jobs from there. `tell` hears of those in the store that this version cannot read.
    pub(crate) fn new(context: &'a Context, from: JobsFrom, tell: &dyn Fn(&str)) -> Result<Self, ServedError> {
        let (jobs, applied) = match from {
            JobsFrom::Files(jobs) => (jobs, None),
            JobsFrom::Store => {
                let applied = applied(context)?;
                (read(context, &applied, tell)?, Some(Mutex::new(applied)))
            }
        };
        check(&jobs)?;
        Ok(Self { jobs: Mutex::new(Arc::new(jobs)), context, applied })
    }

    /// How many jobs and triggers there are, for the first line of the journal.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let jobs = super::current(&self.jobs);
        (jobs.len(), jobs.iter().map(|job| job.triggers.len()).sum())
    }

    /// Reads the store again if something was applied since, with every beat. What cannot be served together leaves all as it was.
    pub(super) fn look(&self, tell: &dyn Fn(&str)) -> Result<Look, StoreError> {
        let look = Look { is_new: false, pause: self.context.operator.seat().timing.heartbeat };
        let Some(known) = &self.applied else { return Ok(look) };
        let applied = applied(self.context)?;
        if *lock(known) == applied {
            return Ok(look);
        }
        let jobs = read(self.context, &applied, tell)?;
        lock(known).clone_from(&applied);
        if let Err(error) = check(&jobs) {
            tell(&format!("the jobs have changed, and those of before are served: {error}"));
            return Ok(look);
        }
        tell(&format!("the jobs have changed: {} are served", jobs.len()));
        *lock(&self.jobs) = Arc::new(jobs);
        Ok(Look { is_new: true, ..look })
    }
}

/// What is applied in the project, by the names of the jobs.
fn applied(context: &Context) -> Result<Vec<(String, DefinitionId)>, StoreError> {
    let (operator, mut applied) = (&context.operator, Vec::new());
    for summary in operator.repository().jobs(operator.project())? {
        let known = operator.repository().applied(operator.project(), &summary.name)?;
        applied.extend(known.map(|known| (summary.name, known.definition)));
    }
    Ok(applied)
}

/// The applied jobs, and those of the program.
fn read(context: &Context, applied: &[(String, DefinitionId)], tell: &dyn Fn(&str)) -> Result<Vec<Job>, StoreError> {
    let of_program = context.catalog.names_of_program().filter_map(|name| context.catalog.of_program(name));
    let mut jobs: Vec<_> = of_program.collect();
    for (name, _) in applied {
        match context.applied(name) {
            Ok(Some(job)) => jobs.push(job),
            Ok(None) => {}
            Err(CatalogError::Store(error)) => return Err(error),
            Err(error) => tell(&format!("{name} is not served: {}", chain(&error))),
        }
    }
    Ok(jobs)
}

/// Whether a trigger waits at a queue of a broker.
pub(super) fn is_amqp(trigger: &Trigger) -> bool {
    matches!(trigger.source, Source::Queue(Queue::Amqp(_)))
}

/// Refuses what cannot be served together, or not here.
fn check(jobs: &[Job]) -> Result<(), ServedError> {
    for job in jobs.iter().filter(|_| cfg!(not(feature = "amqp"))) {
        if let Some(trigger) = job.triggers.iter().find(|trigger| is_amqp(trigger)) {
            return Err(ServedError::NoAmqp { job: job.name.clone(), trigger: trigger.name.clone() });
        }
    }
    check_topics(jobs)
}

/// Refuses two triggers of one topic.
pub(crate) fn check_topics<'j>(jobs: impl IntoIterator<Item = &'j Job>) -> Result<(), ServedError> {
    let mut topics: HashMap<&str, String> = HashMap::new();
    for job in jobs {
        for trigger in &job.triggers {
            let Source::Queue(Queue::Topic(topic)) = &trigger.source else { continue };
            let this = format!("{} (trigger {})", job.name, trigger.name);
            if let Some(first) = topics.insert(topic, this.clone()) {
                return Err(ServedError::SharedTopic { topic: topic.clone(), first, second: this });
            }
        }
    }
    Ok(())
}
