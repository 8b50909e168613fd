//! What starts a job by itself: its schedules, its queues, and what they give to a run, checked against the job above them.

mod given;
mod url;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use self::given::{Names, OfUrl};
use super::frames::{Frames, Moment};
use super::job::{Computed, File};
use super::layout::{Layout, Needs};
use super::{guard, tables};
use crate::error::{BatchError, names};
use crate::expr::Template;
use crate::job::Instances;
use crate::params::{ParamDeclaration, Params};
use crate::schedule::{Schedule, Zone};
use crate::trigger::{
    self, AmqpQueue, Assigned, CronSource, JobOfTrigger, Missed, MissedPolicy, Overlap, Queue, QueueUrl, Source,
    Trigger,
};
use crate::yaml::{Code, Cursor, Fields};

/// A trigger that was read.
pub(super) struct TriggerDraft {
    name: String,
    enabled: bool,
    source: SourceDraft,
    key: Option<trigger::Computed>,
    params: Vec<(Box<str>, Assigned)>,
}

enum SourceDraft {
    Cron(CronSource),
    Topic(String),
    Amqp { url: Box<Computed>, queue: String, prefetch: u16 },
}

/// What a trigger may know of its job.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) file: &'a File<'a>,
    pub(super) layout: &'a Layout,
    /// The parameters whose declarations could be read.
    pub(super) params: &'a [ParamDeclaration],
    /// `None` when the job says it wrongly.
    pub(super) instances: Option<Instances>,
}

/// What is said of ticks, or of messages, and not of the other.
struct Entries<'a> {
    timezone: Option<Cursor<'a>>,
    every_second: Option<Cursor<'a>>,
    missed: Option<Cursor<'a>>,
    overlap: Option<Cursor<'a>>,
    key: Option<Cursor<'a>>,
}

impl Known<'_> {
    /// Whether every parameter of the job is known.
    fn knows_params(&self) -> bool {
        self.params.len() == self.file.census.params.len()
    }
}

/// Reads `triggers`.
pub(super) fn triggers(at: &Cursor<'_>, known: Known<'_>) -> Option<Vec<TriggerDraft>> {
    let mut taken = Taken::default();
    at.list(|at| trigger(at, known, &mut taken))
}

/// What the triggers before one have taken.
#[derive(Default)]
struct Taken {
    names: BTreeSet<String>,
    topics: BTreeSet<String>,
}

fn trigger(at: &Cursor<'_>, known: Known<'_>, taken: &mut Taken) -> Option<TriggerDraft> {
    let mut fields = at.mapping(&tables::TRIGGER)?;
    let name = fields.required("name", |at| name(at, &mut taken.names));
    if let Some(name) = &name {
        fields = fields.called(format!("trigger `{name}`"));
    }
    let enabled = fields.or("enabled", true, Cursor::boolean);
    let entries = Entries::of(&mut fields);
    let source = fields.exactly_one_of(&["cron", "queue"]);
    let params = fields.get("params");
    let whole = fields.at().clone();
    fields.finish();
    let (source_name, source_at) = source?;
    let fits = entries.refuse_others(source_name);
    let kind = if source_name == "cron" { Names::of_ticks() } else { Names::of_messages() };
    let key = entries.key.as_ref().filter(|_| fits.is_some());
    let key = key.map_or(Some(None), |at| kind.key(at).map(Some));
    let given = kind.params(params.as_ref(), &whole, known);
    let source = match source_name {
        "cron" => entries.cron(&source_at).map(SourceDraft::Cron),
        _ => queue(&source_at, known, &mut taken.topics),
    };
    fits?;
    Some(TriggerDraft { name: name?, enabled: enabled?, source: source?, key: key?, params: given? })
}

fn name(at: &Cursor<'_>, names: &mut BTreeSet<String>) -> Option<String> {
    let name = guard::name(at, "a trigger")?;
    if names.insert(name.to_owned()) {
        return Some(name.to_owned());
    }
    at.refuse(at.problem(format!("there are two triggers called `{name}`")).code(Code::Twice))
}

