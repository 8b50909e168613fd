//! The command line: every verb is parsed, handed to the operator, and answered through the output.

mod arguments;
mod exit;
mod json;
mod list;
mod migrate;
mod output;
mod progress;
mod restart;
mod run;
mod show;
mod signals;
mod start;
mod stop;
mod table;
mod target;
mod time;
mod validate;
mod version;
mod wait;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use self::arguments::{Arguments, Verb};
use self::exit::{Exit, Failure};
use self::output::Output;

/// Runs the command line of this process and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    init_log();
    let output = Output::new(&arguments.output);
    let exit = run(arguments, &output).unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.exit
    });
    ExitCode::from(exit)
}

fn run(arguments: Arguments, output: &Output) -> Result<Exit, Failure> {
    let Arguments { store, verb, .. } = arguments;
    match verb {
        Verb::Start(verb) => start::run(verb, &store, output),
        Verb::Stop(verb) => stop::run(&verb, &store, output),
        Verb::Restart(verb) => restart::run(&verb, &store, output),
        Verb::Show(verb) => show::run(&verb, &store, output),
        Verb::List(verb) => list::run(&verb, &store, output),
        Verb::Wait(verb) => wait::run(&verb, &store, output),
        Verb::Validate(verb) => validate::run(&verb, &store, output),
        Verb::Migrate(verb) => migrate::run(&verb, &store, output),
        Verb::Version => Ok(version::run(output)),
    }
}

/// Help and version are answers, not mistakes. A closed pipe behind them is nobody's fault.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(Exit::Usage),
    }
}

/// What the engine logs goes to stderr when `JOBCTL_LOG` asks for it: `JOBCTL_LOG=debug`.
fn init_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("JOBCTL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().with_target(false);
    // Only a program that embeds this one can have set a subscriber already; it keeps its own.
    let _ = log.try_init();
}
