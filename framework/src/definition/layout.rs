//! Which names the expressions of a file may use, and where their values come from.

use std::collections::{BTreeMap, BTreeSet};

use super::environment::VariableUse;
use super::outputs::Outputs;
use super::vars::Var;
use crate::expr::{Expression, Scope};
use crate::params::{ParamDeclaration, ParamType};
use crate::row::Type;

/// The names declared so far, in the order of their values. It grows while the file is read: what a place may use is what
/// was declared before it.
#[derive(Debug, Default)]
pub(super) struct Layout {
    scope: Scope,
    origins: Vec<Origin>,
    vars: Vec<Var>,
    /// The names of two parts that exist: a parameter, a var, a step.
    known: BTreeSet<(Root, Box<str>)>,
    /// The secret parameters, the confidential variables, and the vars that are made of secrets.
    confidential: BTreeSet<(Root, Box<str>)>,
    /// The variables that no file may use, with the secrets that come from them.
    sources: BTreeMap<Box<str>, String>,
    /// The steps whose outputs could not be read.
    unsure: BTreeSet<Box<str>>,
}

/// The first word of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    Params,
    Vars,
    Env,
    Secret,
    Steps,
}

/// Where a value comes from when a step begins.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Param(Box<str>),
    Variable(Box<str>),
    Secret(Box<str>),
    /// The var with this number.
    Var(usize),
    Job(JobFact),
    /// Something about the step with this number.
    Step(usize, StepFact),
    /// An output of the step with this number.
    Output {
        step: usize,
        name: Box<str>,
        kind: ParamType,
    },
}

/// What is known of every run.
#[derive(Clone, Copy, Debug)]
pub(super) enum JobFact {
    Name,
    Module,
    Project,
    Id,
    Attempt,
}

/// What is known of every step that ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum StepFact {
    Status,
    ExitCode,
    Read,
    Written,
    Filtered,
    Skipped,
}

const JOB_FACTS: [(&[&str], Type, JobFact); 5] = [
    (&["job", "name"], Type::Str, JobFact::Name),
    (&["job", "module"], Type::Str, JobFact::Module),
    (&["job", "project"], Type::Str, JobFact::Project),
    (&["execution", "id"], Type::Int, JobFact::Id),
    (&["execution", "attempt"], Type::Int, JobFact::Attempt),
];

/// The names under which steps are known to later ones; no output can be called so.
pub(super) const STEP_FACTS: [(&str, Type, StepFact); 6] = [
    ("status", Type::Str, StepFact::Status),
    ("exit_code", Type::Str, StepFact::ExitCode),
    ("read_count", Type::Int, StepFact::Read),
    ("write_count", Type::Int, StepFact::Written),
    ("filter_count", Type::Int, StepFact::Filtered),
    ("skip_count", Type::Int, StepFact::Skipped),
];

/// A step that ended before the places behind it.
pub(super) struct EarlierStep<'a> {
    pub(super) index: usize,
    pub(super) name: &'a str,
    /// `None` when they could not be read.
    pub(super) outputs: Option<&'a Outputs>,
    /// Whether it has a condition: then it may have run without giving anything.
    pub(super) conditional: bool,
}

/// What one place of a file needs of a frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    /// How many values: those of the names that were declared before the place.
    pub(super) slots: usize,
    /// The vars that it uses, also by way of other vars.
    pub(super) vars: BTreeSet<usize>,
    /// The secrets that it uses, also by way of vars. No others are resolved for it.
    pub(super) secrets: BTreeSet<Box<str>>,
    /// The environment variables that it uses, also by way of vars.
    pub(super) variables: BTreeSet<Box<str>>,
    /// Those of them whose values are masked.
    pub(super) confidential: BTreeSet<Box<str>>,
    /// The earlier steps of which it uses something, each with the name of that.
    pub(super) steps: BTreeSet<(Box<str>, Box<str>)>,
}

impl Layout {
    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(super) fn into_parts(self) -> (Vec<Origin>, Vec<Var>) {
        (self.origins, self.vars)
    }

    pub(super) fn declare_param(&mut self, param: &ParamDeclaration) {
        let nullable = !param.required && param.default.is_none();
        let origin = Origin::Param(param.name.clone());
        self.declare(&["params", &param.name], param.kind.value_type(), nullable, origin);
        self.know(Root::Params, &param.name, param.secret);
    }

    pub(super) fn declare_variable(&mut self, name: &str, allowed: VariableUse) {
        self.declare(&["env", name], Type::Str, true, Origin::Variable(name.into()));
        self.know(Root::Env, name, allowed == VariableUse::Confidential);
        if let VariableUse::Secret(secret) = allowed {
            self.sources.insert(name.into(), secret);
        }
    }

    pub(super) fn declare_secret(&mut self, name: &str) {
        self.declare(&["secret", name], Type::Str, false, Origin::Secret(name.into()));
        self.know(Root::Secret, name, true);
    }

