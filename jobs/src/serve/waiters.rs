//! The services that wait for ticks and for messages.

use std::collections::BTreeMap;
use std::time::Duration;

use overnight_framework::job::Job;
use overnight_framework::repository::{StoreError, TriggerKey, TriggerWatch};
use overnight_framework::trigger::{Queue, Source, Trigger};

use super::{Look, POLL, Server, current};
use crate::triggers::cron::{Clockwork, pause};
use crate::triggers::fires::{Firer, told};
use crate::triggers::topic;

/// How long the clock is not looked at where no tick is near: jobs are edited, and clocks are set.
const LONGEST_NAP: Duration = Duration::from_secs(5);

/// Who waits for the ticks of schedules.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    clockwork: Clockwork,
}

impl Ticks {
    pub(super) fn look(&mut self, server: &Server<'_>) -> Result<Look, StoreError> {
        let jobs = current(&server.served.jobs);
        let firers: Vec<_> = jobs.iter().flat_map(|job| firers(server, job, is_schedule)).collect();
        // Jobs are looked at with every beat, and what has changed in them shall tick from then on.
        let nap = LONGEST_NAP.min(server.context.operator.seat().timing.heartbeat);
        if firers.is_empty() {
            return Ok(Look { is_new: false, pause: nap });
        }
        let repository = server.context.operator.repository();
        let (new, next) = self.clockwork.advance(&firers, repository.now()?)?;
        for record in &new {
            (server.journal)(&told(record));
        }
        Ok(Look { is_new: !new.is_empty(), pause: pause(next, repository.now()?, nap) })
    }
}

/// Who waits for the messages of our own topics.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// What the store knows to be served, as it was told.
    watched: BTreeMap<TriggerKey, TriggerWatch>,
}

impl Topics {
    pub(super) fn look(&mut self, server: &Server<'_>) -> Result<Look, StoreError> {
        let jobs = current(&server.served.jobs);
        let firers: Vec<_> = jobs.iter().flat_map(|job| firers(server, job, is_topic)).collect();
        for firer in &firers {
            let watch = firer.watch();
            if self.watched.get(&watch.trigger) != Some(&watch) {
                server.context.operator.repository().watch(&watch)?;
                self.watched.insert(watch.trigger.clone(), watch);
            }
        }
        let mut is_new = false;
        let mut tell = |line: String| {
            is_new = true;
            (server.journal)(&line);
            server.doors.bell.ring();
        };
        topic::drain(&firers, &mut tell, &|| server.leaves())?;
        Ok(Look { is_new, pause: POLL })
    }
}

fn firers<'s>(
    server: &'s Server<'_>,
    job: &'s Job,
    is_wanted: fn(&Trigger) -> bool,
) -> impl Iterator<Item = Firer<'s>> {
    let operator = &server.context.operator;
    let wanted = job.triggers.iter().filter(move |trigger| is_wanted(trigger));
    wanted.map(move |trigger| Firer { operator, job, trigger })
}

fn is_schedule(trigger: &Trigger) -> bool {
    matches!(trigger.source, Source::Cron(_))
}

fn is_topic(trigger: &Trigger) -> bool {
    matches!(trigger.source, Source::Queue(Queue::Topic(_)))
}
