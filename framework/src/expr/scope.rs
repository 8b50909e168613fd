//! Which names an expression may use, of which type they are, and where their values will stand.

use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use crate::row::{Schema, Type};

use super::suggest;

/// The first words of the names that are not columns. No column, and no name declared by [`Scope::declare`] alone, may
/// be called so, because it would hide them.
pub const ROOTS: [&str; 10] =
    ["params", "vars", "steps", "env", "secret", "trigger", "message", "job", "execution", "row"];

/// Why a name cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// A column is called like a root.
    #[error(
        "a column cannot be called '{name}', because expressions use that word for themselves; give it another `name`"
    )]
    Root {
        /// The column.
        name: String,
    },
    /// The same name twice, or a name both as a value and as the beginning of others.
    #[error("the name '{name}' is declared twice")]
    Twice {
        /// The name, with its dots.
        name: String,
    },
}

/// The names an expression may use.
///
/// Every name stands for a *slot*: a place in the slice that [`Program::eval`](super::Program::eval) gets. Three kinds
/// of scope are built:
///
/// - for an expression about one row, [`Scope::of_schema`]: the columns; the slice is the row;
/// - for a setting of a step or job, [`Scope::new`] and [`Scope::declare`]: `params.x`, `steps.load.write_count`; the
///   slice is a frame that the caller fills in the order of its declarations;
/// - for a row's expression that also uses the step's frame, [`Scope::rows`]: the columns are slots, and the names of
///   the frame become constants when [`Typed::compile_with`](super::Typed::compile_with) gets their values.
///
/// A column is written `amount` or `row['amount']`; the second form takes any name.
///
/// ```
/// use overnight_framework::expr::{Expected, Expression, Scope};
/// use overnight_framework::row::{Column, Schema, Type, Value};
///
/// let mut frame = Scope::new();
/// frame.declare(&["params", "limit"], Type::Int)?;
/// let schema = Schema::new(vec![Column::new("amount", Type::Int)]);
/// let scope = Scope::rows(&schema, &frame)?;
///
/// let filter = Expression::parse("amount > params.limit").unwrap().check(&scope, Expected::Type(Type::Bool)).unwrap();
/// let program = filter.compile_with(&[Value::Int(10)]);
/// assert_eq!(program.test(&[Value::Int(11)]), Ok(true));
/// # Ok::<(), overnight_framework::expr::ScopeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scope {
    names: Names,
    slots: usize,
}

type Names = BTreeMap<Box<str>, Entry>;

#[derive(Clone, Debug)]
enum Entry {
    Names(Names),
    Place(Place),
}

/// A name that has a value.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) name: Arc<str>,
    pub(super) source: Source,
    pub(super) kind: Type,
    pub(super) nullable: bool,
}

/// Where the value of a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The slice given to each evaluation.
    Slot(usize),
    /// The frame given once, when the program is compiled.
    Frame(usize),
}

