//! `jobctl schedule next`: the coming ticks of an expression, or of the triggers of a job.

use chrono::{DateTime, SecondsFormat, Utc};
use overnight_framework::clock::{Clock as _, SystemClock};
use overnight_framework::schedule::{Schedule, Zone};
use overnight_framework::yaml::{Code, Problem, Problems, Source, Span};
use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::{Next, Schedule as Verb, ScheduleVerb};
use super::describe;
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json::time;
use super::schedules::{self, Scheduled};
use super::table::Kind;

pub(super) fn run(verb: &Verb, face: &Face) -> Result<Exit, Failure> {
    let ScheduleVerb::Next(verb) = &verb.what;
    let from = verb.from.unwrap_or_else(|| SystemClock::default().now());
    let count = usize::try_from(verb.count).unwrap_or(usize::MAX);
    let found = if is_expression(&verb.schedule) { vec![of_expression(verb)?] } else { of_job(verb, face)? };
    let ticks = found.iter().flat_map(|found| found.ticks(from, count)).collect();
    face.output.answer(&Ticks(ticks));
    Ok(Exit::Done)
}

/// A schedule, and whose it is.
struct Found {
    /// The job and its trigger; none of an expression that was typed.
    owner: Option<(String, String)>,
    schedule: Schedule,
}

/// An expression has several words, or begins as no name and no file does.
fn is_expression(text: &str) -> bool {
    let is_file = text.ends_with(".yaml") || text.ends_with(".yml");
    text.starts_with(['@', '*']) || (!is_file && text.split_ascii_whitespace().count() > 1)
}

fn of_expression(verb: &Next) -> Result<Found, Failure> {
    let zone = verb.timezone.clone().unwrap_or_else(Zone::utc);
    let schedule = Schedule::parse(&verb.schedule).map_err(|error| {
        let problem = Problem::new(Span::new(error.span), error.message).code(Code::Schedule);
        let problem = error.help.into_iter().fold(problem, |problem, help| problem.help(help));
        Problems::new(Source::new("schedule", verb.schedule.as_str()), vec![problem])
    })?;
    Ok(Found { owner: None, schedule: schedule.in_zone(zone) })
}

fn of_job(verb: &Next, face: &Face) -> Result<Vec<Found>, Failure> {
    if verb.timezone.is_some() {
        let message = "`--timezone` is for an expression: each trigger of a job says its own zone";
        return Err(Failure::new(Exit::Usage, message));
    }
    let job = describe::find(&verb.schedule, face)?.file.job;
    let scheduled = schedules::of(&job);
    if scheduled.is_empty() {
        let message = format!("job {} has no trigger with a schedule", job.name);
        return Err(Failure::new(Exit::Invalid, message).help("`jobctl schema triggers` says how one is written"));
    }
    for Scheduled { trigger, .. } in scheduled.iter().filter(|scheduled| !scheduled.enabled) {
        face.output.say(&format!("trigger `{trigger}` is not enabled: its ticks start nothing"));
    }
    let found = |Scheduled { job, trigger, schedule, .. }| Found { owner: Some((job, trigger)), schedule };
    Ok(scheduled.into_iter().map(found).collect())
}

impl Found {
    fn ticks(&self, from: DateTime<Utc>, count: usize) -> impl Iterator<Item = Tick> {
        let ticks = self.schedule.between(from, DateTime::<Utc>::MAX_UTC).take(count);
        ticks.map(|at| Tick { owner: self.owner.clone(), schedule: self.schedule.clone(), at })
    }
}

/// One tick of a schedule.
struct Tick {
    owner: Option<(String, String)>,
    schedule: Schedule,
    at: DateTime<Utc>,
}

/// The coming ticks.
pub(super) struct Ticks(Vec<Tick>);

const COLUMNS: [Column<Tick>; 4] = [
    Column::new("Schedule", &["cron", "trigger"], Kind::Text, |tick, _| tick.name()),
    Column::new("Local Time", &["local_time"], Kind::Time, |tick, _| tick.local_time()),
    Column::new("Time Zone", &["timezone"], Kind::Text, |tick, _| tick.schedule.zone().to_string()),
    Column::wide("Tick", &["tick"], Kind::Time, |tick, time| time.show(Some(tick.at))),
];

impl Tick {
    fn name(&self) -> String {
        self.owner.as_ref().map_or_else(|| self.schedule.expression().to_owned(), |(_, trigger)| trigger.clone())
    }

    fn local_time(&self) -> String {
        self.schedule.zone().at(self.at).to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

impl Answer for Ticks {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_keys(&["job"])
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(document).collect()
    }
}

fn document(tick: &Tick) -> Value {
    json!({
        "job": tick.owner.as_ref().map(|(job, _)| job),
        "trigger": tick.owner.as_ref().map(|(_, trigger)| trigger),
        "cron": tick.schedule.expression(),
        "timezone": tick.schedule.zone().name(),
        "tick": time(Some(tick.at)),
        "local_time": tick.local_time(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_told_from_the_name_of_a_job_and_from_a_file() {
        for text in ["@daily", "* * * * *", "*****", "0 22 * *", "*/5 * * * *", "0 0 1-5/2 * *"] {
            assert!(is_expression(text), "{text}");
        }
        for text in ["night", "night.yaml", "jobs/night shift.yaml", "7", ""] {
            assert!(!is_expression(text), "{text}");
        }
    }
}
