//! What can be typed: the verbs, and the options of all of them.

mod values;
mod verbs;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::time::TimeFormat;

pub(super) use self::verbs::{
    Apply, Completion, Describe, Explain, Graph, Help, Init, List, Man, Migrate, MigrateVerb, Next, Order,
    ParamArguments, Publish, Restart, Schedule, ScheduleVerb, Schedules, Schema, Serve, Shell, Show, Start, Stop, Test,
    Tree, Triggers, Validate, Wait, WhatOfTriggers,
};

/// Runs batch jobs and keeps their records.
#[derive(Debug, Parser)]
#[command(name = "jobctl", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) store: StoreArguments,
    #[command(flatten)]
    pub(super) output: OutputArguments,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// What stands above the options that every command has.
const EVERYWHERE: &str = "Options of every command";

/// Where the records are.
#[derive(Debug, Args)]
#[command(next_help_heading = EVERYWHERE)]
pub(super) struct StoreArguments {
    /// The database: postgres://…, sqlite:FILE or the path of a SQLite file. Else DATABASE_URL, else `database` in
    /// jobctl.toml, else a SQLite file of your own
    #[arg(long, global = true, value_name = "URL")]
    pub(super) database: Option<String>,
    /// The project whose jobs are meant
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) project: Option<String>,
}

/// How answers are printed.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = EVERYWHERE)]
pub(super) struct OutputArguments {
    /// `table` for people, `wide` with every column; `json`, `jsonl` (a line for each record) or `yaml` for programs; `name`
    /// for the ids alone
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT", default_value_t, hide_possible_values = true)]
    pub(super) output: Format,
    /// Only these columns, in this order, such as `id,status`; keys with -o json, jsonl and yaml
    #[arg(long, global = true, value_name = "NAME,…", value_delimiter = ',')]
    pub(super) columns: Vec<String>,
    /// Only the rows of tables, a line each
    #[arg(long, global = true)]
    pub(super) no_headers: bool,
    /// Whether status words and errors are coloured: `always`, `never`, or `auto` on a terminal
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t, hide_possible_values = true)]
    pub(super) color: Colour,
    /// The format of times in tables, as strftime; else RFC 3339. All times are in UTC
    #[arg(long, global = true, value_name = "FORMAT", value_parser = TimeFormat::strftime)]
    pub(super) time_format: Option<TimeFormat>,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables
    #[default]
    Table,
    /// Tables with every column
    Wide,
    /// JSON
    Json,
    /// A line of JSON for each record
    Jsonl,
    /// YAML
    Yaml,
    /// The bare identifiers
    Name,
    /// SARIF, of `validate` alone
    Sarif,
    /// DOT, of `graph` alone
    Dot,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Start a job and wait for its end: a new instance, or the unfinished one continued
    Start(Start),
    /// Stop a running job at its next chunk boundary; `restart` goes on from there
    Stop(Stop),
    /// Continue a stopped or failed job from its last committed chunk, and wait for its end
    #[command(visible_alias = "resume")]
    Restart(Restart),
    /// Run what waits, and let ticks and messages start jobs, until a signal ends it
    Serve(Serve),
    /// Put a message into a topic, where it waits for the trigger of a job
    Publish(Publish),
    /// List the triggers that were served, and what each has taken or refused
    Triggers(Triggers),
    /// Show one job with its steps
    Show(Show),
    /// List jobs
    List(List),
    /// Wait until a job has ended, and exit by its result
    Wait(Wait),
    /// Draw an instance as a tree: its executions, and their steps
    Tree(Tree),
    /// List the jobs whose definitions are stored, with the last run of each
    Jobs,
    /// Say what a job is: its parameters, its steps and their rules
    Describe(Describe),
    /// Draw the steps of a job for Mermaid or Graphviz
    Graph(Graph),
    /// List the schedules of jobs, and when each of them ticks next
    Schedules(Schedules),
    /// Say when a line of a crontab ticks, or the triggers of a job
    Schedule(Schedule),
    /// Store the definitions of jobs, so that they can be started by name
    Apply(Apply),
    /// Write a first job, with comments, that runs as it stands
    Init(Init),
    /// Check job files without running anything
    Validate(Validate),
    /// Run the tests that stand in job files, without a database
    Test(Test),
    /// Print the JSON Schema of job files, or what one key of them means
    Schema(Schema),
    /// Say what a code such as E201 means, or the name of an error
    Explain(Explain),
    /// Show every setting in force, and where it comes from
    Config,
    /// Look at or change the schema of the database
    Migrate(Migrate),
    /// Print a script that makes a shell complete verbs, names of jobs and parameters
    Completion(Completion),
    /// Print the manual as pages for `man`, or write them into a folder
    Man(Man),
    /// Print the version
    Version,
    /// Print the help of a verb, or a topic such as exit-codes
    Help(Help),
}
