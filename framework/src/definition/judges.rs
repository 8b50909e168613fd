//! Who may use which names of a file, and what is said when a name is not for a place.

use super::census::Census;
use super::layout::{Layout, Root, STEP_FACTS};
use crate::kind::{Judge, Refusal, Verdict};
use crate::yaml::{Code, nearest};

/// How many names a message lists.
const LISTED: usize = 12;

/// What was counted and what was declared so far.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) census: &'a Census,
    pub(super) layout: &'a Layout,
}

/// The judge over the vars: they use what is known before any step.
pub(super) struct OfVar<'a> {
    pub(super) known: Known<'a>,
    pub(super) name: &'a str,
}

/// The judge over a step: it uses what ended before it.
pub(super) struct OfStep<'a> {
    pub(super) known: Known<'a>,
    pub(super) index: usize,
}

/// The judge over the target: it is shown and stored, and known before the run.
pub(super) struct OfTarget<'a>(pub(super) Known<'a>);

/// The judge over the result: it is shown and stored when all steps have ended.
pub(super) struct OfResult<'a>(pub(super) Known<'a>);

impl Judge for OfVar<'_> {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        match path {
            ["vars", name, ..] if *name == self.name => refused(Code::NotKnownHere, "a var cannot use itself", None),
            ["vars", name, ..] if self.known.position_of_var(name) > self.known.position_of_var(self.name) => refused(
                Code::NotKnownHere,
                format!("var `{name}` comes later"),
                Some("vars are computed in their order: move it up".to_owned()),
            ),
            ["steps" | "job" | "execution", ..] => {
                let root = path.first().copied().unwrap_or_default();
                let help = "a var uses `params`, `env`, `secret` and the vars above it".to_owned();
                refused(
                    Code::NotKnownHere,
                    format!("a var cannot use `{root}`: vars are known before any step"),
                    Some(help),
                )
            }
            _ => self.known.verdict(path),
        }
    }
}

impl Judge for OfStep<'_> {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        let ["steps", name, ..] = path else { return self.known.verdict(path) };
        match self.known.census.position(name) {
            Some(position) if position == self.index => {
                refused(Code::NotKnownHere, "a step cannot use its own values: they are known when it has ended", None)
            }
            Some(position) if position > self.index => Some(Verdict::Refused(self.later(name, position))),
            Some(_) => self.known.verdict(path),
            None => self.known.no_step(name, self.index),
        }
    }

    fn is_confidential(&self, path: &[&str]) -> bool {
        let [root, name, ..] = path else { return false };
        Root::of(root).is_some_and(|root| self.known.layout.is_confidential(root, name))
    }
}

impl OfStep<'_> {
    fn later(&self, name: &str, position: usize) -> Refusal {
        let place = self.known.census.steps.get(position).map(|(_, span)| *span);
        Refusal {
            code: Code::NotKnownHere,
            message: format!("step `{name}` comes later: its values are not known yet"),
            help: Some("a step can use only the steps before it".to_owned()),
            related: place.map(|span| (span, format!("step `{name}` is here"))),
        }
    }
}

impl Judge for OfTarget<'_> {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        match path {
            ["env" | "secret" | "steps" | "job" | "execution", ..] => {
                let root = path.first().copied().unwrap_or_default();
                refused(
                    Code::NotKnownHere,
                    format!("`target` cannot use `{root}`"),
                    Some("it uses `params` and `vars`".to_owned()),
                )
            }
            _ => self.0.shown(path, "target").or_else(|| self.0.verdict(path)),
        }
    }
}

impl Judge for OfResult<'_> {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        match path {
            ["secret", ..] => self.0.shown(path, "result"),
            ["steps", name, ..] if self.0.census.position(name).is_none() => {
                self.0.no_step(name, self.0.census.steps.len())
            }
            _ => self.0.shown(path, "result").or_else(|| self.0.verdict(path)),
        }
    }
}

