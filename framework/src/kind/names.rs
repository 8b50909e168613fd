//! The names that the settings of a step may use, and how their expressions are read.

use std::sync::Arc;

use super::Setting;
use crate::expr::{Expected, ExprError, Expression, Scope, Template, Typed};
use crate::row::{Schema, Type};
use crate::yaml::Cursor;

/// The names of one place in a job file.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    scope: &'a Scope,
}

impl<'a> Names<'a> {
    /// The names of `scope`.
    #[must_use]
    pub fn new(scope: &'a Scope) -> Self {
        Self { scope }
    }

    /// The scope behind the names.
    #[must_use]
    pub fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// Reads a setting: text with `${{ }}` where it pleases. A whole expression keeps its type, everything else is text.
    pub fn setting(&self, at: &Cursor<'_>) -> Option<Setting> {
        self.setting_of(at, Expected::Any)
    }

    /// Reads a bare expression of this type, such as the condition of a step.
    pub fn expression(&self, at: &Cursor<'_>, kind: Type) -> Option<Typed> {
        let text = at.text()?;
        let parsed = Expression::parse(text).map_err(|errors| report(at, errors)).ok()?;
        parsed.check(self.scope, Expected::Type(kind)).map_err(|errors| report(at, errors)).ok()
    }

    /// Reads a bare expression about a row of `schema`; the other names are constants in it.
    pub fn row_expression(&self, at: &Cursor<'_>, schema: &Arc<Schema>, expected: Expected) -> Option<Typed> {
        let scope = match Scope::rows(schema, self.scope) {
            Ok(scope) => scope,
            Err(error) => return at.refuse(at.problem(error.to_string())),
        };
        let text = at.text()?;
        let parsed = Expression::parse(text).map_err(|errors| report(at, errors)).ok()?;
        parsed.check(&scope, expected).map_err(|errors| report(at, errors)).ok()
    }

    /// The same, where only one type makes sense.
    pub fn setting_of(&self, at: &Cursor<'_>, expected: Expected) -> Option<Setting> {
        let text = at.text()?;
        let template = Template::parse(text).map_err(|errors| report(at, errors)).ok()?;
        let typed = template.check(self.scope, expected).map_err(|errors| report(at, errors)).ok()?;
        Some(Setting::new(&template, &typed))
    }
}

/// Reports the errors of an expression at their places in the file.
pub(crate) fn report(at: &Cursor<'_>, errors: Vec<ExprError>) {
    for error in errors {
        let mut problem = at.problem_in(error.span.clone(), error.message.clone());
        if let Some(help) = error.help.clone() {
            problem = problem.help(help);
        }
        let _: Option<()> = at.refuse(problem);
    }
}