impl<'a> Entries<'a> {
    fn of(fields: &mut Fields<'a>) -> Self {
        Self {
            timezone: fields.get("timezone"),
            every_second: fields.get("allow_every_second"),
            missed: fields.get("missed"),
            overlap: fields.get("overlap"),
            key: fields.get("key"),
        }
    }

    /// Refuses what has no meaning for this source.
    fn refuse_others(&self, source: &str) -> Option<()> {
        let (of_cron, of_queue) = (
            [&self.timezone, &self.every_second, &self.missed, &self.overlap].map(Option::as_ref),
            [self.key.as_ref()],
        );
        let (others, theirs): (&[_], _) = if source == "cron" { (&of_queue, "queue") } else { (&of_cron, "cron") };
        let mut fine = Some(());
        for at in others.iter().copied().flatten() {
            let key = at.key().map_or("this key", |key| key.name());
            let problem = at.problem_of_key(format!("`{key}` is for `{theirs}`, not for `{source}`"));
            let problem = problem.code(Code::Contradiction);
            fine = at.refuse(if key == "key" { problem.help("the key of a tick is its time") } else { problem });
        }
        fine
    }

    fn cron(&self, at: &Cursor<'_>) -> Option<CronSource> {
        let every_second = self.every_second.as_ref().map_or(Some(false), Cursor::boolean);
        let schedule = schedule(at, every_second.unwrap_or(true));
        let zone = self.timezone.as_ref().map_or(Some(Zone::utc()), zone);
        let missed = self.missed.as_ref().map_or(Some(Missed::default()), missed);
        let choices = [("allow", Overlap::Allow), ("skip", Overlap::Skip)];
        let overlap = self.overlap.as_ref().map_or(Some(Overlap::default()), |at| at.one_of(&choices));
        every_second?;
        Some(CronSource { schedule: schedule?.in_zone(zone?), missed: missed?, overlap: overlap? })
    }
}

fn schedule(at: &Cursor<'_>, every_second: bool) -> Option<Schedule> {
    let text = at.filled_text()?;
    let read = if every_second { Schedule::parse_every_second(text) } else { Schedule::parse(text) };
    read.map_err(|error| {
        let problem = at.problem_in(error.span, error.message).code(Code::Schedule);
        let _: Option<()> = at.refuse(error.help.into_iter().fold(problem, |problem, help| problem.help(help)));
    })
    .ok()
}

fn zone(at: &Cursor<'_>) -> Option<Zone> {
    let name = at.filled_text()?;
    Zone::named(name)
        .map_err(|unknown| {
            let problem = at.problem(format!("there is no time zone `{name}`")).code(Code::UnknownZone);
            let _: Option<()> = at.refuse(problem.help(unknown.help));
        })
        .ok()
}

fn missed(at: &Cursor<'_>) -> Option<Missed> {
    const POLICIES: [(&str, MissedPolicy); 2] = [("skip", MissedPolicy::Skip), ("last", MissedPolicy::Last)];
    let default = Missed::default();
    if at.node().as_mapping().is_none() {
        return Some(Missed { policy: at.one_of(&POLICIES)?, ..default });
    }
    let mut fields = at.mapping(&tables::MISSED)?;
    let policy = fields.or("policy", default.policy, |at| at.one_of(&POLICIES));
    let within_at = fields.get("within");
    let within = within_at.as_ref().map_or(Some(default.within), Cursor::duration);
    fields.finish();
    let missed = Missed { policy: policy?, within: within? };
    let refusal = match missed {
        Missed { policy: MissedPolicy::Skip, .. } => "with `policy: skip` no tick is made up for, however old it is",
        Missed { within, .. } if within.is_zero() => "no tick is so young that it could be made up for",
        _ => return Some(missed),
    };
    match within_at {
        Some(at) => at.refuse(at.problem_of_key(refusal).code(Code::Contradiction).help("leave `within` out")),
        None => Some(missed),
    }
}

