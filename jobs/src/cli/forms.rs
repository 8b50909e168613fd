//! Which forms the answer of each verb has. What does not fit is refused before the verb does anything.

use super::answer::{Answer as _, Shape};
use super::apply::Applied;
use super::arguments::{Format, MigrateVerb, ScheduleVerb, Verb, WhatOfTriggers};
use super::config::Settings;
use super::describe::Described;
use super::execution::{Listed, Shown};
use super::exit::{Exit, Failure};
use super::explain::{Contents, Pages};
use super::graph::Drawing;
use super::help::Topic;
use super::init::Written;
use super::jobs::Jobs;
use super::man::Manual;
use super::migrate::{Migrations, Sql};
use super::output::Output;
use super::publish::Published;
use super::schedule::Ticks;
use super::schedules::Schedules;
use super::schema::Printed;
use super::show::Rejects;
use super::stop::Stopped;
use super::test::Tests;
use super::tree::Drawn;
use super::triggers::{Fires, Refused, Summaries};
use super::validate;
use super::version::Version;

/// The forms that every answer has.
const EVERY: &str = "table, wide, json, jsonl and yaml";

/// Refuses a form that the verb has not, and columns that its answer has not.
pub(super) fn check(verb: &Verb, output: &Output) -> Result<(), Failure> {
    let (name, shape) = of(verb);
    let (format, chosen) = (output.format(), output.chosen());
    match format {
        Format::Sarif if !matches!(verb, Verb::Validate(_)) => {
            return Err(Failure::new(Exit::Usage, "`-o sarif` is a form of `jobctl validate` alone"));
        }
        Format::Dot if !matches!(verb, Verb::Graph(_)) => {
            return Err(Failure::new(Exit::Usage, "`-o dot` is a form of `jobctl graph` alone"));
        }
        Format::Name if !shape.has_names => {
            let more = match verb {
                Verb::Validate(_) => ", and sarif",
                Verb::Graph(_) => ", and dot",
                _ => "",
            };
            let message = format!("the answer of `jobctl {name}` has no names for `-o name`");
            return Err(Failure::new(Exit::Usage, message).help(format!("its forms are {EVERY}{more}")));
        }
        _ => {}
    }
    match format {
        Format::Table | Format::Wide => shape.check(chosen, name),
        Format::Json | Format::Jsonl | Format::Yaml => shape.check_keys(chosen),
        Format::Name | Format::Sarif | Format::Dot if !chosen.is_empty() => {
            let message = "`--columns` chooses columns of tables and keys of JSON and YAML; this form has neither";
            Err(Failure::new(Exit::Usage, message))
        }
        Format::Name | Format::Sarif | Format::Dot => Ok(()),
    }
}

/// A verb as it is typed, with the shape of its answer.
fn of(verb: &Verb) -> (&'static str, Shape) {
    match verb {
        Verb::Start(_) => ("start", Shown::shape()),
        Verb::Stop(verb) if verb.wait => ("stop --wait", Shown::shape()),
        Verb::Stop(_) => ("stop", Stopped::shape()),
        Verb::Restart(_) => ("restart", Shown::shape()),
        Verb::Show(verb) if verb.rejects => ("show --rejects", Rejects::shape()),
        Verb::Show(_) => ("show", Shown::shape()),
        Verb::List(_) => ("list", Listed::shape()),
        Verb::Wait(_) => ("wait", Shown::shape()),
        Verb::Tree(_) => ("tree", Drawn::shape()),
        Verb::Jobs => ("jobs", Jobs::shape()),
        Verb::Serve(_) => ("serve", Shape::default()),
        Verb::Publish(_) => ("publish", Published::shape()),
        Verb::Triggers(verb) => match verb.what() {
            WhatOfTriggers::Summary => ("triggers", Summaries::shape()),
            WhatOfTriggers::Fires => ("triggers --fires", Fires::shape()),
            WhatOfTriggers::Rejects => ("triggers --rejects", Refused::shape()),
        },
        Verb::Describe(_) => ("describe", Described::shape()),
        Verb::Graph(_) => ("graph", Drawing::shape()),
        Verb::Schedules(_) => ("schedules", Schedules::shape()),
        Verb::Schedule(verb) => match verb.what {
            ScheduleVerb::Next(_) => ("schedule next", Ticks::shape()),
        },
        Verb::Apply(_) => ("apply", Applied::shape()),
        Verb::Completion(_) => ("completion", Shape::default()),
        Verb::Man(verb) if verb.dir.is_some() => ("man --dir", Manual::shape()),
        Verb::Man(_) => ("man", Shape::default()),
        Verb::Help(_) => ("help", Topic::shape()),
        Verb::Init(_) => ("init", Written::shape()),
        Verb::Validate(_) => ("validate", validate::shape()),
        Verb::Test(_) => ("test", Tests::shape()),
        Verb::Schema(_) => ("schema", Printed::shape()),
        Verb::Explain(verb) if verb.names.is_empty() => ("explain", Contents::shape()),
        Verb::Explain(_) => ("explain", Pages::shape()),
        Verb::Config => ("config", Settings::shape()),
        Verb::Migrate(verb) => match verb.what {
            MigrateVerb::Status => ("migrate status", Migrations::shape()),
            MigrateVerb::Up => ("migrate up", Migrations::shape()),
            MigrateVerb::Down { .. } => ("migrate down", Migrations::shape()),
            MigrateVerb::Sql => ("migrate sql", Sql::shape()),
        },
        Verb::Version => ("version", Version::shape()),
    }
}
