//! The operations between the reader and the writer of a chunk step: filter, set, validate, and those of the program itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::kinds::{self, refuse_unknown};
use super::policies::Known;
use super::tables;
use crate::error::names;
use crate::expr::{Expected, ROOTS, Scope, Typed};
use crate::kind::{Judge, Kinds, Names, ProcessorPlan, Refusal, Site, Verdict, parse_bare};
use crate::row::{Column, Schema, Type};
use crate::yaml::{Code, Cursor, Key};

/// An operation whose expressions are checked.
#[derive(Debug)]
pub(super) enum Operation {
    /// Rows for which it is false are left out. Behind it stands what it is called in an error.
    Filter(Typed, Box<str>),
    /// Cells that are computed side by side: none of them sees another.
    Set(Vec<SetCell>),
    /// Rows for which it is false are bad.
    Validate(Rule),
    /// A function of the program itself makes other rows of them.
    Used(Used),
}

impl Operation {
    /// Its key in a file.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Filter(..) => "filter",
            Self::Set(..) => "set",
            Self::Validate(..) => "validate",
            Self::Used(used) => used.name,
        }
    }
}

/// A processor of the program itself.
pub(super) struct Used {
    pub(super) name: &'static str,
    pub(super) plan: Box<dyn ProcessorPlan>,
    /// How many cells its rows have.
    pub(super) width: usize,
}

impl fmt::Debug for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Used").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A cell of a row and what is computed for it.
#[derive(Debug)]
pub(super) struct SetCell {
    /// The index of its cell; the first index behind the row for a new column.
    pub(super) index: usize,
    pub(super) value: Typed,
    /// What it is called in an error.
    pub(super) place: Box<str>,
}

/// What must hold for a row, and what is said when it does not.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) check: Typed,
    /// The text of the check, for a rule without a message.
    pub(super) written: Box<str>,
    pub(super) message: Option<Typed>,
    /// The name of the error that a row is refused with, by which `skip` can choose it.
    pub(super) error: Box<str>,
    /// What it is called in an error of its expressions.
    pub(super) place: Box<str>,
}

#[derive(Clone, Copy, Debug)]
enum OperationKind {
    Filter,
    Set,
    Validate,
}

/// The kind of the operation at `at`, and what stands below its key.
fn kind_of<'a>(at: &Cursor<'a>) -> Option<(OperationKind, Cursor<'a>)> {
    let (key, value) = at.only_entry("an operation")?;
    let kind = match key.name() {
        "filter" => OperationKind::Filter,
        "set" => OperationKind::Set,
        "validate" => OperationKind::Validate,
        other => {
            let message = format!("there is no operation called `{other}`");
            let known = tables::OPERATION.fields.iter().map(|field| field.name);
            return refuse_unknown(&value, (Code::UnknownKind, message), other, known);
        }
    };
    Some((kind, value))
}

/// Whether the operation at `at` is one of the program itself.
fn is_used(at: &Cursor<'_>) -> bool {
    at.node().get("uses").is_some()
}

/// Looks at the form of the operations alone, where nobody knows the columns.
pub(super) fn form_only(at: &Cursor<'_>) {
    let _ = at.list(|at| {
        if is_used(at) {
            return Some(());
        }
        let (kind, value) = kind_of(at)?;
        match kind {
            OperationKind::Filter => parse_bare(&value).map(drop),
            OperationKind::Set => value.map(|_, at| parse_bare(at)).map(drop),
            OperationKind::Validate => Some(()),
        }
    });
}

/// Adds the names that the rules at `at` give to their errors. The form alone is looked at: what is wrong with a rule is told
/// when it is read.
pub(super) fn errors_of_rules<'a>(at: &Cursor<'a>, known: &mut Known<'a>) {
    let operations = at.node().as_sequence().unwrap_or_default();
    for validate in operations.iter().filter_map(|operation| operation.get("validate")) {
        let rules = validate.as_sequence().unwrap_or(std::slice::from_ref(validate));
        known.extend(rules.iter().filter_map(|rule| rule.get("error")?.as_text()).filter(|name| is_free(name)));
    }
}

/// Whether a rule may call its error so: what the engine alone says would lie about its origin.
fn is_free(name: &str) -> bool {
    names::is_name(name) && !names::ENGINE.contains(&name)
}

/// The operations that were read so far, and the columns behind them.
pub(super) struct Pipeline<'a> {
    kinds: &'a Kinds,
    names: Names<'a>,
    columns: Vec<Column>,
    /// The names of the frame with the columns; made when it is needed.
    scope: Option<Scope>,
    /// The columns whose expression is wrong, so that nobody knows their type.
    broken: BTreeSet<Box<str>>,
    operations: Vec<Operation>,
}

