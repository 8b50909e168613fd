//! The settings of `shell`, and the command they make in one run.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, Setting, TaskletPlan};
use overnight_framework::step::Tasklet;
use overnight_framework::yaml::{Code, Cursor, Field, Key, Keys, Mapping, Shape};

use super::outputs::OUTPUT_VARIABLE;
use super::run::Run;
use super::tail::Mask;
use crate::steps::path::resolve;

/// The variables that a command inherits. Everything else, credentials above all, it gets by `env` or not at all.
const INHERITED: [&str; 9] = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL"];

/// How long a command may take to end after SIGTERM, unless the step says otherwise.
const GRACE: Duration = Duration::from_secs(10);

/// The settings.
pub(super) static SETTINGS: Mapping = Mapping::new(
    "shell-tasklet",
    "a shell step",
    "Runs a command. What it writes as `name=value` lines to the file `$OVERNIGHT_OUTPUT` becomes the \
     outputs of the step. A status other than 0 is the error `CommandFailed`. It sees PATH, HOME, \
     LANG, LC_ALL, TZ, TMPDIR, USER, LOGNAME and SHELL, and what stands under `env`.",
    &[
        Field::required(
            "command",
            Shape::Either(&[Shape::Setting(&Shape::Text), Shape::List(&Shape::Setting(&Shape::Text), 1)]),
            "A text for `sh -c`, or a list: a program and its arguments. Secrets are refused here, because \
             everybody on the machine sees the arguments of processes.",
        ),
        Field::optional(
            "env",
            Shape::Map(Keys::Form("names of variables", "^[^=]+$"), &Shape::Setting(&Shape::Text)),
            "Variables for the command, secrets among them.",
        ),
        Field::optional(
            "dir",
            Shape::Setting(&Shape::Text),
            "The folder it runs in; without the key the folder of the job file.",
        ),
        Field::or(
            "grace",
            "10s",
            Shape::Duration,
            "How long the command and all that it has started may take to end after SIGTERM, before SIGKILL.",
        ),
    ],
)
.example(
    "\
tasklet:
  shell:
    command: sha256sum --check SHA256SUMS
    dir: data/${{ params.day }}
    env: { DAY: \"${{ params.day }}\" }
    grace: 30s
",
);

/// A checked `shell`.
pub(super) struct Plan {
    command: Command,
    env: Vec<(String, Setting)>,
    dir: Option<Setting>,
    grace: Duration,
    leader: Option<PathBuf>,
}

enum Command {
    /// A text for the shell.
    Script(Setting),
    /// A program and its arguments.
    Arguments(Vec<Setting>),
}

/// A command with everything it needs, in one run.
pub(super) struct CommandLine {
    pub(super) arguments: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) dir: PathBuf,
    pub(super) leader: Option<PathBuf>,
}

pub(super) fn read(settings: &Cursor<'_>, names: &Names<'_>, leader: Option<PathBuf>) -> Option<Plan> {
    let mut fields = settings.mapping(&SETTINGS)?;
    let command = fields.required("command", |at| command(at, names));
    let env = fields.or("env", Vec::new(), |at| variables(at, names));
    let dir = fields.optional("dir", |at| names.setting(at));
    let grace = fields.or("grace", GRACE, Cursor::duration);
    fields.finish();
    Some(Plan { command: command?, env: env?, dir: dir?, grace: grace?, leader })
}

fn command(at: &Cursor<'_>, names: &Names<'_>) -> Option<Command> {
    if at.node().as_sequence().is_none() {
        at.filled_text()?;
        return argument(at, names).map(Command::Script);
    }
    let arguments = at.list(|at| argument(at, names))?;
    if arguments.is_empty() {
        return at.refuse(at.problem("the command has no program").code(Code::Empty));
    }
    Some(Command::Arguments(arguments))
}

fn argument(at: &Cursor<'_>, names: &Names<'_>) -> Option<Setting> {
    names.setting_in_sight(
        at,
        "everybody on the machine sees the arguments of processes",
        "give it to the command by `env`",
    )
}

fn variables(at: &Cursor<'_>, names: &Names<'_>) -> Option<Vec<(String, Setting)>> {
    let read = at.map(|key, at| variable(key, at).and_then(|()| names.setting(at)))?;
    Some(read.into_iter().map(|(key, setting)| (key.name().to_owned(), setting)).collect())
}

fn variable(key: &Key, at: &Cursor<'_>) -> Option<()> {
    let name = key.name();
    if name == OUTPUT_VARIABLE {
        return at.refuse(
            at.problem_of_key(format!("{OUTPUT_VARIABLE} is set by the step itself")).code(Code::ReservedWord),
        );
    }
    if name.is_empty() || name.contains(['=', '\0']) {
        return at.refuse(at.problem_of_key(format!("`{name}` cannot be the name of a variable")).code(Code::NotAName));
    }
    Some(())
}

impl TaskletPlan for Plan {
    fn build(&self, frame: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        let arguments = match &self.command {
            Command::Script(script) => vec!["sh".into(), "-c".into(), script.text(frame)?.into()],
            Command::Arguments(arguments) => {
                arguments.iter().map(|argument| Ok(argument.text(frame)?.into())).collect::<Result<_, BatchError>>()?
            }
        };
        let inherited = INHERITED.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
        let mut env: Vec<(OsString, OsString)> = inherited.collect();
        for (name, setting) in &self.env {
            env.push((name.into(), setting.text(frame)?.into()));
        }
        let dir = match &self.dir {
            Some(dir) => resolve(dir, frame)?,
            None => frame.base_dir.clone(),
        };
        let line = CommandLine { arguments, env, dir, leader: self.leader.clone() };
        Ok(Box::new(Run { line, grace: self.grace, mask: Mask::new(frame) }))
    }
}

/// Without arguments and variables: both may hold secrets.
impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandLine")
            .field("program", &self.arguments.first())
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}
