//! The names that the settings of a step may use, and how their expressions are read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::Setting;
use super::place::places_of;
use crate::expr::{Expected, ExprError, Expression, Mistake, Scope, Template, Typed};
use crate::row::Type;
use crate::yaml::{Code, Cursor, Span};

/// The names of one place in a job file.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    scope: &'a Scope,
    site: Option<Site<'a>>,
}

/// What a place in a job file knows beside the names that exist there.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// Who knows the names that do not exist there, and why.
    pub(crate) judge: &'a dyn Judge,
    /// The other databases that settings may name.
    pub(crate) connections: &'a [String],
    /// Where the names that are used are noted.
    pub(crate) uses: &'a RefCell<BTreeSet<Box<str>>>,
}

/// Judges over the names of a file that a place must not use.
pub(crate) trait Judge {
    /// What is wrong with a name such as `["steps", "load", "file"]`; `None` where the scope decides.
    fn verdict(&self, path: &[&str]) -> Option<Verdict>;

    /// Whether the value behind a name is a secret, or made of one.
    fn is_confidential(&self, path: &[&str]) -> bool {
        let _ = path;
        false
    }
}

/// Why a name must not be used.
pub(crate) enum Verdict {
    /// Its own declaration is wrong. That was reported, and nothing more is to be said.
    Broken,
    /// It is not for this place.
    Refused(Refusal),
}

/// What is said about a name that is not for a place.
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Another place in the file that belongs to it, and the words beside it.
    pub(crate) related: Option<(Span, String)>,
}

/// What came of judging the names of one text.
#[derive(Default)]
struct Judged {
    broken: bool,
    /// Where the refused names stand; `None` when there are none.
    refused: Option<Vec<Range<usize>>>,
}

impl<'a> Names<'a> {
    /// The names of `scope`.
    #[must_use]
    pub fn new(scope: &'a Scope) -> Self {
        Self { scope, site: None }
    }

    /// The names of `scope` at a place of a job file.
    pub(crate) fn at(scope: &'a Scope, site: Site<'a>) -> Self {
        Self { scope, site: Some(site) }
    }

