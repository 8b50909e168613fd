//! What the derive macros name in the code they write. No promise is made to anybody else.

use std::future::Future;

pub use std::borrow::Cow;
pub use std::clone::Clone;
pub use std::convert::From;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::vec::Vec;

pub use crate::builder::{Flow, JobBuilder, JobProblems, JobSpec, StepBuilder};
pub use crate::error::{BatchError, NamedError};
pub use crate::job::Job;
pub use crate::kind::{Component, KeyOf, Kinds, Late, Names, SettingValue, With};
pub use crate::params::{Field, Fields, FromParams, Giving, ParamDeclaration, ParamType, ParamValue, ToParams};
pub use crate::policy::{RetryPolicy, SkipPolicy};
pub use crate::resource::Need;
pub use crate::row::{Cells, Column, ColumnOf, Record, Row, Value};
pub use crate::step::chunk::{Chunk, IntoChunk};
pub use crate::step::{IntoOutcome, IntoPart, Outcome, StepContext};
pub use crate::yaml::{Cursor, Mapping, Shape};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kind::{self, read_word};
use crate::resource::Res;
use crate::row::Cell;
use crate::step::chunk::{ItemReader, ItemWriter};
use crate::step::{BlockOn, FromStep, IntoItem, drive};

/// A field. A function says better than a method that its type is none of a parameter.
#[must_use]
pub fn field<T: ParamValue>(name: &str) -> Field<T> {
    Field::new(name)
}

/// The same of a field that is given as JSON.
#[must_use]
pub fn json_field<T: DeserializeOwned + Serialize + 'static>(name: &str) -> Field<T> {
    Field::json(name)
}

/// How an argument of a step is made. It names the type of the argument once, whatever is asked of it.
#[derive(Debug)]
pub struct Argument<T> {
    make: fn(&StepContext<'_>) -> Result<T, BatchError>,
    need: Option<Need>,
}

impl<T> Argument<T> {
    /// The argument, for one attempt.
    pub fn make(&self, step: &StepContext<'_>) -> Result<T, BatchError> {
        (self.make)(step)
    }

    /// What it needs of the program.
    #[must_use]
    pub fn need(&self) -> Option<Need> {
        self.need
    }
}

/// How an argument of type `T` is made.
#[must_use]
pub fn argument<T: FromStep>() -> Argument<T> {
    Argument { make: T::from_step, need: T::needs() }
}

/// What all arguments of a step need.
#[must_use]
pub fn needs(needs: &[Option<Need>]) -> Vec<Need> {
    needs.iter().copied().flatten().collect()
}

/// What an asynchronous step needs beside its arguments.
#[must_use]
pub fn need_of_driver() -> Option<Need> {
    Some(Need::of::<dyn BlockOn>())
}

/// What drives the asynchronous steps of the program.
pub fn driver(step: &StepContext<'_>) -> Result<Res<dyn BlockOn>, BatchError> {
    Res::from_step(step)
}

/// What an asynchronous step answers.
pub fn wait<T>(driver: &Res<dyn BlockOn>, step: impl Future<Output = T>) -> Result<T, BatchError> {
    drive(&**driver, step)
}

/// The text in a value, for an enum whose variants are texts.
#[must_use]
pub fn text_of(value: &Value) -> Option<&str> {
    if let Value::Str(text) = value { Some(text) } else { None }
}

/// A declaration whose values are these.
#[must_use]
pub fn with_choices(declaration: ParamDeclaration, choices: &[&str]) -> ParamDeclaration {
    ParamDeclaration { choices: choices.iter().map(|choice| Value::from(*choice)).collect(), ..declaration }
}

/// A column. A function says better than a method that its type is none of a column.
#[must_use]
pub const fn column<T: Cell>(name: &'static str) -> ColumnOf<T> {
    ColumnOf::new(name)
}

/// A key of settings. A function says better than a method that its type is none of a setting.
#[must_use]
pub const fn key<T: SettingValue>(name: &'static str, about: &'static str) -> KeyOf<T> {
    KeyOf::new(name, about)
}

/// One of a few words.
pub fn word<T: ParamValue + Send + Sync>(
    at: &Cursor<'_>,
    names: &Names<'_>,
    words: &[&'static str],
) -> Option<Late<T>> {
    read_word(at, names, words)
}

/// Adds a function as a tasklet.
pub fn add_step<S, F>(kinds: Kinds, name: &'static str, run: F) -> Kinds
where
    S: SettingValue,
    F: Fn(&With<S>, &mut StepContext<'_>) -> Result<Outcome, BatchError> + Send + Sync + 'static,
{
    kinds.register(kind::tasklet(name, run))
}

/// Adds a function as a reader.
pub fn add_reader<S, T, R, F>(kinds: Kinds, name: &'static str, make: F) -> Kinds
where
    S: SettingValue,
    T: Record,
    R: ItemReader<T> + 'static,
    F: Fn(&With<S>, &StepContext<'_>) -> Result<R, BatchError> + Send + Sync + 'static,
{
    kinds.register_reader(kind::reader(name, make))
}

/// Adds a function as a processor.
pub fn add_processor<S, I, A, P, F>(kinds: Kinds, name: &'static str, make: F) -> Kinds
where
    S: SettingValue,
    I: Record,
    A: IntoItem + 'static,
    P: FnMut(&I) -> A + Send + 'static,
    F: Fn(&With<S>, &StepContext<'_>) -> Result<P, BatchError> + Send + Sync + 'static,
{
    kinds.register_processor(kind::processor(name, make))
}

/// Adds a function as a writer.
pub fn add_writer<S, T, W, F>(kinds: Kinds, name: &'static str, make: F) -> Kinds
where
    S: SettingValue,
    T: Record,
    W: ItemWriter<T> + 'static,
    F: Fn(&With<S>, &StepContext<'_>) -> Result<W, BatchError> + Send + Sync + 'static,
{
    kinds.register_writer(kind::writer(name, make))
}
