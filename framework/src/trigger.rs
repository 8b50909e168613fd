//! Triggers: what starts a job by itself, the ticks of a schedule or the messages of a queue.
//!
//! A trigger is data and pure functions: which schedule or queue it listens to, and what a tick or a message gives to the
//! run that it starts. Who waits for ticks and messages, and keeps each from starting two runs, stands behind it:
//!
//! ```
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use overnight_framework::definition::{self, Environment, FixedEnvironment};
//! use overnight_framework::kind::Kinds;
//! use overnight_framework::params::parse_datetime;
//! use overnight_framework::step::{Outcome, StepContext};
//! use overnight_framework::trigger::Source as Of;
//! use overnight_framework::yaml::Source;
//! # use overnight_framework::BatchError;
//! # use overnight_framework::kind::{Frame, Names, TaskletKind, TaskletPlan};
//! # use overnight_framework::step::Tasklet;
//! # use overnight_framework::yaml::Cursor;
//! # struct Noop;
//! # impl TaskletKind for Noop {
//! #     fn name(&self) -> &'static str { "noop" }
//! #     fn check(&self, _: &Cursor<'_>, _: &Names<'_>) -> Option<Box<dyn TaskletPlan>> { Some(Box::new(Noop)) }
//! # }
//! # impl TaskletPlan for Noop {
//! #     fn build(&self, _: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
//! #         Ok(Box::new(|_: &mut StepContext<'_>| Ok(Outcome::COMPLETED)))
//! #     }
//! # }
//!
//! let text = "\
//! name: end-of-day
//! params: { day: { type: date, required: true } }
//! steps: [{ name: close, tasklet: { noop: {} } }]
//! triggers:
//!   - name: nightly
//!     cron: 30 22 * * MON-FRI
//!     timezone: Europe/Berlin
//!     params: { day: \"${{ trigger.local_date }}\" }
//! ";
//! let environment: Arc<dyn Environment> = Arc::new(FixedEnvironment::default());
//! let kinds = Kinds::default().tasklet(Noop);
//! let file = definition::read(&Source::new("eod.yaml", text), &kinds, &environment, Path::new("/jobs"))?;
//! let nightly = &file.job.triggers[0];
//! let Of::Cron(cron) = &nightly.source else { panic!("it is one") };
//! let tick = cron.schedule.next(parse_datetime("2027-01-01T12:00:00Z").unwrap()).unwrap();
//! assert_eq!(tick.to_rfc3339(), "2027-01-01T21:30:00+00:00");
//! assert_eq!(nightly.on_tick(tick)?["day"], "2027-01-01");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod computed;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub(crate) use self::computed::{Computed, MESSAGE_NAMES, TICK_NAMES};
use crate::error::BatchError;
use crate::params::{BindContext, Given, GivenParams, ParamDeclaration, ParamProblem, bind};
use crate::row::Value;
use crate::schedule::Schedule;

/// Parameters, as a start gives them.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// What starts a job by itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name, of which the job has no second one.
    pub name: String,
    /// Whether it starts anything, as the file says it.
    pub enabled: bool,
    /// What it waits for.
    pub source: Source,
    /// What makes the key of a message, where it is not the message's id.
    pub(crate) key: Option<Computed>,
    /// What it gives to a run.
    pub(crate) params: Arc<[(Box<str>, Assigned)]>,
    /// The job that it is a part of, as far as it has to be known.
    pub(crate) job: Arc<JobOfTrigger>,
}

/// What a trigger waits for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// The ticks of a schedule.
    Cron(CronSource),
    /// The messages of a queue.
    Queue(Queue),
}

/// A schedule, and what becomes of the ticks that nobody was there for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CronSource {
    /// The schedule, in its zone.
    pub schedule: Schedule,
    /// What becomes of ticks that were missed.
    pub missed: Missed,
    /// What becomes of a tick while another run of the job waits or is under way.
    pub overlap: Overlap,
}

/// What becomes of ticks that were missed because nobody was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// Which of them are made up for.
    pub policy: MissedPolicy,
    /// How old one may be that is made up for.
    pub within: Duration,
}

/// Which missed ticks are made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissedPolicy {
    /// None.
    Skip,
    /// The last one.
    Last,
}

/// What becomes of a tick while another run of the job waits or is under way, whoever started it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overlap {
    /// It starts its run beside the other one.
    #[default]
    Allow,
    /// It starts nothing.
    Skip,
}

/// Where messages come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Queue {
    /// A topic of the store.
    Topic(String),
    /// A queue of a broker that speaks AMQP.
    Amqp(AmqpQueue),
}

/// A queue of a broker that speaks AMQP.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AmqpQueue {
    /// Where the broker is.
    pub url: QueueUrl,
    /// The name of the queue there.
    pub queue: String,
    /// How many messages may be on their way at once.
    pub prefetch: u16,
}

/// Where a broker is. It may be made of secrets, so it is resolved when it is used, and never shown.
#[derive(Clone)]
pub struct QueueUrl(Arc<Resolve>);

type Resolve = dyn Fn() -> Result<String, BatchError> + Send + Sync;

/// A message, as a queue gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What tells it from every other message of its queue, where the queue has such a thing.
    pub id: Option<String>,
    /// The topic or queue that it came by.
    pub topic: String,
    /// What it says.
    pub body: serde_json::Value,
}