impl<'a> Pipeline<'a> {
    /// No operations yet, for rows of `schema`.
    pub(super) fn new(kinds: &'a Kinds, names: Names<'a>, schema: &Schema) -> Self {
        let columns = schema.columns().to_vec();
        Self { kinds, names, columns, scope: None, broken: BTreeSet::new(), operations: Vec::new() }
    }

    /// Reads the list of operations.
    pub(super) fn read(&mut self, at: &Cursor<'_>) {
        let _ = at.list(|at| {
            self.operation(at);
            Some(())
        });
    }

    /// The operations and the columns of the rows that leave them.
    pub(super) fn into_parts(self) -> (Vec<Operation>, Arc<Schema>) {
        (self.operations, Schema::new(self.columns))
    }

    fn operation(&mut self, at: &Cursor<'_>) {
        if is_used(at) {
            let used = self.used(at);
            self.operations.extend(used.map(Operation::Used));
            return;
        }
        let Some((kind, value)) = kind_of(at) else { return };
        match kind {
            OperationKind::Filter => {
                let condition = self.expression(&value, Expected::Type(Type::Bool), &[]);
                let place = place_of("filter", &value);
                self.operations.extend(condition.map(|condition| Operation::Filter(condition, place)));
            }
            OperationKind::Set => {
                let set = self.set(&value);
                self.operations.extend(set);
            }
            OperationKind::Validate => {
                let rules = value.list_or_one(|at| self.rule(at)).unwrap_or_default();
                self.operations.extend(rules.into_iter().map(Operation::Validate));
            }
        }
    }

    /// A processor of the program itself. The rows behind it have the columns of what it gives, and no others.
    fn used(&mut self, at: &Cursor<'_>) -> Option<Used> {
        let none = BTreeMap::new();
        let registered = self.kinds.registered_processors();
        let known = kinds::Known { sort: "processor", stock: &none, registered };
        // Columns whose expressions are wrong have no type that a function could be refused for.
        let is_sure = self.broken.is_empty();
        let input = Schema::new(self.columns.clone());
        let (kind, plan) = known.used(at, |kind, settings| {
            let plan = if is_sure { kind.check(settings, &self.names, &input) } else { None };
            Some((kind.schema(), plan.map(|plan| (kind.name(), plan))))
        })?;
        let width = kind.columns().len();
        self.columns = kind.columns().to_vec();
        self.scope = None;
        self.broken.clear();
        let (name, plan) = plan?;
        Some(Used { name, plan, width })
    }

    fn rule(&mut self, at: &Cursor<'_>) -> Option<Rule> {
        let mut fields = at.mapping(&tables::VALIDATION)?;
        let check = fields.required("check", |at| {
            let written = at.text()?;
            Some((self.expression(at, Expected::Type(Type::Bool), &[])?, written, place_of("validate", at)))
        });
        let message = fields.optional("message", |at| self.message(at));
        let error = fields.or("error", names::INVALID_ROW.into(), error_name);
        fields.finish();
        let (check, written, place) = check?;
        Some(Rule { check, written: written.into(), message: message?, error: error?, place })
    }

    fn set(&mut self, at: &Cursor<'_>) -> Option<Operation> {
        let entries = at.node().as_mapping().unwrap_or_default();
        let own: Vec<&str> = entries.iter().map(|(key, _)| key.name()).filter(|name| !self.has(name)).collect();
        let mut made = Vec::new();
        at.map(|key, at| {
            let value = column_name(key, at).and_then(|()| self.cell(at, &own));
            if value.is_none() {
                self.broken.insert(key.name().into());
            }
            made.push((key.name(), value, place_of(&format!("set {}", key.name()), at)));
            Some(())
        })?;
        if made.is_empty() {
            return at.refuse(at.problem("an empty `set` does nothing").code(Code::Empty));
        }
        let cells = made.into_iter().filter_map(|(name, value, place)| self.put(name, value, place)).collect();
        self.scope = None;
        Some(Operation::Set(cells))
    }

    /// A value that a column can hold.
    fn cell(&mut self, at: &Cursor<'_>, own: &[&str]) -> Option<Typed> {
        let value = self.expression(at, Expected::Any, own)?;
        match value.kind() {
            None => {
                at.refuse(at.problem("this is always null, so the column would have no type").code(Code::NeverAValue))
            }
            Some(Type::Duration) => {
                let problem = at.problem("a column cannot hold a duration").code(Code::Types);
                at.refuse(problem.help("days(a, b) is a number of days, string(x) a text"))
            }
            Some(_) => Some(value),
        }
    }

