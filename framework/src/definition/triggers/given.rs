//! What a trigger gives to a run: literals and expressions for parameters, and the key of a message.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use super::Known;
use crate::definition::judges::nothing_called;
use crate::expr::{Expected, Expression, Scope, Template, Typed};
use crate::job::Instances;
use crate::kind::{self, Judge, Refusal, Site, Verdict};
use crate::params::{BindContext, Given, GivenParams, ParamDeclaration, ParamProblem, ParamType, bind};
use crate::row::Type;
use crate::trigger::{Assigned, Computed, MESSAGE_NAMES, TICK_NAMES};
use crate::yaml::{Code, Cursor, Node, Problem};

/// The names that the expressions of a trigger may use.
pub(super) struct Names {
    scope: Scope,
    words: Words,
}

/// How messages speak of what a trigger waits for.
#[derive(Clone, Copy)]
struct Words {
    /// The name that is not there, because it belongs to the other kind of trigger.
    other: &'static [&'static str],
    why_not: &'static str,
    /// What differs from run to run.
    changing: &'static [&'static str],
    /// A value that does.
    example: &'static str,
    each: &'static str,
}

const TICKS: Words = Words {
    other: &["message"],
    why_not: "a tick has no message",
    changing: &["trigger.scheduled_at", "trigger.local_date"],
    example: "trigger.local_date",
    each: "every tick",
};

const MESSAGES: Words = Words {
    other: &["trigger", "scheduled_at", "local_date"],
    why_not: "a message is not scheduled",
    changing: &["message.id", "message.body"],
    example: "message.body.day",
    each: "every message",
};

/// A parameter as a trigger gives it.
struct Gift {
    name: Box<str>,
    assigned: Assigned,
    /// Whether it differs from tick to tick, or from message to message.
    changes: bool,
}

impl Names {
    pub(super) fn of_ticks() -> Self {
        Self::of(&TICK_NAMES, TICKS)
    }

    pub(super) fn of_messages() -> Self {
        Self::of(&MESSAGE_NAMES, MESSAGES)
    }

    fn of(names: &[(&[&str], Type, bool)], words: Words) -> Self {
        let mut scope = Scope::new();
        for (path, kind, nullable) in names {
            // The names are ours and differ.
            let _ = if *nullable { scope.declare_nullable(path, *kind) } else { scope.declare(path, *kind) };
        }
        Self { scope, words }
    }

    /// Reads `key`, with or without braces.
    pub(super) fn key(&self, at: &Cursor<'_>) -> Option<Computed> {
        let text = at.filled_text()?;
        let is_template = text.contains("${{");
        let typed = self.typed(|names| match is_template {
            true => names.template(at, Expected::Any).map(|(_, typed)| typed),
            false => names.typed(at, Expected::Any),
        })?;
        if self.changes(&typed) {
            return Some(computed(text, &typed, is_template));
        }
        let message = format!("the key is the same for {}, so that only the first starts a run", self.words.each);
        at.refuse(at.problem(message).code(Code::SameRun).help("write what differs: `key: message.body.id`"))
    }

    /// Reads `params` of the trigger at `whole`.
    pub(super) fn params(
        &self,
        at: Option<&Cursor<'_>>,
        whole: &Cursor<'_>,
        known: Known<'_>,
    ) -> Option<Vec<(Box<str>, Assigned)>> {
        let gifts = match at {
            Some(at) => at.map(|key, at| self.gift(key.name(), at, known)),
            None => Some(Vec::new()),
        };
        let gifts: Vec<Gift> = gifts?.into_iter().map(|(_, gift)| gift).collect();
        if known.knows_params() {
            let place = at.unwrap_or(whole);
            let covered = covers(place, &gifts, known);
            let changes = self.refuse_same_run(place, &gifts, known);
            covered.and(changes)?;
        }
        Some(gifts.into_iter().map(|gift| (gift.name, gift.assigned)).collect())
    }

    fn gift(&self, name: &str, at: &Cursor<'_>, known: Known<'_>) -> Option<Gift> {
        let Some(param) = known.params.iter().find(|param| &*param.name == name) else {
            let is_declared = known.file.census.params.iter().any(|param| **param == *name);
            // That its declaration is wrong was told there.
            return if is_declared { None } else { at.refuse(unknown(at, name, known)) };
        };
        if param.secret {
            let message = format!("parameter `{name}` is secret: what a trigger gives stands in this file");
            let problem = at.problem_of_key(message).code(Code::SecretInSight);
            return at.refuse(problem.help("use `secret.NAME` in the step for a secret of the installation"));
        }
        match at.node().as_text().filter(|text| is_expression(text)) {
            Some(text) => self.computed(at, text, param),
            None => literal(at, param).map(|given| Gift {
                name: name.into(),
                assigned: Assigned::Literal(given),
                changes: false,
            }),
        }
    }

