//! The way of the rows of a chunk step: a reader, functions over rows, and a writer, each of its own or of a kind.
//!
//! A part that is a function belongs to the program, and its items are structs with [`#[derive(Row)]`](macro@crate::Row). A part of
//! a kind is named with its settings, as a job file has it: the same code reads them, when the job meets the kinds of its
//! program, and the same code runs.

use std::fmt;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value as Json;

use super::step::read_params;
use crate::error::BatchError;
use crate::kind::{self, Component, Kinds, With};
use crate::params::FromParams;
use crate::resource::Need;
use crate::row::{Column, Record};
use crate::step::chunk::{ItemReader, ItemWriter};
use crate::step::{IntoItem, IntoPart, StepContext};
use crate::suggest::nearest;

/// Rows of `T` on their way, in a job whose parameters are a `P`.
///
/// ```
/// use overnight_framework::BatchError;
/// use overnight_framework::builder::{Flow, JobBuilder, StepBuilder};
/// use overnight_framework::repository::ChunkError;
/// use overnight_framework::row::{Cells, Column, Record, Row, Type, Value};
/// use overnight_framework::step::chunk::{Items, WriteContext};
/// # struct Number(i64);
/// # impl Record for Number {
/// #     fn columns() -> Vec<Column> { vec![Column::new("number", Type::Int)] }
/// #     fn from_cells(cells: &mut Cells<'_>) -> Result<Self, BatchError> {
/// #         Ok(Self(cells.take(0, &overnight_framework::row::ColumnOf::new("number"))?))
/// #     }
/// #     fn into_cells(self, row: &mut Row) { row.push(Value::Int(self.0)); }
/// # }
///
/// fn numbers(_: &()) -> Result<Items<std::vec::IntoIter<Number>>, BatchError> {
///     Ok(Items::of(vec![Number(1), Number(2), Number(3)]))
/// }
/// fn odd(_: &(), number: &Number) -> Option<Number> {
///     (number.0 % 2 == 1).then_some(Number(number.0 * 10))
/// }
/// fn print(_: &()) -> Result<impl overnight_framework::step::chunk::ItemWriter<Number> + use<>, BatchError> {
///     Ok(|numbers: &[Number], _: &mut WriteContext<'_>| -> Result<(), ChunkError> { Ok(()) })
/// }
///
/// let flow = Flow::read(numbers).process(odd).write(print).size(100);
/// let job = JobBuilder::<()>::new("odd").step(StepBuilder::flow("tell", flow)).build()?;
/// assert_eq!(job.steps[0].step.outline().unwrap().processor, ["odd"]);
/// # Ok::<(), overnight_framework::builder::JobProblems>(())
/// ```
#[must_use = "finish the flow with `.write(writer)`"]
pub struct Flow<P, T> {
    reader: Part,
    operations: Vec<String>,
    /// The functions among the parts.
    own: Kinds,
    needs: Vec<Need>,
    problems: Vec<String>,
    types: PhantomData<fn(P) -> T>,
}

/// A flow from its reader to its writer.
#[must_use]
pub struct WholeFlow<P> {
    /// What a job file has below `chunk`.
    pub(super) text: String,
    pub(super) own: Kinds,
    pub(super) needs: Vec<Need>,
    pub(super) problems: Vec<String>,
    pub(super) size: Option<usize>,
    /// Whether every part belongs to the program.
    pub(super) is_own: bool,
    params: PhantomData<fn(P)>,
}

/// A reader or a writer by the name of its kind, with its settings.
#[derive(Clone, Debug)]
pub struct Part {
    name: Name,
    settings: Vec<(String, String)>,
    own: Kinds,
    needs: Vec<Need>,
    problems: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Name {
    /// A kind that job files name by its key.
    Kind(&'static str),
    /// A function of a program, with settings below `with`.
    Uses(&'static str),
    /// A function of this job.
    Own(&'static str),
}

/// Something that gives rows of `T`: a [`Part`], or a function that makes a reader of the parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no reader of `{T}`",
    label = "gives no rows of `{T}`",
    note = "a reader is a stock one such as `csv::read(path)`, or a function of the parameters: \
            `fn(&{P}) -> Result<impl ItemReader<{T}> + use<>>`"
)]
pub trait RowReader<P, T> {
    /// The part.
    fn into_part(self) -> Part;
}

/// Something that takes rows of `T`: a [`Part`], or a function that makes a writer of the parameters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no writer of `{T}`",
    label = "takes no rows of `{T}`",
    note = "a writer is a stock one such as `table::write(name)`, or a function of the parameters: \
            `fn(&{P}) -> Result<impl ItemWriter<{T}> + use<>>`"
)]
pub trait RowWriter<P, T> {
    /// The part.
    fn into_part(self) -> Part;
}