    pub(super) fn declare_var(&mut self, var: Var) {
        let origin = Origin::Var(self.vars.len());
        self.declare(&["vars", &var.name], var.kind, var.nullable, origin);
        self.know(Root::Vars, &var.name, var.confidential);
        self.vars.push(var);
    }

    pub(super) fn declare_job(&mut self) {
        for (path, kind, fact) in JOB_FACTS {
            self.declare(path, kind, false, Origin::Job(fact));
        }
    }

    pub(super) fn declare_step(&mut self, step: &EarlierStep<'_>) {
        let (name, index) = (step.name, step.index);
        for (fact_name, kind, fact) in STEP_FACTS {
            self.declare(&["steps", name, fact_name], kind, false, Origin::Step(index, fact));
        }
        self.know(Root::Steps, name, false);
        let Some(outputs) = step.outputs else {
            self.unsure.insert(name.into());
            return;
        };
        for (output, kind) in outputs.declared() {
            let origin = Origin::Output { step: index, name: output.into(), kind };
            self.declare(&["steps", name, output], kind.value_type(), step.conditional, origin);
        }
    }

    /// A name that exists already keeps its first meaning; whoever declared it twice was told.
    fn declare(&mut self, path: &[&str], kind: Type, nullable: bool, origin: Origin) {
        let slot = if nullable { self.scope.declare_nullable(path, kind) } else { self.scope.declare(path, kind) };
        if slot.is_ok() {
            self.origins.push(origin);
        }
    }

    fn know(&mut self, root: Root, name: &str, confidential: bool) {
        self.known.insert((root, name.into()));
        if confidential {
            self.confidential.insert((root, name.into()));
        }
    }

    pub(super) fn knows(&self, root: Root, name: &str) -> bool {
        self.known.contains(&(root, name.into()))
    }

    /// Whether the value must not be stored or shown.
    pub(super) fn is_confidential(&self, root: Root, name: &str) -> bool {
        self.confidential.contains(&(root, name.into()))
    }

    /// The secret that comes from this variable.
    pub(super) fn secret_of(&self, variable: &str) -> Option<&str> {
        self.sources.get(variable).map(String::as_str)
    }

    /// Whether nobody knows which outputs the step has.
    pub(super) fn is_unsure(&self, step: &str) -> bool {
        self.unsure.contains(step)
    }

    /// What a place needs that uses the names `uses`, each as it is written in an expression.
    pub(super) fn needs(&self, uses: &BTreeSet<Box<str>>) -> Needs {
        let mut needs = Needs { slots: self.origins.len(), ..Needs::default() };
        for written in uses {
            let Some(Used { root, name, value }) = Used::of(written) else { continue };
            match root {
                // A column may be called like a name; then it was not this one that was used, or it does no harm.
                root if !self.knows(root, &name) => {}
                Root::Secret => _ = needs.secrets.insert(name),
                Root::Env => self.need_variable(name, &mut needs),
                Root::Vars => self.need_var(&name, &mut needs),
                Root::Steps => needs.steps.extend(value.map(|value| (name, value))),
                Root::Params => {}
            }
        }
        needs
    }

    fn need_variable(&self, name: Box<str>, needs: &mut Needs) {
        if self.is_confidential(Root::Env, &name) {
            needs.confidential.insert(name.clone());
        }
        needs.variables.insert(name);
    }

    fn need_var(&self, name: &str, needs: &mut Needs) {
        let found = self.vars.iter().enumerate().find(|(_, var)| &*var.name == name);
        if let Some((index, var)) = found {
            needs.vars.insert(index);
            needs.vars.extend(&var.needs.vars);
            needs.secrets.extend(var.needs.secrets.iter().cloned());
            needs.variables.extend(var.needs.variables.iter().cloned());
            needs.confidential.extend(var.needs.confidential.iter().cloned());
        }
    }

    /// Whether one of the names must not be stored or shown.
    pub(super) fn any_confidential(&self, uses: &BTreeSet<Box<str>>) -> bool {
        uses.iter().filter_map(|name| Used::of(name)).any(|used| self.is_confidential(used.root, &used.name))
    }
}

impl Root {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "params" => Self::Params,
            "vars" => Self::Vars,
            "env" => Self::Env,
            "secret" => Self::Secret,
            "steps" => Self::Steps,
            _ => return None,
        })
    }
}

/// What a name in an expression uses: the `write_count` of `load` among the `steps`.
struct Used {
    root: Root,
    name: Box<str>,
    value: Option<Box<str>>,
}

impl Used {
    /// What `steps.load.write_count` uses, or `steps['load-all'].write_count`; `None` for other names, such as that of a column.
    fn of(written: &str) -> Option<Self> {
        match written.contains('[') {
            false => Self::of_words(written.split('.')),
            true => Self::of_words(Expression::parse(written).ok()?.paths().first()?.iter().copied()),
        }
    }

    fn of_words<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Self> {
        let root = Root::of(words.next()?)?;
        Some(Self { root, name: words.next()?.into(), value: words.next().map(Into::into) })
    }
}