/// What a path means in a scope.
pub(super) enum Found<'a> {
    /// A value, and how many names of the path led to it.
    Place(&'a Place, usize),
    /// The beginning of names only.
    Group { names: Vec<&'a str> },
    /// The name at this index of the path does not exist; these would.
    Unknown { index: usize, names: Vec<&'a str> },
}

impl Scope {
    /// A scope without names.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The columns of a row. The slots are the cells, in their order.
    ///
    /// # Errors
    /// [`ScopeError::Root`] for a column called like one of [`ROOTS`], [`ScopeError::Twice`] for two of one name.
    pub fn of_schema(schema: &Schema) -> Result<Self, ScopeError> {
        Self::rows(schema, &Self::new())
    }

    /// The columns of a row and, beside them, the names of `frame`, whose values are known before the first row.
    ///
    /// # Errors
    /// As [`Scope::of_schema`], and [`ScopeError::Twice`] for a column called like a name of `frame`.
    pub fn rows(schema: &Schema, frame: &Self) -> Result<Self, ScopeError> {
        let mut scope = Self { names: framed(&frame.names), slots: schema.columns().len() };
        for (index, column) in schema.columns().iter().enumerate() {
            if ROOTS.contains(&&*column.name) {
                return Err(ScopeError::Root { name: column.name.to_string() });
            }
            let place = Place {
                name: (*column.name).into(),
                source: Source::Slot(index),
                kind: column.kind,
                nullable: column.nullable,
            };
            scope.insert(&[&column.name], place.clone())?;
            scope.insert(&["row", &column.name], place)?;
        }
        Ok(scope)
    }

    /// Declares a name that is never null, such as `["params", "limit"]`, and answers its slot: the next one.
    ///
    /// # Errors
    /// [`ScopeError::Twice`].
    pub fn declare(&mut self, path: &[&str], kind: Type) -> Result<usize, ScopeError> {
        self.declare_as(path, kind, false)
    }

    /// Declares a name whose value may be null, and answers its slot: the next one.
    ///
    /// # Errors
    /// [`ScopeError::Twice`].
    pub fn declare_nullable(&mut self, path: &[&str], kind: Type) -> Result<usize, ScopeError> {
        self.declare_as(path, kind, true)
    }

    /// How many slots have been declared: the length of the slice that an evaluation needs.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    fn declare_as(&mut self, path: &[&str], kind: Type, nullable: bool) -> Result<usize, ScopeError> {
        let slot = self.slots;
        self.insert(path, Place { name: written(path).into(), source: Source::Slot(slot), kind, nullable })?;
        self.slots += 1;
        Ok(slot)
    }

    fn insert(&mut self, path: &[&str], place: Place) -> Result<(), ScopeError> {
        let twice = || ScopeError::Twice { name: written(path) };
        let Some((last, groups)) = path.split_last() else { return Err(twice()) };
        let mut names = &mut self.names;
        for group in groups {
            // An entry would ask for a key of its own, and the group is there for all but the first of its names.
            if !names.contains_key(*group) {
                names.insert((*group).into(), Entry::Names(Names::new()));
            }
            let Some(Entry::Names(inner)) = names.get_mut(*group) else { return Err(twice()) };
            names = inner;
        }
        match names.entry((*last).into()) {
            btree_map::Entry::Occupied(_) => Err(twice()),
            btree_map::Entry::Vacant(vacant) => {
                vacant.insert(Entry::Place(place));
                Ok(())
            }
        }
    }

    /// What the longest known beginning of `path` means.
    pub(super) fn find(&self, path: &[&str]) -> Found<'_> {
        let mut names = &self.names;
        for (index, name) in path.iter().enumerate() {
            match names.get(*name) {
                Some(Entry::Place(place)) => return Found::Place(place, index + 1),
                Some(Entry::Names(inner)) => names = inner,
                None => return Found::Unknown { index, names: names.keys().map(|name| &**name).collect() },
            }
        }
        Found::Group { names: names.keys().map(|name| &**name).collect() }
    }

    /// The full name whose last part is `name`, for those who forgot the part before it.
    pub(super) fn ending_in(&self, name: &str) -> Option<String> {
        let mut all = Vec::new();
        collect(&self.names, &mut Vec::new(), &mut all);
        all.into_iter().find(|path| path.len() > 1 && path.last() == Some(&name)).map(|path| written(&path))
    }
}

/// The names of a frame as a row's expression sees them.
fn framed(names: &Names) -> Names {
    let entry = |entry: &Entry| match entry {
        Entry::Names(names) => Entry::Names(framed(names)),
        Entry::Place(place) => {
            let source = match place.source {
                Source::Slot(index) | Source::Frame(index) => Source::Frame(index),
            };
            Entry::Place(Place { source, ..place.clone() })
        }
    };
    names.iter().map(|(name, inner)| (name.clone(), entry(inner))).collect()
}

fn collect<'a>(names: &'a Names, path: &mut Vec<&'a str>, all: &mut Vec<Vec<&'a str>>) {
    for (name, entry) in names {
        path.push(name);
        match entry {
            Entry::Names(inner) => collect(inner, path, all),
            Entry::Place(_) => all.push(path.clone()),
        }
        path.pop();
    }
}

/// A path as it is written in an expression: `steps['load-all'].exit_code`.
pub(super) fn written(path: &[&str]) -> String {
    let mut text = String::new();
    for (index, name) in path.iter().enumerate() {
        match (suggest::is_name(name), index) {
            (true, 0) => text.push_str(name),
            (true, _) => text.extend([".", name]),
            (false, 0) => text.extend(["row['", &escaped(name), "']"]),
            (false, _) => text.extend(["['", &escaped(name), "']"]),
        }
    }
    text
}

/// The text between the quotes of a literal.
fn escaped(name: &str) -> String {
    let characters = name.chars().flat_map(|character| {
        let (escape, character) = match character {
            '\\' | '\'' => (Some('\\'), character),
            '\n' => (Some('\\'), 'n'),
            '\r' => (Some('\\'), 'r'),
            _ => (None, character),
        };
        escape.into_iter().chain([character])
    });
    characters.collect()
}
