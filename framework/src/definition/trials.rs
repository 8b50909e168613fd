//! The tests of a job file: what they give and expect, read and checked against the job that stands above them.

mod check;
mod given;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub(super) use self::check::{Shown, ShownStep};
pub(super) use self::given::{Captured, GivenOutputs, GivenRows, PassedOver};
use super::environment::{Environment, SecretError, VariableUse};
use super::tables;
use crate::job::Job;
use crate::params::{
    BindContext, Given, GivenParams, ParamDeclaration, ParamProblem, ParamType, Params, bind, parse_datetime,
};
use crate::resource::Resources;
use crate::row::Schema;
use crate::yaml::{Code, Cursor, Node, Position, Source, Span};

/// The time of a test that says nothing about it: 2026-01-01T00:00:00Z, in seconds since 1970.
const NEW_YEAR: i64 = 1_767_225_600;

/// A test of a job file, ready to run.
pub struct Trial {
    pub(crate) name: String,
    /// Where its name stands.
    pub(crate) span: Span,
    pub(crate) source: Source,
    /// The job, with what the test gives in the place of what reaches outside.
    pub(crate) job: Job,
    pub(crate) params: Params,
    pub(crate) now: DateTime<Utc>,
    pub(crate) expect: Option<Node>,
    /// The steps with the columns that they write.
    pub(crate) steps: Vec<(String, Option<Arc<Schema>>)>,
}

impl Trial {
    /// The same for a program that gives these resources to its jobs.
    #[must_use]
    pub fn with_resources(mut self, resources: Arc<Resources>) -> Self {
        self.job.resources = resources;
        self
    }

    /// What the test shows.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands in its file.
    #[must_use]
    pub fn place(&self) -> Position {
        self.source.position(self.span.start)
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial").field("name", &self.name).field("job", &self.job).finish_non_exhaustive()
    }
}

/// A test that was read.
pub(super) struct TrialDraft {
    pub(super) name: String,
    /// Where its name stands.
    pub(super) span: Span,
    pub(super) params: GivenParams,
    /// The steps that run; `None` for all.
    pub(super) steps: Option<BTreeSet<usize>>,
    /// The rows for the readers of steps.
    pub(super) rows: BTreeMap<usize, Vec<Node>>,
    /// What tasklets give instead of running.
    pub(super) outputs: BTreeMap<usize, serde_json::Map<String, serde_json::Value>>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) now: DateTime<Utc>,
    pub(super) expect: Option<Node>,
}

/// The world of a test: what stands in it, and nothing else.
pub(super) struct TrialEnvironment {
    pub(super) variables: BTreeMap<String, String>,
    pub(super) secrets: BTreeMap<String, String>,
    /// The world around the program, which says what variables are for.
    pub(super) outer: Arc<dyn Environment>,
}

impl Environment for TrialEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn variable_use(&self, name: &str) -> VariableUse {
        self.outer.variable_use(name)
    }

    fn secret(&self, name: &str) -> Result<String, SecretError> {
        let missing =
            || SecretError::Missing { name: name.to_owned(), looked_in: vec!["`secrets` of the test".to_owned()] };
        self.secrets.get(name).cloned().ok_or_else(missing)
    }

    fn connections(&self) -> Vec<String> {
        self.outer.connections()
    }
}

/// Reads `tests`, for the job whose steps are shown by `shown`.
pub(super) fn trials(at: &Cursor<'_>, params: &[ParamDeclaration], shown: &Shown<'_>) -> Option<Vec<TrialDraft>> {
    let mut names = BTreeSet::new();
    at.list(|at| {
        let trial = trial(at, params, shown)?;
        if names.insert(trial.name.clone()) {
            return Some(trial);
        }
        at.refuse(at.problem(format!("there are two tests called `{}`", trial.name)).code(Code::Twice).span(trial.span))
    })
}

