//! What each verb takes.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use overnight_framework::schedule::Zone;
use overnight_framework::status::Word;

use super::values::{count, duration, instant, interval, room, ticks, word, zone};
use crate::cli::completion;
use crate::explain::{self, Page};

/// The parameters of a job.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct ParamArguments {
    /// The parameters as a JSON object; `-` reads it from stdin
    #[arg(value_name = "JSON", conflicts_with = "params")]
    pub(in crate::cli) json: Option<String>,
    /// The parameters as a JSON object
    #[arg(long, value_name = "JSON")]
    pub(in crate::cli) params: Option<String>,
    /// A file with the parameters as a JSON object; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) params_file: Option<PathBuf>,
    /// One parameter; it replaces the same one of the documents
    #[arg(short, long = "param", value_name = "NAME=VALUE", add = ArgValueCompleter::new(completion::params))]
    pub(in crate::cli) pairs: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Start {
    /// A job file, or the name of a job that was started before
    #[arg(value_name = "FILE|JOB", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) job: String,
    #[command(flatten)]
    pub(in crate::cli) params: ParamArguments,
    /// Print the id and leave: the job goes on in the background, in a session of its own, and writes a log
    #[arg(long, alias = "async")]
    pub(in crate::cli) detach: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,
    /// Do not ask on a terminal for parameters that are missing
    #[arg(long)]
    pub(in crate::cli) no_input: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Stop {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) target: String,
    #[command(flatten)]
    pub(in crate::cli) params: ParamArguments,
    /// Wait until it has ended, and show it; exit with 6 if it was not stopped
    #[arg(long)]
    pub(in crate::cli) wait: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Restart {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) target: String,
    #[command(flatten)]
    pub(in crate::cli) params: ParamArguments,
    /// Print the id and leave: the job goes on in the background, in a session of its own, and writes a log
    #[arg(long, alias = "async")]
    pub(in crate::cli) detach: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,
    /// Do not ask on a terminal for parameters that are missing
    #[arg(long)]
    pub(in crate::cli) no_input: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) target: String,
    #[command(flatten)]
    pub(in crate::cli) params: ParamArguments,
    /// Show the records instead that its instance skipped
    #[arg(long, conflicts_with = "watch")]
    pub(in crate::cli) rejects: bool,
    /// The same as `-o wide`: every column, such as the names and counters of the steps
    #[arg(long, conflicts_with = "rejects")]
    pub(in crate::cli) wide: bool,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArguments,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only this job
    #[arg(long, value_name = "JOB", add = ArgValueCompleter::new(completion::job_names))]
    pub(in crate::cli) job: Option<String>,
    /// Only jobs with this status: queued, starting, running, stopping, stopped, paused, cancelled, finished, failed,
    /// discarded or unknown; may be repeated
    #[arg(long, value_name = "WORD", value_parser = word)]
    pub(in crate::cli) status: Vec<Word>,
    /// At most so many, the newest; 0 for all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = count)]
    pub(in crate::cli) limit: u32,
    /// `asc`: the newest last, nearest to the prompt; `desc`: the newest first
    #[arg(long, value_enum, value_name = "ORDER", default_value_t, hide_possible_values = true)]
    pub(in crate::cli) order: Order,
    #[command(flatten)]
    pub(in crate::cli) watch: WatchArguments,
}

/// Looking again and again.
#[derive(Debug, Args)]
pub(in crate::cli) struct WatchArguments {
    /// Go on looking: on a terminal in place, elsewhere with an answer whenever something has changed
    #[arg(short, long)]
    pub(in crate::cli) watch: bool,
    /// How often --watch looks, such as 500ms or 1m
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "1s", requires = "watch")]
    pub(in crate::cli) interval: Duration,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Order {
    /// The newest last, nearest to the prompt
    #[default]
    Asc,
    /// The newest first
    Desc,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Wait {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) target: String,
    #[command(flatten)]
    pub(in crate::cli) params: ParamArguments,
    /// At most so long, such as 30s or 2h; then exit with 8
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(in crate::cli) timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Tree {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) target: String,
    #[command(flatten)]
    pub(in crate::cli) params: ParamArguments,
    /// Only the branches that lead to a failure
    #[arg(long)]
    pub(in crate::cli) failed: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// Serve the job files of this folder, as they are now; else the jobs that were applied, as they change
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) jobs: Option<PathBuf>,
    /// How many jobs may run at once in this process; else as many as there are cores
    #[arg(long, value_name = "COUNT", value_parser = room, default_value_t = cores(), hide_default_value = true)]
    pub(in crate::cli) concurrency: u32,
    /// Leave when nothing is due, nothing waits and nothing runs any more, instead of staying
    #[arg(long)]
    pub(in crate::cli) until_idle: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Publish {
    /// The topic that a trigger of a job names
    #[arg(value_name = "TOPIC")]
    pub(in crate::cli) topic: String,
    /// The message, a JSON value; `-` reads it from stdin
    #[arg(value_name = "JSON")]
    pub(in crate::cli) message: String,
    /// Its id: a second message with the same one starts nothing. Else one that no other message has
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(in crate::cli) id: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Triggers {
    /// Only those of this job
    #[arg(value_name = "JOB", add = ArgValueCompleter::new(completion::job_names))]
    pub(in crate::cli) job: Option<String>,
    /// What they have taken, the newest last, and what became of it
    #[arg(long, conflicts_with = "rejects")]
    fires: bool,
    /// The messages that they could not use, the newest last, and why
    #[arg(long)]
    rejects: bool,
    /// At most so many, the newest
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = room)]
    pub(in crate::cli) limit: u32,
}