// The bound on the rows stands where they go on: at the type rustc would say of a struct without it only that there is no `read`.
impl<P: FromParams, T> Flow<P, T> {
    /// Begins with what gives the rows.
    pub fn read(reader: impl RowReader<P, T>) -> Self {
        let reader = reader.into_part();
        let Part { own, needs, problems, .. } = reader.clone();
        Self { reader, operations: Vec::new(), own, needs, problems, types: PhantomData }
    }

    /// Leaves out the rows for which this is false: an expression over their columns, as in a job file.
    pub fn filter(mut self, condition: &str) -> Self {
        self.operations.push(format!("filter: {}", Json::from(condition)));
        self
    }

    /// Goes on with what makes another row of each row, or leaves it out: an answer as [`IntoItem`] lists them.
    pub fn process<A, F>(self, function: F) -> Flow<P, A::Item>
    where
        T: Record,
        A: IntoItem + 'static,
        F: Fn(&P, &T) -> A + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        self.process_with(rust_name::<F>(), move |params: P, _: &StepContext<'_>| {
            let function = Arc::clone(&function);
            Ok(move |item: &T| function(&params, item))
        })
    }

    /// The same with a function that is made for each attempt, of what the step has. `name` is what messages call it.
    pub fn process_with<A, F, M>(mut self, name: &'static str, make: M) -> Flow<P, A::Item>
    where
        T: Record,
        A: IntoItem + 'static,
        F: FnMut(&T) -> A + Send + 'static,
        M: Fn(P, &StepContext<'_>) -> Result<F, BatchError> + Send + Sync + 'static,
    {
        if self.own.registered_processors().contains_key(name) {
            self.problems.push(format!("two of its functions are called `{name}`: `process_with` gives one a name"));
        }
        let make = move |_: &With<()>, step: &StepContext<'_>| make(read_params(step)?, step);
        let own = self.own.register_processor(kind::processor::<(), T, A, F, _>(name, make));
        self.operations.push(format!("uses: {}", Json::from(name)));
        let Self { reader, operations, needs, problems, .. } = self;
        Flow { reader, operations, own, needs, problems, types: PhantomData }
    }

    /// Ends with what takes the rows.
    pub fn write(self, writer: impl RowWriter<P, T>) -> WholeFlow<P>
    where
        T: Record,
    {
        let Self { reader, operations, own, mut needs, mut problems, .. } = self;
        let writer = writer.into_part();
        needs.extend(&writer.needs);
        problems.extend(writer.problems.iter().cloned());
        let mut text = format!("reader:\n{}", reader.text());
        if !operations.is_empty() {
            text += "processor:\n";
            operations.iter().for_each(|operation| text.extend(["  - ", operation, "\n"]));
        }
        text.extend(["writer:\n", &writer.text()]);
        let is_own = reader.is_own() && writer.is_own();
        WholeFlow { text, own: own.and(writer.own), needs, problems, size: None, is_own, params: PhantomData }
    }
}

impl<P> WholeFlow<P> {
    /// Commits after so many rows; without it the kind of the writer says how many.
    pub fn size(self, size: usize) -> Self {
        Self { size: Some(size.max(1)), ..self }
    }
}

impl Part {
    /// The kind that job files name by the key `kind`: a stock one, or one of [`Registry::with_kinds`](crate::registry::Registry::with_kinds).
    #[must_use]
    pub fn kind(kind: &'static str) -> Self {
        Self::of(Name::Kind(kind), Kinds::default(), Vec::new())
    }

    /// A function with `#[reader]` or `#[writer]`: its settings are those of its `With`.
    #[must_use]
    pub fn component<C: Component>() -> Self {
        Self::of(Name::Uses(C::NAME), C::add_to(Kinds::default()), C::needs())
    }

    fn of(name: Name, own: Kinds, needs: Vec<Need>) -> Self {
        Self { name, settings: Vec::new(), own, needs, problems: Vec::new() }
    }

    /// Gives a setting its value. Texts may have `${{ }}` where those of job files may.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<Json>) -> Self {
        let (key, mut text) = (key.into(), String::new());
        write_flow(&value.into(), &mut text);
        self.settings.retain(|(known, _)| *known != key);
        self.settings.push((key, text));
        self
    }

    /// Declares the columns of `T` below `columns`, as the stock readers have them. `from` are those that are called otherwise
    /// where they come from: the column, and what it is called there.
    #[must_use]
    pub fn columns_of<T: Record>(mut self, from: &[(String, String)]) -> Self {
        let known = T::columns();
        for (name, _) in from.iter().filter(|(name, _)| !known.iter().any(|column| *column.name == **name)) {
            let near = nearest(name, known.iter().map(|column| &*column.name));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.problems.push(format!("`{}` has no column `{name}`{near}", rust_name::<T>()));
        }
        let column = |column: Column| {
            let nullable = if column.nullable { ", nullable: true" } else { "" };
            let from = from.iter().find(|(name, _)| **name == *column.name);
            let from = from.map(|(_, from)| format!(", from: {}", Json::from(from.as_str()))).unwrap_or_default();
            format!("{}: {{ type: {}{nullable}{from} }}", Json::from(&*column.name), column.kind)
        };
        let columns: Vec<String> = known.into_iter().map(column).collect();
        self.settings.push(("columns".to_owned(), format!("{{ {} }}", columns.join(", "))));
        self
    }

    fn is_own(&self) -> bool {
        matches!(self.name, Name::Own(_))
    }

    /// The part as a job file has it below `reader` or `writer`.
    fn text(&self) -> String {
        let mut text = match self.name {
            Name::Kind(kind) => format!("  {kind}:"),
            Name::Uses(name) | Name::Own(name) => format!("  uses: {}\n  with:", Json::from(name)),
        };
        match self.settings.as_slice() {
            [] => text += " {}\n",
            settings => {
                text += "\n";
                settings.iter().for_each(|(key, value)| text.extend(["    ", key, ": ", value, "\n"]));
            }
        }
        text
    }
}