fn trial(at: &Cursor<'_>, declared: &[ParamDeclaration], shown: &Shown<'_>) -> Option<TrialDraft> {
    let mut fields = at.mapping(&tables::TEST)?;
    let name = fields.required("name", |at| Some((at.filled_text()?.to_owned(), at.span())));
    let params_at = fields.get("params");
    let params = params_at.as_ref().map_or_else(|| Some(GivenParams::default()), |at| params(at, declared));
    let steps = fields.optional("steps", |at| check::steps(at, shown));
    let given = fields.or("given", check::GivenParts::default(), |at| check::given(at, shown));
    let variables = fields.or("env", BTreeMap::new(), texts);
    let secrets = fields.or("secrets", BTreeMap::new(), texts);
    let now = fields.or("now", DateTime::from_timestamp(NEW_YEAR, 0).unwrap_or_default(), instant);
    let expect = fields.optional("expect", |at| check::expect(at, shown));
    let whole = fields.at().clone();
    fields.finish();
    let params = params?;
    // A parameter whose declaration is wrong was told already.
    if shown.params.len() == declared.len() {
        check_params(params_at.as_ref().unwrap_or(&whole), &params, declared)?;
    }
    let ((name, span), given) = (name?, given?);
    Some(TrialDraft {
        name,
        span,
        params,
        steps: steps?,
        rows: given.rows,
        outputs: given.outputs,
        variables: variables?,
        secrets: secrets?,
        now: now?,
        expect: expect?,
    })
}

/// The parameters as they are given: a text is read as the type that is declared.
fn params(at: &Cursor<'_>, declared: &[ParamDeclaration]) -> Option<GivenParams> {
    let mut given = GivenParams::default();
    at.map(|key, at| {
        let is_json = declared.iter().any(|param| &*param.name == key.name() && param.kind == ParamType::Json);
        let value = match at.node().as_text() {
            Some(text) if !is_json => Given::Text(text.to_owned()),
            // The problem is told at its place in the job file.
            _ => Given::Json { text: at.node().to_json().to_string(), place: None },
        };
        given.set(key.name(), value);
        Some(())
    })?;
    Some(given)
}

/// Reports at its place what a start would refuse. Paths start anywhere here: they are bound once more for the run.
fn check_params(at: &Cursor<'_>, given: &GivenParams, declared: &[ParamDeclaration]) -> Option<()> {
    let context = BindContext { working_dir: Path::new("/"), base_dir: Path::new("/") };
    let Err(wrong) = bind(declared, given, context) else { return Some(()) };
    let mut fine = Some(());
    for problem in wrong.problems {
        let ParamProblem { name, message, help } = problem;
        let declaration = declared.iter().find(|param| *param.name == *name);
        let is_given = given.get(&name).is_some();
        let (code, help) = match declaration {
            // That it breaks the rules of its own parameter was told there.
            Some(param) if !is_given && param.default.is_some() => continue,
            Some(_) if !is_given => (Code::MissingKey, Some(format!("write `params: {{ {name}: … }}`"))),
            Some(_) => (Code::WrongValue, help),
            None => (Code::UnknownName, help),
        };
        let mut found = at.problem(message).code(code);
        if let Some(node) = at.node().get(&name).filter(|_| is_given) {
            found = found.span(node.span()).path(at.path().key(name.as_str()));
        }
        fine = at.refuse(help.into_iter().fold(found, |problem, help| problem.help(help)));
    }
    fine
}

/// The parameters of a test, bound for its run.
pub(super) fn bound(trial: &TrialDraft, declared: &[ParamDeclaration], base_dir: &Path) -> Option<Params> {
    bind(declared, &trial.params, BindContext { working_dir: base_dir, base_dir }).ok()
}

fn texts(at: &Cursor<'_>) -> Option<BTreeMap<String, String>> {
    let read = at.map(|_, at| at.text().map(str::to_owned))?;
    Some(read.into_iter().map(|(key, text)| (key.name().to_owned(), text)).collect())
}

fn instant(at: &Cursor<'_>) -> Option<DateTime<Utc>> {
    let what = ParamType::DateTime.expectation();
    let text = at.scalar(what)?.text();
    parse_datetime(text).or_else(|| at.expected(what))
}
