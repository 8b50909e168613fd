//! The command line: every verb is parsed, handed to the operator, and answered through the output.

mod advice;
mod answer;
mod apply;
mod arguments;
mod ask;
mod command;
mod completion;
mod config;
mod describe;
mod detach;
mod diagnosis;
mod edited;
mod execution;
mod exit;
mod explain;
mod face;
mod files;
mod forms;
mod gauge;
mod graph;
mod help;
mod init;
mod jobs;
mod json;
mod list;
mod man;
mod migrate;
mod moving;
mod output;
mod progress;
mod publish;
mod reading;
mod restart;
mod run;
mod schedule;
mod schedules;
mod schema;
mod serve;
mod show;
mod signals;
mod start;
mod stop;
mod table;
mod target;
mod terminal;
mod test;
mod time;
mod tree;
mod triggers;
mod validate;
mod version;
mod wait;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{FromArgMatches as _, ValueEnum as _};
use overnight_framework::registry::{Registry, RegistryError};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Config, ConfigError, Flags, log_filter};
use crate::driver;
use crate::steps::shell::shim;
use crate::wiring::catalog;

use self::arguments::{Arguments, Colour, Format, Show, Verb};
use self::exit::{Exit, Failure};
use self::face::Face;
use self::output::Output;

/// Runs the command line of this process and gives its exit code. `program` are the jobs in Rust and the kinds of the program
/// beside the stock ones, and the resources that they ask for: with it a program is a whole `jobctl`. What is wrong with it is
/// told before anything else is done, with exit code 7.
#[must_use]
pub fn main(program: impl Into<Registry>) -> ExitCode {
    // The same executable leads the process groups of its shell steps.
    if let Some(exit) = shim::main_if_asked() {
        return exit;
    }
    let registry = driver::provided(program.into());
    if let Err(error) = check(&registry) {
        return ExitCode::from(output::program_is_wrong(&error));
    }
    if let Some(exit) = detach::main_if_asked(&registry) {
        return exit;
    }
    if let Some(exit) = completion::main_if_asked(&registry) {
        return exit;
    }
    let parsed = help::command(help::asks_for_all(std::env::args_os())).try_get_matches();
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let Arguments { store, mut output, verb } = arguments;
    if let Verb::Show(Show { wide: true, .. }) = &verb
        && output.output == Format::Table
    {
        output.output = Format::Wide;
    }
    let face = Face { output: Output::new(&output, &store), store, registry };
    let done = init_log().map_err(Failure::from).and_then(|()| run(&verb, &face));
    let exit = done.unwrap_or_else(|failure| {
        face.output.failure(&failure);
        failure.exit
    });
    ExitCode::from(face.output.exit(exit))
}

/// Whether every job of the program could run. A configuration that cannot be read is told by the verb that asks for it.
fn check(registry: &Registry) -> Result<(), RegistryError> {
    match Config::load(Flags::default()) {
        Ok(config) => catalog(&config.setup(), None, registry.clone()).check(),
        Err(_) => Ok(()),
    }
}

fn run(verb: &Verb, face: &Face) -> Result<Exit, Failure> {
    forms::check(verb, &face.output)?;
    match verb {
        Verb::Start(verb) => start::run(verb, face),
        Verb::Stop(verb) => stop::run(verb, face),
        Verb::Restart(verb) => restart::run(verb, face),
        Verb::Show(verb) => show::run(verb, face),
        Verb::List(verb) => list::run(verb, face),
        Verb::Wait(verb) => wait::run(verb, face),
        Verb::Tree(verb) => tree::run(verb, face),
        Verb::Jobs => jobs::run(face),
        Verb::Serve(verb) => serve::run(verb, face),
        Verb::Publish(verb) => publish::run(verb, face),
        Verb::Triggers(verb) => triggers::run(verb, face),
        Verb::Describe(verb) => describe::run(verb, face),
        Verb::Graph(verb) => graph::run(verb, face),
        Verb::Schedules(verb) => schedules::run(verb, face),
        Verb::Schedule(verb) => schedule::run(verb, face),
        Verb::Apply(verb) => apply::run(verb, face),
        Verb::Init(verb) => init::run(verb, face),
        Verb::Validate(verb) => validate::run(verb, face),
        Verb::Test(verb) => test::run(verb, face),
        Verb::Schema(verb) => schema::run(verb, face),
        Verb::Explain(verb) => Ok(explain::run(verb, &face.output)),
        Verb::Config => config::run(face),
        Verb::Migrate(verb) => migrate::run(verb, face),
        Verb::Completion(verb) => completion::run(verb, &face.output),
        Verb::Man(verb) => man::run(verb, &face.output),
        Verb::Help(verb) => help::run(verb, &face.output),
        Verb::Version => Ok(version::run(&face.output)),
    }
}

/// Help and version are answers, not mistakes, unless nobody gets them.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = output::heard(output::print_usage(error, colour_of(std::env::args_os())));
    ExitCode::from(match error.kind() {
        kind if help::is_answer(kind) && printed.is_ok() => Exit::Done,
        kind if help::is_answer(kind) => Exit::Error,
        _ => Exit::Usage,
    })
}

/// What `--color` says on a command line that cannot be read as a whole.
fn colour_of(arguments: impl Iterator<Item = OsString>) -> Colour {
    let words: Vec<_> = arguments.map_while(|word| word.into_string().ok()).take_while(|word| word != "--").collect();
    let behind = words.windows(2).filter(|pair| pair[0] == "--color").map(|pair| pair[1].as_str());
    let joined = words.iter().filter_map(|word| word.strip_prefix("--color="));
    behind.chain(joined).find_map(|word| Colour::from_str(word, false).ok()).unwrap_or_default()
}

/// What the engine logs goes to stderr when `JOBCTL_LOG` asks for it: `JOBCTL_LOG=debug`.
fn init_log() -> Result<(), ConfigError> {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // A stderr that takes nothing must not fail the job that is logged.
        .log_internal_errors(false)
        .without_time()
        .with_target(false);
    // Only a program that embeds this one can have set a subscriber already; it keeps its own.
    let _ = tracing_subscriber::registry().with(log_filter()?).with(lines).try_init();
    Ok(())
}