    fn computed(&self, at: &Cursor<'_>, text: &str, param: &ParamDeclaration) -> Option<Gift> {
        let typed = self.typed(|names| names.template(at, Expected::Any).map(|(_, typed)| typed))?;
        let Some(found) = typed.kind() else {
            return at.refuse(at.problem("this is always null: leave the parameter out").code(Code::NeverAValue));
        };
        if !takes(param.kind, found) {
            // The check says it better.
            let expected = Expected::Nullable(param.kind.value_type());
            return self.typed(|names| names.template(at, expected).map(|(_, typed)| typed)).and(None);
        }
        let changes = self.changes(&typed);
        Some(Gift { name: param.name.clone(), assigned: Assigned::Computed(computed(text, &typed, true)), changes })
    }

    fn typed(&self, read: impl FnOnce(kind::Names<'_>) -> Option<Typed>) -> Option<Typed> {
        let uses = RefCell::<BTreeSet<Box<str>>>::default();
        let judge = OfTrigger(self.words);
        read(kind::Names::at(&self.scope, Site { judge: &judge, connections: &[], uses: &uses }))
    }

    fn changes(&self, typed: &Typed) -> bool {
        typed.reads().iter().any(|name| self.words.changing.contains(name))
    }

    /// A job whose instances are unique runs once for each set of identifying parameters: a trigger that never changes them
    /// starts one run, and then nothing ever again.
    fn refuse_same_run(&self, at: &Cursor<'_>, gifts: &[Gift], known: Known<'_>) -> Option<()> {
        let identifies = |name: &str| known.params.iter().any(|param| *param.name == *name && param.identifying);
        let changes = gifts.iter().any(|gift| gift.changes && identifies(&gift.name));
        if changes || known.instances != Some(Instances::Unique) {
            return Some(());
        }
        let message = format!("{} names the same instance of the job, which completes once", self.words.each);
        let param = known.params.iter().find(|param| param.identifying && !param.secret);
        let param = param.map_or("day", |param| &param.name);
        let example = self.words.example;
        let help = format!(
            "give an identifying parameter what differs, such as `params: {{ {param}: \"${{{{ {example} }}}}\" }}`, or say \
             `instances: many` in the job"
        );
        at.refuse(at.problem_of_key(message).code(Code::SameRun).help(help))
    }
}

fn unknown(at: &Cursor<'_>, name: &str, known: Known<'_>) -> Problem {
    let names = || known.file.census.params.iter().map(|param| &**param);
    let problem = at.problem_of_key(format!("there is no parameter `{name}`")).code(Code::UnknownName);
    match nothing_called("parameter", name, names) {
        Some(Verdict::Refused(Refusal { help: Some(help), .. })) => problem.help(help),
        _ => problem,
    }
}

/// Refuses a trigger that leaves out what every start has to give.
fn covers(at: &Cursor<'_>, gifts: &[Gift], known: Known<'_>) -> Option<()> {
    let mut fine = Some(());
    let is_lacking = |param: &&ParamDeclaration| !gifts.iter().any(|gift| gift.name == param.name);
    for param in known.params.iter().filter(|param| param.required).filter(is_lacking) {
        let name = &param.name;
        let problem = if param.secret {
            let message = format!("the job needs the parameter `{name}`, which is secret: no trigger can give it");
            at.problem_of_key(message)
                .code(Code::SecretInSight)
                .help("use `secret.NAME` in the step instead of a parameter")
        } else {
            let message = format!("the job needs the parameter `{name}`: {}", param.kind.expectation());
            at.problem_of_key(message).code(Code::MissingKey).help(format!("write `params: {{ {name}: … }}`"))
        };
        fine = at.refuse(problem);
    }
    fine
}

fn is_expression(text: &str) -> bool {
    // What cannot be read is no literal either; whoever reads it as an expression says so.
    Template::parse(text).map_or(true, |template| template.literal().is_none())
}

/// A value that is written down, as a start would give it.
fn literal(at: &Cursor<'_>, param: &ParamDeclaration) -> Option<Given> {
    if let Some(inner) = expression_within(at.node()) {
        let problem = at.problem("an expression stands for the whole value of a parameter, not for a part of it");
        return at.refuse(problem.span(inner.span()).code(Code::ExpressionPlace));
    }
    let text = at.node().as_text().and_then(|text| Template::parse(text).ok()?.literal().map(str::to_owned));
    if let Some(text) = text.as_deref().filter(|text| is_bare_expression(text)) {
        let problem = at.problem(format!("an expression stands in braces, and `{text}` would be a text"));
        let help = format!("write `${{{{ {text} }}}}`; if the text is meant, `${{{{ '{text}' }}}}`");
        return at.refuse(problem.code(Code::ExpressionPlace).help(help));
    }
    let given = match text {
        Some(text) if param.kind != ParamType::Json => Given::Text(text),
        _ => Given::Json { text: at.node().to_json().to_string(), place: None },
    };
    let mut alone = GivenParams::default();
    alone.set(param.name.to_string(), given.clone());
    let context = BindContext { working_dir: Path::new("/"), base_dir: Path::new("/") };
    let Err(wrong) = bind(std::slice::from_ref(param), &alone, context) else { return Some(given) };
    for ParamProblem { message, help, .. } in wrong.problems {
        let problem = at.problem(message).code(Code::WrongValue);
        let _: Option<()> = at.refuse(help.into_iter().fold(problem, |problem, help| problem.help(help)));
    }
    None
}

/// Whether the text reads a field of what starts the run. `key` may leave out the braces, so that they are forgotten here.
fn is_bare_expression(text: &str) -> bool {
    let reads = |path: &[&str]| path.len() > 1 && (path[0] == "trigger" || path[0] == "message");
    Expression::parse(text).is_ok_and(|expression| expression.paths().iter().any(|path| reads(path)))
}

/// The first text with an expression within a list or a mapping.
fn expression_within(node: &Node) -> Option<&Node> {
    let items = node.as_sequence().unwrap_or_default().iter();
    let mut values = items.chain(node.as_mapping().unwrap_or_default().iter().map(|(_, value)| value));
    values.find_map(|node| match node.as_text() {
        Some(text) => is_expression(text).then_some(node),
        None => expression_within(node),
    })
}

fn computed(text: &str, typed: &Typed, is_template: bool) -> Computed {
    // Both were read before; what they are made of is asked once more.
    let template = Template::parse(text).ok().filter(|_| is_template);
    let expression = Expression::parse(text).ok().filter(|_| !is_template);
    let (paths, optional) = match (&template, &expression) {
        (Some(template), _) => (template.paths(), template.optional_paths()),
        (None, Some(expression)) => (expression.paths(), expression.optional_paths()),
        (None, None) => (Vec::new(), Vec::new()),
    };
    Computed::new(typed.compile(), &paths, &optional)
}

/// Whether a value of this type can be one of a parameter: a text is read as a start would read it.
fn takes(param: ParamType, found: Type) -> bool {
    match (param, found) {
        (_, Type::Bytes) => false,
        (ParamType::Json, _) | (_, Type::Json) | (ParamType::Decimal, Type::Int) => true,
        (ParamType::Integer | ParamType::Boolean, Type::Str) => false,
        (_, Type::Str) => true,
        (param, found) => param.value_type() == found,
    }
}

/// The judge over what a trigger gives: it is stored and shown, and known before any run.
struct OfTrigger(Words);

/// The judge over the place of a broker, which is asked for before any run.
pub(super) struct OfUrl<'a>(pub(super) Known<'a>);