    /// What the place knows beside the names.
    pub(crate) fn site(self) -> Option<Site<'a>> {
        self.site
    }

    /// The scope behind the names, to look at. Which secrets a step needs is learned from the expressions that are read
    /// through this type; one that is checked against the scope alone finds no value for them.
    #[must_use]
    pub fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// Reads a setting: text with `${{ }}` where it pleases. A whole expression keeps its type, everything else is text.
    pub fn setting(&self, at: &Cursor<'_>) -> Option<Setting> {
        self.setting_of(at, Expected::Any)
    }

    /// The same, where only one type makes sense.
    pub fn setting_of(&self, at: &Cursor<'_>, expected: Expected) -> Option<Setting> {
        let (template, typed) = self.template(at, expected)?;
        Some(Setting::new(at, &template, &typed))
    }

    /// Reads a setting that others see, such as the arguments of a program: one with a secret in it is refused. `seen` says
    /// who sees it, and `help` what to do instead.
    pub fn setting_in_sight(&self, at: &Cursor<'_>, seen: &str, help: &str) -> Option<Setting> {
        let (template, typed) = self.template(at, Expected::Any)?;
        let paths = template.paths();
        let is_secret = |path: &&Vec<&str>| self.site.is_some_and(|site| site.judge.is_confidential(path));
        let Some(path) = paths.iter().find(is_secret) else { return Some(Setting::new(at, &template, &typed)) };
        let name = path.iter().take(2).copied().collect::<Vec<_>>().join(".");
        let (code, message) = (Code::SecretInSight, format!("`{name}` is secret, and {seen}"));
        let refusal = Refusal { code, message, help: Some(help.to_owned()), related: None };
        report_refusal(at, places_of(at.text().unwrap_or_default(), path).first(), refusal);
        None
    }

    /// Reads a bare expression of this type, such as the condition of a step.
    pub fn expression(&self, at: &Cursor<'_>, kind: Type) -> Option<Typed> {
        self.typed(at, Expected::Type(kind))
    }

    /// Reads the name of another database, as in `connection: archive`.
    pub fn connection(&self, at: &Cursor<'_>) -> Option<String> {
        let name = at.filled_text()?;
        let known = self.site.map_or(&[][..], |site| site.connections);
        if known.iter().any(|known| known == name) {
            return Some(name.to_owned());
        }
        let problem = at.problem(format!("there is no connection `{name}`")).code(Code::UnknownConnection);
        let problem = at.suggesting(problem, name, known.iter().map(String::as_str));
        at.refuse(match known {
            [] => problem
                .help("no connections are configured; without the key the step works on the store's own database"),
            known => problem.help(format!("the connections are {}", known.join(", "))),
        })
    }

    /// Reads a text with `${{ }}`.
    pub(crate) fn template(&self, at: &Cursor<'_>, expected: Expected) -> Option<(Template, Typed)> {
        let text = at.text()?;
        let template = Template::parse(text).map_err(|errors| report(at, errors)).ok()?;
        let checked = template.check(self.scope, expected);
        let typed = self.judged(at, &template.paths(), checked)?;
        Some((template, typed))
    }

    /// Reads a bare expression.
    pub(crate) fn typed(&self, at: &Cursor<'_>, expected: Expected) -> Option<Typed> {
        let parsed = parse_bare(at)?;
        let checked = parsed.check(self.scope, expected);
        self.judged(at, &parsed.paths(), checked)
    }

    /// The checked expression, unless the place must not use one of its names. What the check says about such a name is
    /// dropped: that it does not exist is only half of the truth.
    fn judged(&self, at: &Cursor<'_>, paths: &[Vec<&str>], checked: Result<Typed, Vec<ExprError>>) -> Option<Typed> {
        let judged = self.judge(at, paths);
        match checked {
            // Without the type of a name nothing is known about the rest.
            _ if judged.broken => None,
            Ok(typed) if judged.refused.is_none() => {
                self.note(&typed);
                Some(typed)
            }
            Ok(_) => None,
            Err(errors) => {
                let refused = judged.refused.unwrap_or_default();
                let other = |error: &ExprError| !refused.iter().any(|place| overlap(place, &error.span));
                report(at, errors.into_iter().filter(other).collect());
                None
            }
        }
    }

    /// Reports the names that the place must not use.
    fn judge(&self, at: &Cursor<'_>, paths: &[Vec<&str>]) -> Judged {
        let mut judged = Judged::default();
        let Some(site) = self.site else { return judged };
        let distinct: BTreeSet<&[&str]> = paths.iter().map(Vec::as_slice).collect();
        for path in distinct {
            match site.judge.verdict(path) {
                None => {}
                Some(Verdict::Broken) => judged.broken = true,
                Some(Verdict::Refused(refusal)) => {
                    let places = places_of(at.text().unwrap_or_default(), path);
                    report_refusal(at, places.first(), refusal);
                    judged.refused.get_or_insert_default().extend(places);
                }
            }
        }
        judged
    }

    fn note(&self, typed: &Typed) {
        if let Some(site) = self.site {
            site.uses.borrow_mut().extend(typed.reads().into_iter().map(Into::into));
        }
    }
}

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("scope", self.scope).finish_non_exhaustive()
    }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end.max(other.start + 1) && other.start < one.end
}

fn report_refusal(at: &Cursor<'_>, place: Option<&Range<usize>>, refusal: Refusal) {
    let mut problem = match place {
        Some(place) => at.problem_in(place.clone(), refusal.message),
        None => at.problem(refusal.message),
    };
    problem = problem.code(refusal.code);
    if let Some((span, words)) = refusal.related {
        problem = problem.related(span, words);
    }
    if let Some(help) = refusal.help {
        problem = problem.help(help);
    }
    let _: Option<()> = at.refuse(problem);
}

/// Reads a bare expression, as far as that goes without any names.
pub(crate) fn parse_bare(at: &Cursor<'_>) -> Option<Expression> {
    let text = at.text()?;
    match Expression::parse(text) {
        Ok(parsed) => Some(parsed),
        Err(_) if text.trim_start().starts_with("${{") => {
            let problem = at.problem("an expression stands here without `${{` and `}}`").code(Code::ExpressionPlace);
            at.refuse(problem.help("those are for texts that have expressions in them"))
        }
        Err(errors) => {
            report(at, errors);
            None
        }
    }
}

/// Reports the errors of an expression at their places in the file.
pub(crate) fn report(at: &Cursor<'_>, errors: Vec<ExprError>) {
    for error in errors {
        let mut problem = at.problem_in(error.span.clone(), error.message.clone()).code(code_of(error.mistake));
        if let Some(help) = error.help.clone() {
            problem = problem.help(help);
        }
        let _: Option<()> = at.refuse(problem);
    }
}

fn code_of(mistake: Mistake) -> Code {
    match mistake {
        Mistake::Syntax => Code::ExpressionSyntax,
        Mistake::TooLarge => Code::ExpressionTooLarge,
        Mistake::UnknownName => Code::UnknownName,
        Mistake::UnknownFunction => Code::UnknownFunction,
        Mistake::Arguments => Code::Arguments,
        Mistake::Types => Code::Types,
        Mistake::NeverAValue => Code::NeverAValue,
    }
}