/// Why a tick or a message starts no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
#[non_exhaustive]
pub struct TriggerError {
    /// What is at fault: a field of the message such as `message.body.date`, else the part of the trigger, `params.day` or `key`.
    pub path: String,
    /// What is wrong with it, and what was expected.
    pub reason: String,
}

/// A value that a trigger gives.
#[derive(Clone, Debug)]
pub(crate) enum Assigned {
    Literal(Given),
    Computed(Computed),
}

/// What a trigger knows of its job.
#[derive(Debug)]
pub(crate) struct JobOfTrigger {
    pub(crate) params: Vec<ParamDeclaration>,
    pub(crate) base_dir: PathBuf,
}

/// The longest key of a message, in bytes: it is part of an index.
pub const LONGEST_KEY: usize = 512;

impl Trigger {
    /// The parameters of the run that a tick starts: those that the trigger gives, checked, paths made absolute.
    ///
    /// # Errors
    /// When an expression has no value for this tick, or one that the parameter does not take.
    pub fn on_tick(&self, scheduled_at: DateTime<Utc>) -> Result<JsonObject, TriggerError> {
        let Source::Cron(cron) = &self.source else {
            return Err(TriggerError::new("trigger", format!("`{}` waits for messages and has no ticks", self.name)));
        };
        let day = cron.schedule.nominal(scheduled_at).date();
        self.params(&[self.name.as_str().into(), Value::DateTime(scheduled_at), Value::Date(day)], None)
    }

    /// The key of a message, which starts one run however often it comes, and the parameters of that run.
    ///
    /// # Errors
    /// When the message has no key, lacks a field, or has a value that a parameter does not take. Such a message never starts
    /// anything, so it makes no sense to try it again.
    pub fn on_message(&self, message: &Message) -> Result<(String, JsonObject), TriggerError> {
        let Source::Queue(_) = &self.source else {
            return Err(TriggerError::new("trigger", format!("`{}` has ticks and takes no messages", self.name)));
        };
        let slots = [
            self.name.as_str().into(),
            message.id.as_deref().map_or(Value::Null, Value::from),
            message.topic.as_str().into(),
            Value::Json(Box::new(message.body.clone())),
        ];
        Ok((self.key(&slots, message)?, self.params(&slots, Some(message))?))
    }

    fn key(&self, slots: &[Value], message: &Message) -> Result<String, TriggerError> {
        let wrong = |reason: String| Err(TriggerError::new("key", reason));
        let key = match &self.key {
            Some(key) => key.value("key", slots, Some(message))?.to_json(),
            None => message.id.clone().unwrap_or_default().into(),
        };
        let key = match key {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            other => return wrong(format!("expected a text or a number, found {other}")),
        };
        match key.len() {
            0 if self.key.is_none() => {
                Err(TriggerError::new("message.id", "the message has no id, and the trigger says no `key`"))
            }
            0 => wrong("expected a text, found an empty one".to_owned()),
            // Databases keep no such text, and what they would keep instead may be another key.
            _ if key.contains('\0') => wrong("expected a text, found one with U+0000 in it".to_owned()),
            1..=LONGEST_KEY => Ok(key),
            length => wrong(format!("the key has {length} bytes, the limit is {LONGEST_KEY}")),
        }
    }

    fn params(&self, slots: &[Value], message: Option<&Message>) -> Result<JsonObject, TriggerError> {
        let mut given = GivenParams::default();
        for (name, assigned) in &*self.params {
            let value = match assigned {
                Assigned::Literal(given) => given.clone(),
                Assigned::Computed(computed) => {
                    let value = computed.value(&format!("params.{name}"), slots, message)?;
                    Given::Json { text: value.to_json().to_string(), place: None }
                }
            };
            given.set(name.to_string(), value);
        }
        let JobOfTrigger { params, base_dir } = &*self.job;
        let bound = bind(params, &given, BindContext { working_dir: base_dir, base_dir });
        let bound = bound.map_err(|error| self.refused(error.problems.into_iter().next()))?;
        // Defaults are left to the launch, which knows the newest ones.
        let is_given = |name: &String| self.params.iter().any(|(given, _)| **given == **name);
        Ok(bound.to_json().into_iter().filter(|(name, _)| is_given(name)).collect())
    }

    /// What a parameter does not take, with the field of the message that it came from.
    fn refused(&self, problem: Option<ParamProblem>) -> TriggerError {
        let Some(problem) = problem else { return TriggerError::new("params", "they are not taken") };
        let assigned = self.params.iter().find(|(name, _)| **name == *problem.name);
        let field = assigned.and_then(|(_, assigned)| match assigned {
            Assigned::Literal(_) => None,
            Assigned::Computed(computed) => computed.only_field(),
        });
        let path = field.unwrap_or_else(|| format!("params.{}", problem.name));
        TriggerError::new(path, problem.message)
    }
}

impl TriggerError {
    /// An error at `path`, a field of the message or a part of the trigger.
    #[must_use]
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// The last one, when it is not older than a day.
impl Default for Missed {
    fn default() -> Self {
        Self { policy: MissedPolicy::Last, within: Duration::from_hours(24) }
    }
}

impl QueueUrl {
    pub(crate) fn new(resolve: impl Fn() -> Result<String, BatchError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(resolve))
    }

    /// The URL, with the values that its secrets and environment variables have now.
    ///
    /// # Errors
    /// When a secret has no value.
    pub fn resolve(&self) -> Result<String, BatchError> {
        (self.0)()
    }
}

impl fmt::Debug for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueUrl")
    }
}
