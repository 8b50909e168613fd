//! What can be typed: verbs, their arguments, and the options of all of them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use overnight_framework::params::parse_duration;
use overnight_framework::status::Word;

use super::completion;
use super::time::TimeFormat;
use crate::explain::{self, Page};

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

/// The parameters of a job.
#[derive(Debug, Default, Args)]
pub(super) struct ParamArguments {
    /// The parameters as a JSON object; `-` reads it from stdin
    #[arg(value_name = "JSON", conflicts_with = "params")]
    pub(super) json: Option<String>,
    /// The parameters as a JSON object
    #[arg(long, value_name = "JSON")]
    pub(super) params: Option<String>,
    /// A file with the parameters as a JSON object; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(super) params_file: Option<PathBuf>,
    /// One parameter; it replaces the same one of the documents
    #[arg(short, long = "param", value_name = "NAME=VALUE", add = ArgValueCompleter::new(completion::params))]
    pub(super) pairs: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Start {
    /// A job file, or the name of a job that was started before
    #[arg(value_name = "FILE|JOB", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) job: String,
    #[command(flatten)]
    pub(super) params: ParamArguments,
    /// Print the id and leave: the job goes on in the background, in a session of its own, and writes a log
    #[arg(long, alias = "async")]
    pub(super) detach: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Do not ask on a terminal for parameters that are missing
    #[arg(long)]
    pub(super) no_input: bool,
}

#[derive(Debug, Args)]
pub(super) struct Stop {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) params: ParamArguments,
    /// Wait until it has ended, and show it; exit with 6 if it was not stopped
    #[arg(long)]
    pub(super) wait: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Restart {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) params: ParamArguments,
    /// Print the id and leave: the job goes on in the background, in a session of its own, and writes a log
    #[arg(long, alias = "async")]
    pub(super) detach: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Do not ask on a terminal for parameters that are missing
    #[arg(long)]
    pub(super) no_input: bool,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) params: ParamArguments,
    /// Show the records instead that its instance skipped
    #[arg(long, conflicts_with = "watch")]
    pub(super) rejects: bool,
    /// The same as `-o wide`: every column, such as the names and counters of the steps
    #[arg(long, conflicts_with = "rejects")]
    pub(super) wide: bool,
    #[command(flatten)]
    pub(super) watch: WatchArguments,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this job
    #[arg(long, value_name = "JOB", add = ArgValueCompleter::new(completion::job_names))]
    pub(super) job: Option<String>,
    /// Only jobs with this status: queued, starting, running, stopping, stopped, paused, cancelled, finished, failed,
    /// discarded or unknown; may be repeated
    #[arg(long, value_name = "WORD", value_parser = word)]
    pub(super) status: Vec<Word>,
    /// At most so many, the newest; 0 for all
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = count)]
    pub(super) limit: u32,
    /// `asc`: the newest last, nearest to the prompt; `desc`: the newest first
    #[arg(long, value_enum, value_name = "ORDER", default_value_t, hide_possible_values = true)]
    pub(super) order: Order,
    #[command(flatten)]
    pub(super) watch: WatchArguments,
}

/// Looking again and again.
#[derive(Debug, Args)]
pub(super) struct WatchArguments {
    /// Go on looking: on a terminal in place, elsewhere with an answer whenever something has changed
    #[arg(short, long)]
    pub(super) watch: bool,
    /// How often --watch looks, such as 500ms or 1m
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "1s", requires = "watch")]
    pub(super) interval: Duration,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Order {
    /// The newest last, nearest to the prompt
    #[default]
    Asc,
    /// The newest first
    Desc,
}

#[derive(Debug, Args)]
pub(super) struct Wait {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) params: ParamArguments,
    /// At most so long, such as 30s or 2h; then exit with 8
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct Tree {
    /// An id, the name of a job (its newest run), or a job file
    #[arg(value_name = "ID|JOB|FILE", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) params: ParamArguments,
    /// Only the branches that lead to a failure
    #[arg(long)]
    pub(super) failed: bool,
}

#[derive(Debug, Args)]
pub(super) struct Describe {
    /// A job file, the name of a job whose definition is stored, or the id of a run: then it is the definition of that run
    #[arg(value_name = "FILE|JOB|ID", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) job: String,
}

#[derive(Debug, Args)]
pub(super) struct Graph {
    /// A job file, the name of a job whose definition is stored, or the id of a run: then it is the definition of that run.
    /// `-o dot` is the language of Graphviz; without it, it is Mermaid, which code hosts draw in Markdown
    #[arg(value_name = "FILE|JOB|ID", add = ArgValueCompleter::new(completion::jobs_and_files))]
    pub(super) job: String,
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// Job files, and folders: all their files that end with .yaml or .yml
    #[arg(required = true, value_name = "FILE|FOLDER", add = ArgValueCompleter::new(completion::job_files))]
    pub(super) files: Vec<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Job files, and folders: all their files that end with .yaml or .yml. `-o sarif` is what code hosts read
    #[arg(required = true, value_name = "FILE|FOLDER", add = ArgValueCompleter::new(completion::job_files))]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
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
pub(super) struct Man {
    /// The verb; without one, it is the page of jobctl
    #[arg(value_name = "VERB")]
    pub(super) verb: Option<String>,
    /// Write all pages into this folder, which is made when it is missing
    #[arg(long, value_name = "FOLDER", conflicts_with = "verb")]
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Help {
    /// A verb, or a topic: exit-codes
    #[arg(value_name = "VERB|TOPIC")]
    pub(super) topic: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The file to write; one that is there is left alone
    #[arg(value_name = "FILE", default_value = "first-job.yaml")]
    pub(super) file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Job files, and folders: all their files that end with .yaml or .yml
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub(super) files: Vec<PathBuf>,
    /// Only the tests whose name has this text in it
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// The keys that lead to a part of a job file, such as steps.chunk.skip: what it means. Without it the whole schema is
    /// printed
    #[arg(value_name = "PATH", conflicts_with = "kind")]
    pub(super) path: Option<String>,
    /// The settings of a kind of tasklet, reader or writer, such as csv
    #[arg(long, value_name = "NAME")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code or the name of an error; without any, all are listed
    #[arg(value_name = "CODE|NAME", value_parser = explain::find)]
    pub(super) names: Vec<Page>,
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(subcommand)]
    pub(super) what: MigrateVerb,
}

#[derive(Debug, Subcommand)]
pub(super) enum MigrateVerb {
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

fn word(text: &str) -> Result<Word, String> {
    let words = || Word::ALL.into_iter().map(Word::as_str);
    Word::from_filter(text).ok_or_else(|| {
        let near = overnight_framework::suggest::nearest(&text.to_lowercase(), words());
        let known = words().collect::<Vec<_>>().join(", ");
        near.map_or_else(|| format!("expected one of {known}"), |near| format!("did you mean `{near}`?"))
    })
}

/// Whoever looks more often only keeps the database busy.
fn interval(text: &str) -> Result<Duration, String> {
    let least = Duration::from_millis(100);
    let parsed = duration(text).ok().filter(|interval| *interval >= least);
    parsed.ok_or_else(|| "expected a duration of at least 100ms, such as 500ms, 10s or 1m".to_owned())
}

fn count(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "expected a count such as 50".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = parse_duration(text).and_then(|delta| delta.to_std().ok());
    parsed.ok_or_else(|| "expected a duration such as 90s, 30m or 2h".to_owned())
}