impl<P, T> RowReader<P, T> for Part {
    fn into_part(self) -> Part {
        self
    }
}

impl<P, T> RowWriter<P, T> for Part {
    fn into_part(self) -> Part {
        self
    }
}

impl<P, T, F, A> RowReader<P, T> for F
where
    P: FromParams,
    T: Record,
    F: Fn(&P) -> A + Send + Sync + 'static,
    A: IntoPart,
    A::Part: ItemReader<T> + 'static,
{
    fn into_part(self) -> Part {
        let name = rust_name::<A::Part>();
        let make = move |_: &With<()>, step: &StepContext<'_>| self(&read_params(step)?).into_part();
        let own = Kinds::default().register_reader(kind::reader::<(), T, A::Part, _>(name, make));
        Part::of(Name::Own(name), own, Vec::new())
    }
}

impl<P, T, F, A> RowWriter<P, T> for F
where
    P: FromParams,
    T: Record,
    F: Fn(&P) -> A + Send + Sync + 'static,
    A: IntoPart,
    A::Part: ItemWriter<T> + 'static,
{
    fn into_part(self) -> Part {
        let name = rust_name::<A::Part>();
        let make = move |_: &With<()>, step: &StepContext<'_>| self(&read_params(step)?).into_part();
        let own = Kinds::default().register_writer(kind::writer::<(), T, A::Part, _>(name, make));
        Part::of(Name::Own(name), own, Vec::new())
    }
}

/// What a Rust type or function is called, without its modules: `Lines`, `FileImport::import`.
fn rust_name<T: ?Sized>() -> &'static str {
    let whole = std::any::type_name::<T>();
    let name = whole.split('<').next().filter(|name| !name.is_empty()).unwrap_or(whole);
    let name = name.trim_end_matches("::{{closure}}");
    let is_type = |word: &str| word.starts_with(|letter: char| letter.is_uppercase());
    let begin = name.rmatch_indices("::").find(|(at, _)| {
        let before = name.get(..*at).and_then(|before| before.rsplit("::").next());
        !before.is_some_and(is_type)
    });
    begin.and_then(|(at, colons)| name.get(at + colons.len()..)).unwrap_or(name)
}

/// A value as YAML writes it on one line. Texts stand in quotes, as in JSON.
fn write_flow(value: &Json, text: &mut String) {
    match value {
        Json::Array(items) => {
            text.push('[');
            for (number, item) in items.iter().enumerate() {
                text.push_str(if number == 0 { "" } else { ", " });
                write_flow(item, text);
            }
            text.push(']');
        }
        Json::Object(entries) => {
            text.push_str("{ ");
            for (number, (key, value)) in entries.iter().enumerate() {
                let comma = if number == 0 { "" } else { ", " };
                // Writing to a string cannot fail.
                let _ = write!(text, "{comma}{}: ", Json::from(key.as_str()));
                write_flow(value, text);
            }
            text.push_str(" }");
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}

impl<P, T> fmt::Debug for Flow<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("reader", &self.reader.name).finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for WholeFlow<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WholeFlow").field("text", &self.text).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Lines<T>(T);

    fn name_of<F: Fn(&())>(_: F) -> &'static str {
        rust_name::<F>()
    }

    #[test]
    fn a_part_is_called_as_in_its_source() {
        assert_eq!(rust_name::<Lines<String>>(), "Lines");
        assert_eq!(name_of(|()| ()), "a_part_is_called_as_in_its_source");
        assert_eq!(name_of(write), "write");
        fn write(_: &()) {}
    }

    #[test]
    fn settings_are_written_as_in_a_job_file() {
        let part = Part::kind("feed").set("path", "${{ params.file }}").set("keep", json!(["a", { "b": 1 }]));
        assert_eq!(part.text(), "  feed:\n    path: \"${{ params.file }}\"\n    keep: [\"a\", { \"b\": 1 }]\n");
        assert_eq!(part.set("path", true).text(), "  feed:\n    keep: [\"a\", { \"b\": 1 }]\n    path: true\n");
    }
}