fn queue(at: &Cursor<'_>, known: Known<'_>, topics: &mut BTreeSet<String>) -> Option<SourceDraft> {
    let mut fields = at.mapping(&tables::QUEUE)?;
    let choice = fields.exactly_one_of(&["topic", "amqp"]);
    fields.finish();
    match choice? {
        ("topic", at) => topic(&at, topics).map(SourceDraft::Topic),
        (_, at) => amqp(&at, known),
    }
}

fn topic(at: &Cursor<'_>, topics: &mut BTreeSet<String>) -> Option<String> {
    let name = guard::name(at, "a topic")?;
    if topics.insert(name.to_owned()) {
        return Some(name.to_owned());
    }
    let problem = at.problem(format!("two triggers wait for the topic `{name}`: a message starts one run"));
    at.refuse(problem.code(Code::Twice).help("give each of them a topic of its own, and publish to both"))
}

fn amqp(at: &Cursor<'_>, known: Known<'_>) -> Option<SourceDraft> {
    let mut fields = at.mapping(&tables::AMQP)?;
    let judge = OfUrl(known);
    let url = fields.required("url", |at| {
        url::check(at)?;
        known.file.computed(at, known.layout, &judge)
    });
    let queue = fields.required("queue", queue_name);
    let prefetch = fields.or("prefetch", 16, |at| u16::try_from(at.integer(1..=65_535)?).ok());
    fields.finish();
    Some(SourceDraft::Amqp { url: Box::new(url?), queue: queue?, prefetch: prefetch? })
}

/// The name of a queue is the same wherever the job is served: it is a part of what the trigger is.
fn queue_name(at: &Cursor<'_>) -> Option<String> {
    let template = Template::parse(at.filled_text()?).ok();
    let literal = template.as_ref().and_then(Template::literal).map(str::to_owned);
    literal.or_else(|| {
        let problem = at.problem("the name of a queue is written as it is, without expressions");
        let help = "what differs from place to place is the `url`: give each place a virtual host of its own";
        at.refuse(problem.code(Code::ExpressionPlace).help(help))
    })
}

impl TriggerDraft {
    /// What it needs of the world.
    pub(super) fn needs(&self) -> Option<&Needs> {
        match &self.source {
            SourceDraft::Amqp { url, .. } => Some(&url.needs),
            SourceDraft::Cron(_) | SourceDraft::Topic(_) => None,
        }
    }

    /// The trigger, ready for ticks or messages.
    pub(super) fn into_trigger(self, frames: &Arc<Frames>, job: &Arc<JobOfTrigger>) -> Trigger {
        let Self { name, enabled, source, key, params } = self;
        let source = match source {
            SourceDraft::Cron(cron) => Source::Cron(cron),
            SourceDraft::Topic(topic) => Source::Queue(Queue::Topic(topic)),
            SourceDraft::Amqp { url, queue, prefetch } => {
                let url = into_url(*url, Arc::clone(frames));
                Source::Queue(Queue::Amqp(AmqpQueue { url, queue, prefetch }))
            }
        };
        Trigger { name, enabled, source, key, params: params.into(), job: Arc::clone(job) }
    }
}

fn into_url(url: Computed, frames: Arc<Frames>) -> QueueUrl {
    QueueUrl::new(move || {
        let params = Params::default();
        let frame = frames.frame(&url.needs, Moment::before(&params))?;
        let text = url.setting.text(&frame).map_err(|error| frame.masked(error))?;
        match url::refusal(&text) {
            Some(refused) => Err(BatchError::new(names::INVALID_VALUE, refused.to_string())),
            None => Ok(text),
        }
    })
}

/// What the triggers of a job know of it.
pub(super) fn job_of_triggers(params: &[ParamDeclaration], base_dir: &Path) -> Arc<JobOfTrigger> {
    Arc::new(JobOfTrigger { params: params.to_vec(), base_dir: base_dir.to_owned() })
}
