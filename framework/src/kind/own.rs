//! Kinds that a program makes of its functions: `#[step]`, `#[reader]`, `#[processor]` and `#[writer]`.

mod processor;
mod reader;
mod tasklet;
mod writer;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

pub(crate) use self::processor::processor;
pub(crate) use self::reader::reader;
pub(crate) use self::tasklet::tasklet;
pub(crate) use self::writer::writer;

use super::{Frame, Kinds, Late, Names, SettingValue};
use crate::error::BatchError;
use crate::resource::Need;
use crate::row::{Column, Missing, Schema};
use crate::yaml::{Code, Cursor};

/// The settings of a step: an argument of its function, written as `With<Render>`.
///
/// A test calls the function as what it is, with [`With::new`].
pub struct With<T>(Arc<T>);

impl<T> With<T> {
    /// Settings of its own, as tests need them.
    pub fn new(settings: T) -> Self {
        Self(Arc::new(settings))
    }
}

impl<T> Clone for With<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for With<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for With<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A function that job files may name: `uses: render`. The attribute above the function writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a job file can use",
    label = "no `#[step]`, `#[reader]`, `#[processor]` or `#[writer]`",
    note = "write one of them above the function, and give its name: `.component::<render>()`"
)]
pub trait Component {
    /// The name that `uses` says.
    const NAME: &'static str;

    /// Where the function stands in the source of the program, as `src/render.rs:46`.
    const PLACE: &'static str;

    /// The resources without which it cannot run.
    fn needs() -> Vec<Need>;

    /// Adds it to what job files may name.
    fn add_to(kinds: Kinds) -> Kinds;
}

/// The settings in this run.
fn with<S: SettingValue>(settings: &Late<S>, frame: &Frame) -> Result<With<S>, BatchError> {
    settings.value(frame).map(With::new)
}

/// [`Schema::places_of`] for the items of a function.
type PlacesOf = fn(&Schema) -> Result<Vec<usize>, Vec<Missing>>;

/// The settings and the places of the cells that an item is made of. All that is wrong with either is reported.
fn settings_and_places<S: SettingValue>(
    at: &Cursor<'_>,
    names: &Names<'_>,
    (name, schema, places): (&str, &Schema, PlacesOf),
) -> Option<(Late<S>, Vec<usize>)> {
    let settings = S::read(at, names);
    let places = places(schema).map_err(|missing| {
        missing.iter().for_each(|missing| refuse_missing(at, name, missing, schema));
    });
    Some((settings?, places.ok()?))
}

fn refuse_missing(at: &Cursor<'_>, name: &str, Missing { column, found }: &Missing, schema: &Schema) {
    let wanted = described(column);
    let problem = match found {
        Some(found) => {
            let message =
                format!("`{name}` takes the column `{}` as {wanted}; here it is {}", column.name, described(found));
            at.problem_of_key(message).code(Code::Types).help("a `set` before it makes it so")
        }
        None => {
            let message = format!("`{name}` takes the column `{}` ({wanted}), which the rows do not have", column.name);
            let known: Vec<_> = schema.names().map(|name| format!("`{name}`")).collect();
            let problem = at.problem_of_key(message).code(Code::UnknownColumn);
            let problem = at.suggesting(problem, &column.name, schema.names());
            problem.help(format!("the columns are {}", known.join(", ")))
        }
    };
    let _: Option<()> = at.refuse(problem);
}

fn described(column: &Column) -> String {
    format!("{}{}", column.kind, if column.nullable { ", which may be null" } else { "" })
}