impl Judge for OfTrigger {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        let root = path.first().copied().unwrap_or_default();
        let (other_root, others) = self.0.other.split_first()?;
        let is_other = root == *other_root && path.get(1).is_none_or(|name| others.is_empty() || others.contains(name));
        match root {
            "secret" => refused(
                Code::SecretInSight,
                "a trigger cannot give a secret to a run: parameters are stored and shown",
                "use `secret.NAME` in the step",
            ),
            "env" | "params" | "vars" | "steps" | "job" | "execution" => {
                let names = if self.0.other == ["message"] { "`trigger`" } else { "`trigger.name` and `message`" };
                refused(Code::NotKnownHere, format!("a trigger cannot use `{root}`"), format!("here it uses {names}"))
            }
            _ if is_other && path.len() > 1 => {
                refused(Code::NotKnownHere, self.0.why_not, format!("it has `{}`", self.0.changing.join("`, `")))
            }
            _ => None,
        }
    }
}

impl Judge for OfUrl<'_> {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        let root = path.first().copied().unwrap_or_default();
        match root {
            "params" | "vars" | "steps" | "job" | "execution" | "trigger" | "message" => refused(
                Code::NotKnownHere,
                format!("the place of a broker cannot use `{root}`: it is known before any run"),
                "it uses `secret` and `env`",
            ),
            _ => self.0.file.known(self.0.layout).verdict(path),
        }
    }
}

fn refused(code: Code, message: impl Into<String>, help: impl Into<String>) -> Option<Verdict> {
    Some(Verdict::Refused(Refusal { code, message: message.into(), help: Some(help.into()), related: None }))
}
