//! The subscriptions to brokers: one for each trigger that waits at a queue, begun and ended as the jobs change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::{self, Scope};

use overnight_framework::job::Job;
use overnight_framework::repository::{Revision, StoreError, TriggerKey, TriggerWatch};
use overnight_framework::status::StopIntent;
use overnight_framework::stop::StopToken;
use overnight_framework::trigger::{Queue, Source};

use super::served::is_amqp;
use super::{Look, Server, current};
use crate::triggers::amqp::Subscriber;
use crate::triggers::fires::Firer;

/// Who keeps the subscriptions as the jobs want them.
#[derive(Debug, Default)]
pub(super) struct Brokers {
    subscriptions: BTreeMap<TriggerKey, Subscription>,
}

/// A subscription, as its trigger and its job were when it began.
#[derive(Debug)]
struct Subscription {
    watch: TriggerWatch,
    revision: Revision,
    leaving: StopToken,
}

impl Brokers {
    /// Begins what is wanted and not there, and ends what is there and not wanted as it is.
    pub(super) fn look<'scope>(
        &mut self,
        server: &'scope Server<'_>,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<Look, StoreError> {
        let jobs = current(&server.served.jobs);
        let wanted = wanted(server, &jobs);
        self.subscriptions.retain(|key, subscription| {
            let stays = wanted.get(key).is_some_and(|(watch, job, _)| {
                *watch == subscription.watch && jobs.get(*job).is_some_and(|job| job.revision == subscription.revision)
            });
            if !stays {
                subscription.leaving.request(StopIntent::Interrupted);
            }
            stays
        });
        for (key, (watch, place, trigger)) in wanted {
            let Some(job) = jobs.get(place).filter(|_| !self.subscriptions.contains_key(&key)) else { continue };
            server.context.operator.repository().watch(&watch)?;
            let leaving = server.doors.leaving.child();
            if watch.enabled {
                begin(server, scope, (&jobs, place, trigger), leaving.clone());
            }
            let revision = job.revision.clone();
            self.subscriptions.insert(key, Subscription { watch, revision, leaving });
        }
        Ok(Look { is_new: false, pause: server.context.operator.seat().timing.heartbeat })
    }
}

/// The triggers that wait at queues of brokers, each with the places of its job and of itself.
fn wanted(server: &Server<'_>, jobs: &[Job]) -> BTreeMap<TriggerKey, (TriggerWatch, usize, usize)> {
    let operator = &server.context.operator;
    let mut wanted = BTreeMap::new();
    for (place, job) in jobs.iter().enumerate() {
        for (number, trigger) in job.triggers.iter().enumerate().filter(|(_, trigger)| is_amqp(trigger)) {
            let watch = Firer { operator, job, trigger }.watch();
            wanted.insert(watch.trigger.clone(), (watch, place, number));
        }
    }
    wanted
}

/// Subscribes on a thread of its own, which keeps the jobs as they are now.
fn begin<'scope>(
    server: &'scope Server<'_>,
    scope: &'scope Scope<'scope, '_>,
    (jobs, place, number): (&Arc<Vec<Job>>, usize, usize),
    leaving: StopToken,
) {
    let jobs = Arc::clone(jobs);
    let subscribe = move || {
        let Some(job) = jobs.get(place) else { return };
        let Some(trigger) = job.triggers.get(number) else { return };
        let Source::Queue(Queue::Amqp(queue)) = &trigger.source else { return };
        let firer = Firer { operator: &server.context.operator, job, trigger };
        let tell = |line: String| {
            (server.journal)(&line);
            server.doors.bell.ring();
        };
        Subscriber { firer, queue, leaving: &leaving, tell: &tell }.run();
    };
    if let Err(error) = thread::Builder::new().name("queue".to_owned()).spawn_scoped(scope, subscribe) {
        (server.journal)(&format!("cannot listen to a queue: {error}"));
    }
}