/// What is asked of triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum WhatOfTriggers {
    Summary,
    Fires,
    Rejects,
}

impl Triggers {
    pub(in crate::cli) fn what(&self) -> WhatOfTriggers {
        match (self.fires, self.rejects) {
            (true, _) => WhatOfTriggers::Fires,
            (_, true) => WhatOfTriggers::Rejects,
            _ => WhatOfTriggers::Summary,
        }
    }
}

/// The cores of this machine.
fn cores() -> u32 {
    std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok()).unwrap_or(1)
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Describe {
    /// A job file, the name of a job whose definition is stored, or the id of a run: then it is the definition of that run
    #[arg(value_name = "FILE|JOB|ID", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) job: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Graph {
    /// A job file, the name of a job whose definition is stored, or the id of a run: then it is the definition of that run.
    /// `-o dot` is the language of Graphviz; without it, it is Mermaid, which code hosts draw in Markdown
    #[arg(value_name = "FILE|JOB|ID", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) job: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Schedule {
    #[command(subcommand)]
    pub(in crate::cli) what: ScheduleVerb,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ScheduleVerb {
    /// Print when a schedule ticks next
    Next(Next),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Next {
    /// An expression of crontab(5) in quotes, such as "30 22 * * MON-FRI"; or a job file, the name of a job, or an id: then it
    /// is the schedules of its triggers
    #[arg(value_name = "CRON|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(in crate::cli) schedule: String,
    /// So many ticks of each schedule
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = ticks)]
    pub(in crate::cli) count: u32,
    /// The ticks after this instant, such as 2027-03-27T12:00:00+01:00; else after now
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub(in crate::cli) from: Option<DateTime<Utc>>,
    /// The zone whose wall clocks an expression goes by, such as Europe/Berlin; else UTC
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(in crate::cli) timezone: Option<Zone>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Schedules {
    /// Job files, and folders: all their files that end with .yaml or .yml. Without any, it is the jobs whose definitions are
    /// stored
    #[arg(value_name = "FILE|FOLDER", add = ArgValueCompleter::new(completion::job_files))]
    pub(in crate::cli) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    /// Job files, and folders: all their files that end with .yaml or .yml
    #[arg(required = true, value_name = "FILE|FOLDER", add = ArgValueCompleter::new(completion::job_files))]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Validate {
    /// Job files, and folders: all their files that end with .yaml or .yml. `-o sarif` is what code hosts read
    #[arg(required = true, value_name = "FILE|FOLDER", add = ArgValueCompleter::new(completion::job_files))]
    pub(in crate::cli) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Man {
    /// The verb; without one, it is the page of jobctl
    #[arg(value_name = "VERB")]
    pub(in crate::cli) verb: Option<String>,
    /// Write all pages into this folder, which is made when it is missing
    #[arg(long, value_name = "FOLDER", conflicts_with = "verb")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Help {
    /// A verb, or a topic: exit-codes
    #[arg(value_name = "VERB|TOPIC")]
    pub(in crate::cli) topic: Vec<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// The file to write; one that is there is left alone
    #[arg(value_name = "FILE", default_value = "first-job.yaml")]
    pub(in crate::cli) file: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// Job files, and folders: all their files that end with .yaml or .yml
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Only the tests whose name has this text in it
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) filter: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {
    /// The keys that lead to a part of a job file, such as steps.chunk.skip: what it means. Without it the whole schema is
    /// printed
    #[arg(value_name = "PATH", conflicts_with = "kind")]
    pub(in crate::cli) path: Option<String>,
    /// The settings of a kind of tasklet, reader or writer, such as csv
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) kind: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// A code or the name of an error; without any, all are listed
    #[arg(value_name = "CODE|NAME", value_parser = explain::find)]
    pub(in crate::cli) names: Vec<Page>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Migrate {
    #[command(subcommand)]
    pub(in crate::cli) what: MigrateVerb,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MigrateVerb {
    /// Print which migrations the database has
    Status,
    /// Bring the schema up to this version
    Up,
    /// Undo the newest migration, and everything it holds
    Down {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Print the SQL of all migrations
    Sql,
}