impl Known<'_> {
    fn has_param(&self, name: &str) -> bool {
        self.census.params.iter().any(|param| **param == *name)
    }

    /// The place of a var in the order of the vars; `None` when there is none of the name.
    fn position_of_var(&self, name: &str) -> Option<usize> {
        self.census.vars.iter().position(|var| **var == *name)
    }

    /// Whether the file declares the name, but not before this place or not rightly.
    fn is_undeclared(&self, root: Root, name: &str) -> bool {
        let counted = match root {
            Root::Params => self.has_param(name),
            Root::Vars => self.position_of_var(name).is_some(),
            Root::Steps => self.census.position(name).is_some(),
            Root::Env | Root::Secret => false,
        };
        counted && !self.layout.knows(root, name)
    }

    /// The verdict over a name that the file does not declare, or not rightly.
    pub(super) fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        match path {
            ["env"] => refused(
                Code::UnknownName,
                "`env` is no value by itself",
                Some("write the variable behind it: env.HOME".to_owned()),
            ),
            ["secret"] => refused(
                Code::UnknownName,
                "`secret` is no value by itself",
                Some("write its name behind it: secret.NAME".to_owned()),
            ),
            ["env", name, ..] if self.layout.secret_of(name).is_some() => {
                let help = format!("write secret.{}", self.layout.secret_of(name).unwrap_or_default());
                refused(
                    Code::SecretInSight,
                    format!("`env.{name}` is a secret, and is not masked under this name"),
                    Some(help),
                )
            }
            ["params", name, ..] if !self.has_param(name) => {
                nothing_called("parameter", name, || self.census.params.iter().map(|name| &**name))
            }
            ["vars", name, ..] if self.position_of_var(name).is_none() => {
                nothing_called("var", name, || self.census.vars.iter().map(|name| &**name))
            }
            _ => self.is_broken(path).then_some(Verdict::Broken),
        }
    }

    /// Whether the own declaration of a name is wrong.
    fn is_broken(&self, path: &[&str]) -> bool {
        let [root, name, rest @ ..] = path else { return false };
        let Some(root) = Root::of(root) else { return false };
        let is_fact = |word: &&str| STEP_FACTS.iter().any(|(fact, ..)| fact == word);
        let lost_output = root == Root::Steps && self.layout.is_unsure(name) && !rest.first().is_some_and(is_fact);
        self.is_undeclared(root, name) || lost_output
    }

    /// The verdict over a secret in something that is stored and shown.
    fn shown(&self, path: &[&str], place: &str) -> Option<Verdict> {
        let [root, name, ..] = path else { return None };
        if !self.layout.is_confidential(Root::of(root)?, name) {
            return None;
        }
        let why = if *root == "vars" { "is made of a secret" } else { "is secret" };
        refused(
            Code::SecretInSight,
            format!("`{place}` cannot use `{root}.{name}`, which {why}: it is stored and shown"),
            None,
        )
    }

    /// The verdict over a step that does not exist, where the first `end` steps could be used.
    fn no_step(&self, name: &str, end: usize) -> Option<Verdict> {
        let usable = || self.census.steps.iter().take(end).map(|(name, _)| &**name).filter(|name| !name.is_empty());
        if end > 0 {
            return nothing_called("step", name, usable);
        }
        refused(
            Code::UnknownName,
            format!("there is no step `{name}`"),
            Some("no step comes before this one".to_owned()),
        )
    }
}

/// The verdict over a name that is none of `known`.
pub(super) fn nothing_called<'k, I: Iterator<Item = &'k str>>(
    what: &str,
    name: &str,
    known: impl Fn() -> I,
) -> Option<Verdict> {
    // `steps.a-b` is read as a difference; the check knows and says how it is written.
    let hyphen = format!("{name}-");
    if known().any(|known| known.starts_with(&hyphen)) {
        return None;
    }
    let names: Vec<_> = known().map(|name| format!("`{name}`")).collect();
    let help = match nearest(name, known()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if names.is_empty() => Some(format!("the file declares no {what}")),
        None => (names.len() <= LISTED).then(|| format!("known here: {}", names.join(", "))),
    };
    refused(Code::UnknownName, format!("there is no {what} `{name}`"), help)
}

fn refused(code: Code, message: impl Into<String>, help: Option<String>) -> Option<Verdict> {
    Some(Verdict::Refused(Refusal { code, message: message.into(), help, related: None }))
}