    /// Puts a column into the schema: a new one at the end, one of the same name where it is.
    fn put(&mut self, name: &str, value: Option<Typed>, place: Box<str>) -> Option<SetCell> {
        let known = value.as_ref().and_then(|value| Some((value.kind()?, value.nullable())));
        // A column of unknown type is there all the same, so that a writer that names it is not refused for it.
        let (kind, nullable) = known.unwrap_or((Type::Str, false));
        let column = Column { name: name.into(), kind, nullable };
        let index = self.columns.iter().position(|known| *known.name == *name).unwrap_or(self.columns.len());
        match self.columns.get_mut(index) {
            Some(place) => *place = column,
            None => self.columns.push(column),
        }
        if value.is_some() {
            self.broken.remove(name);
        }
        Some(SetCell { index, value: value?, place })
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| *column.name == *name)
    }

    fn message(&mut self, at: &Cursor<'_>) -> Option<Typed> {
        self.with_names(&[], |names| names.template(at, Expected::Type(Type::Str)).map(|(_, typed)| typed))
    }

    /// An expression about the columns, in a `set` that makes the columns `own`.
    fn expression(&mut self, at: &Cursor<'_>, expected: Expected, own: &[&str]) -> Option<Typed> {
        self.with_names(own, |names| names.typed(at, expected))
    }

    fn with_names<T>(&mut self, own: &[&str], read: impl FnOnce(&Names<'_>) -> Option<T>) -> Option<T> {
        let scope = match self.scope.take() {
            Some(scope) => scope,
            // The names of the columns were checked when they were put in.
            None => Scope::rows(&Schema::new(self.columns.clone()), self.names.scope()).ok()?,
        };
        let outer = self.names.site();
        let judge = OfRow { outer: outer.map(|site| site.judge), broken: &self.broken, own };
        let site = outer.map(|site| Site { judge: &judge, ..site });
        let read = match site {
            Some(site) => read(&Names::at(&scope, site)),
            None => read(&Names::new(&scope)),
        };
        self.scope = Some(scope);
        read
    }
}

/// What the expression at `at` is called in an error about a row.
fn place_of(what: &str, at: &Cursor<'_>) -> Box<str> {
    format!("{what} ({})", at.place_in_words()).into()
}

/// The name that a rule gives to its error.
fn error_name(at: &Cursor<'_>) -> Option<Box<str>> {
    let name = at.filled_text()?;
    if is_free(name) {
        return Some(name.into());
    }
    if names::ENGINE.contains(&name) {
        return at.refuse(
            at.problem(format!("`{name}` is an error of the engine, which no rule can give")).code(Code::UnknownError),
        );
    }
    let problem = at.problem(format!("`{name}` is not the name of an error")).code(Code::NotAName);
    at.refuse(problem.help("a capital letter, then letters and digits of which one is small, such as `NotQuoted`"))
}

/// Whether a column can have the name of the key.
fn column_name(key: &Key, at: &Cursor<'_>) -> Option<()> {
    let name = key.name();
    if ROOTS.contains(&name) {
        return at.refuse(
            at.problem_of_key(format!("a column cannot be called `{name}`: expressions use that word for themselves"))
                .code(Code::ReservedWord),
        );
    }
    if name.trim().is_empty() || name.chars().any(char::is_control) || name.len() > 63 {
        return at.refuse(
            at.problem_of_key("a column has a name of 1 to 63 bytes, without control characters").code(Code::NotAName),
        );
    }
    Some(())
}

/// The judge over an expression about a row.
struct OfRow<'a> {
    outer: Option<&'a dyn Judge>,
    broken: &'a BTreeSet<Box<str>>,
    /// The columns that the same `set` makes.
    own: &'a [&'a str],
}

impl Judge for OfRow<'_> {
    fn verdict(&self, path: &[&str]) -> Option<Verdict> {
        let column = match path {
            ["row", name, ..] => name,
            [name, ..] if !ROOTS.contains(name) => name,
            _ => return self.outer?.verdict(path),
        };
        if self.own.contains(column) {
            return Some(Verdict::Refused(Refusal {
                code: Code::NotKnownHere,
                message: format!("column `{column}` is made by this same `set`"),
                help: Some(
                    "the values of one `set` are computed side by side: make the column in a `set` before".to_owned(),
                ),
                related: None,
            }));
        }
        self.broken.contains(*column).then_some(Verdict::Broken)
    }
}
