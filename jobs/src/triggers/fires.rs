//! One tick or one message of a trigger, on its way into the store. What the store could not take now was not lost: whoever has it
//! tries again.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use overnight_framework::execution::{JsonObject, Trigger as Kind};
use overnight_framework::job::Job;
use overnight_framework::launch::Wish;
use overnight_framework::operator::{Launching, Operator, StartError};
use overnight_framework::params::{self, BindContext, GivenParams, Params};
use overnight_framework::repository::{
    Fire, FireOutcome, FireRecord, Fired, Firing, MessageId, Reject, StoreError, TriggerKey, TriggerWatch,
};
use overnight_framework::trigger::{LONGEST_KEY, Message, Overlap, Queue, Source, Trigger, TriggerError};

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Handled {
    /// It was taken, now or before.
    Fired(Fired),
    /// It cannot be used, and is kept with the reason.
    Rejected(TriggerError),
}

/// A trigger of a job, and the store that takes what it brings.
#[derive(Clone, Copy)]
pub(crate) struct Firer<'a> {
    pub(crate) operator: &'a Operator,
    pub(crate) job: &'a Job,
    pub(crate) trigger: &'a Trigger,
}

/// What a message is, besides what it says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivery {
    /// Its number in one of our own topics.
    pub(crate) number: Option<MessageId>,
    /// Whether a broker has delivered it before.
    pub(crate) again: bool,
}

impl Firer<'_> {
    /// The name of the trigger in the store.
    pub(crate) fn key(&self) -> TriggerKey {
        TriggerKey {
            project: self.operator.project().to_owned(),
            job: self.job.name.clone(),
            name: self.trigger.name.clone(),
        }
    }

    /// The trigger as it is served from now on.
    pub(crate) fn watch(&self) -> TriggerWatch {
        TriggerWatch { trigger: self.key(), enabled: self.trigger.enabled, source: source_of(self.trigger) }
    }

    /// Starts the run of a tick, unless that tick was taken before.
    pub(crate) fn tick(&self, at: DateTime<Utc>) -> Result<Fired, StoreError> {
        let given = match self.trigger.on_tick(at) {
            Ok(given) => given,
            Err(error) => return self.pass(at, FireOutcome::Refused, error.to_string()),
        };
        let unless_running =
            matches!(&self.trigger.source, Source::Cron(cron) if matches!(cron.overlap, Overlap::Skip));
        let fire = self.fire(instant(at), Some(at), None);
        match self.launch(&given, (Kind::Cron, fire, unless_running)) {
            Ok(fired) => Ok(fired),
            Err(Unlaunched::Store(error)) => Err(error),
            Err(Unlaunched::Wrong(why)) => self.pass(at, FireOutcome::Refused, why),
        }
    }

    /// Records a tick that starts nothing.
    pub(crate) fn pass(&self, at: DateTime<Utc>, outcome: FireOutcome, reason: String) -> Result<Fired, StoreError> {
        let what = Firing::Pass { outcome, reason };
        let fire = Fire { what, ..self.fire(instant(at), Some(at), None) };
        self.operator.repository().fire(&fire)
    }

    /// Starts the run that a message asks for, or keeps the message with the reason why not.
    pub(crate) fn message(&self, message: &Message, text: &str, from: Delivery) -> Result<Handled, StoreError> {
        let (key, given) = match self.trigger.on_message(message) {
            Ok(asked) => asked,
            Err(error) => return self.reject((message.id.clone(), text), error, from),
        };
        let fire = self.fire(key.clone(), None, from.number);
        match self.launch(&given, (Kind::Message, fire, false)) {
            Ok(fired) => Ok(Handled::Fired(fired)),
            Err(Unlaunched::Store(error)) => Err(error),
            Err(Unlaunched::Wrong(reason)) => self.reject((Some(key), text), TriggerError::new("params", reason), from),
        }
    }

    /// Keeps a message that cannot be used.
    pub(crate) fn reject(
        &self,
        (key, text): (Option<String>, &str),
        error: TriggerError,
        from: Delivery,
    ) -> Result<Handled, StoreError> {
        let (reason, path) = (error.reason.clone(), Some(error.path.clone()));
        let (trigger, payload) = (self.key(), text.to_owned());
        // A key that is too long is a reason to refuse, and must not be one not to keep.
        let key = key.map(|key| key[..key.floor_char_boundary(LONGEST_KEY)].to_owned());
        let reject = Reject { trigger, key, payload, reason, path, message: from.number, again: from.again };
        self.operator.repository().reject(&reject)?;
        Ok(Handled::Rejected(error))
    }

    fn launch(
        &self,
        given: &JsonObject,
        (kind, fire, unless_running): (Kind, Fire<'_>, bool),
    ) -> Result<Fired, Unlaunched> {
        let params = bind(self.job, given).map_err(Unlaunched::Wrong)?;
        let (job, trigger) = (self.job, kind);
        let launching = Launching { job, params: &params, wish: Wish::Start, trigger, reason: None, key: None };
        self.operator.fire(&launching, fire, unless_running).map_err(|error| match error {
            StartError::Store(error) => Unlaunched::Store(error),
            other => Unlaunched::Wrong(other.to_string()),
        })
    }

    fn fire(&self, key: String, scheduled_at: Option<DateTime<Utc>>, message: Option<MessageId>) -> Fire<'static> {
        let what = Firing::Pass { outcome: FireOutcome::Refused, reason: String::new() };
        Fire { trigger: self.key(), key, scheduled_at, message, what }
    }
}

/// Why there is no run.
enum Unlaunched {
    /// Perhaps there is one later.
    Store(StoreError),
    /// There will never be one of these parameters.
    Wrong(String),
}

/// The parameters of a run that nobody typed: relative paths among them start at the folder of the job.
fn bind(job: &Job, given: &JsonObject) -> Result<Params, String> {
    let given = GivenParams::of(given).map_err(|error| error.to_string())?;
    let base_dir: &Path = &job.base_dir;
    let bound = params::bind(&job.params, &given, BindContext { working_dir: base_dir, base_dir });
    bound.map_err(|error| error.to_string())
}

/// The key of a tick.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What a trigger waits for, in one line. Whoever edits it has a new one.
fn source_of(trigger: &Trigger) -> String {
    match &trigger.source {
        Source::Cron(cron) => format!("cron {} {}", cron.schedule.expression(), cron.schedule.zone().name()),
        Source::Queue(Queue::Topic(topic)) => format!("topic {topic}"),
        Source::Queue(Queue::Amqp(queue)) => format!("amqp {}", queue.queue),
        _ => "nothing that this version knows".to_owned(),
    }
}

/// What to say of a tick or a message that was taken just now.
pub(crate) fn told(record: &FireRecord) -> String {
    let TriggerKey { job, name, .. } = &record.trigger;
    match (record.execution, &record.reason) {
        (Some(id), _) => format!("{job}: trigger {name} put job {id} into the queue ({})", record.key),
        (None, Some(reason)) => format!("{job}: trigger {name} starts nothing for {}: {reason}", record.key),
        (None, None) => format!("{job}: trigger {name} starts nothing for {}", record.key),
    }
}
