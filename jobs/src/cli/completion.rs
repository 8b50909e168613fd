//! `jobctl completion`: scripts for shells, and what they ask for at each press of the tab key.
//!
//! The scripts call this program with the line so far. Verbs and options are known here; the names of jobs are in the store, which
//! is looked at for a moment, and never made; the parameters stand in the definition of the job on the line. Whoever presses a
//! key wants no error: what cannot be known is not offered.

mod shells;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use clap::ArgMatches;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};
use clap_complete::env::{CompleteEnv, EnvCompleter, Fish, Powershell, Shells};
use overnight_db::{Database, OpenOptions};
use overnight_framework::job::Job;
use overnight_framework::params::{ParamDeclaration, ParamType};
use overnight_framework::registry::Registry;
use overnight_framework::repository::Repository;

use super::arguments::{Completion, Shell};
use super::exit::{Exit, Failure};
use super::files::is_job_file;
use super::help;
use super::output::Output;
use super::target::Named;

use self::shells::{BASH, ZSH};
use crate::config::{Config, Flags};
use crate::wiring;

/// The variable by which a shell asks.
const VARIABLE: &str = "JOBCTL_COMPLETE";

/// How long a person waits for a list.
const PATIENCE: Duration = Duration::from_secs(1);

/// What this program brings: completers are functions, and get none.
static PROGRAM: OnceLock<Registry> = OnceLock::new();

pub(super) fn run(verb: &Completion, output: &Output) -> Result<Exit, Failure> {
    let shell: &dyn EnvCompleter = match verb.shell {
        Shell::Bash => &BASH,
        Shell::Zsh => &ZSH,
        Shell::Fish => &Fish,
        Shell::Powershell => &Powershell,
    };
    let mut script = Vec::new();
    let written = shell.write_registration(VARIABLE, "jobctl", "jobctl", "jobctl", &mut script);
    written.map_err(|error| Failure::new(Exit::Error, format!("cannot write the script: {error}")))?;
    output.print(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}

/// Answers a shell, if one asks.
pub(super) fn main_if_asked(program: &Registry) -> Option<ExitCode> {
    std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty())?;
    // Nobody else has set them.
    let _ = PROGRAM.set(program.clone());
    let here = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(|| help::command(false))
        .var(VARIABLE)
        .shells(Shells(&[&BASH, &ZSH, &Fish, &Powershell]))
        .try_complete(std::env::args_os(), here.as_deref());
    Some(if answered.is_ok() { ExitCode::SUCCESS } else { Exit::Usage.into() })
}

/// The names of jobs, and job files.
pub(super) fn jobs_and_files(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut offered = job_names(current);
    offered.extend(job_files(current));
    offered
}

/// The names of jobs that the store knows.
pub(super) fn job_names(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(begun) = current.to_str() else { return Vec::new() };
    let names = quickly(|| {
        let store = Store::of_line()?;
        Some(store.repository.jobs(&store.project).ok()?.into_iter().map(|job| job.name).collect::<Vec<_>>())
    });
    names.unwrap_or_default().into_iter().filter(|name| name.starts_with(begun)).map(CompletionCandidate::new).collect()
}

/// Job files, and the folders that lead to them.
pub(super) fn job_files(current: &OsStr) -> Vec<CompletionCandidate> {
    PathCompleter::any().filter(|path| path.is_dir() || is_job_file(path)).complete(current)
}

/// `NAME=` for the parameters of the job on the line, and behind it the values that are listed.
pub(super) fn params(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(begun) = current.to_str() else { return Vec::new() };
    let Some(job) = quickly(job_of_line) else { return Vec::new() };
    let offered: Vec<_> = match begun.split_once('=') {
        None => {
            let given = line().map(|line| given(&line)).unwrap_or_default();
            let open = job.params.iter().filter(|param| !given.contains(&*param.name));
            open.map(|param| (format!("{}=", param.name), param.description.clone())).collect()
        }
        Some((name, _)) => {
            let param = job.params.iter().find(|param| &*param.name == name);
            let values = param.map(values).unwrap_or_default();
            values.into_iter().map(|value| (format!("{name}={value}"), None)).collect()
        }
    };
    let candidate = |(text, help): (String, Option<String>)| CompletionCandidate::new(text).help(help.map(Into::into));
    offered.into_iter().filter(|(text, _)| text.starts_with(begun)).map(candidate).collect()
}

fn values(param: &ParamDeclaration) -> Vec<String> {
    match param.kind {
        ParamType::Boolean if param.choices.is_empty() => vec!["false".to_owned(), "true".to_owned()],
        _ => param.choices.iter().map(ToString::to_string).collect(),
    }
}

/// What `look` finds, unless it takes longer than a person waits.
fn quickly<T: Send + 'static>(look: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let (sender, found) = mpsc::channel();
    // Nobody waits for it: with the answer the process ends.
    let looking = move || drop(sender.send(look()));
    thread::Builder::new().name("look".to_owned()).spawn(looking).ok()?;
    found.recv_timeout(PATIENCE).ok()?
}

/// The line as far as it is understood: its last word is not finished.
fn line() -> Option<ArgMatches> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    help::command(false).ignore_errors(true).try_get_matches_from(words).ok()
}

/// The parameters that stand on the line already.
fn given(line: &ArgMatches) -> BTreeSet<String> {
    let pairs = line.subcommand().and_then(|(_, verb)| verb.try_get_many::<String>("pairs").ok().flatten());
    pairs.into_iter().flatten().filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())).collect()
}

fn config_of(line: &ArgMatches) -> Option<Config> {
    let (_, verb) = line.subcommand()?;
    let option = |name| verb.try_get_one::<String>(name).ok().flatten().map(String::as_str);
    Config::load(Flags { database: option("database"), project: option("project") }).ok()
}

/// The store, where there is one.
struct Store {
    repository: Arc<dyn Repository>,
    project: String,
}

impl Store {
    fn of_line() -> Option<Self> {
        Self::open(&config_of(&line()?)?)
    }

    fn open(config: &Config) -> Option<Self> {
        let database = Database::connect(&config.database_url(), OpenOptions::default()).ok()?;
        let is_there = database.embedded_path().is_none_or(|path| path.metadata().is_ok_and(|file| file.len() > 0));
        is_there.then(|| Self { repository: database.as_it_is(), project: config.project.value.clone() })
    }
}

/// The job that the line names, by a file, a name or an id.
fn job_of_line() -> Option<Job> {
    let line = line()?;
    let config = config_of(&line)?;
    let (_, verb) = line.subcommand()?;
    let argument = ["job", "target"].into_iter().find_map(|name| verb.try_get_one::<String>(name).ok().flatten())?;
    let catalog = wiring::catalog(&config.setup(), None, PROGRAM.get().cloned().unwrap_or_default());
    let definition = match Named::of(argument).ok()? {
        Named::File(path) => return catalog.load(&path).ok(),
        Named::Job(name) => {
            let store = Store::open(&config)?;
            store.repository.newest_definition(&store.project, &name).ok()??
        }
        Named::Id(id) => {
            let store = Store::open(&config)?;
            let execution = store.repository.execution(id).ok()??;
            store.repository.definition(execution.definition_id?).ok()??
        }
    };
    catalog.of_revision(&definition, Path::new("")).ok()
}
