//! The columns that a reader declares: their names, types, and where their cells come from.

use std::sync::Arc;

use overnight_framework::row::{Column, Schema, Type};
use overnight_framework::yaml::{Code, Cursor, Field, Key, Keys, Mapping, Shape};

/// The names of the types of columns, as [`Type::COLUMN`] has them.
const TYPE: Shape =
    Shape::Word(&["boolean", "integer", "decimal", "float", "string", "date", "datetime", "bytes", "json"]);
const NULLABLE: Field = Field::or("nullable", "false", Shape::Boolean, "Whether a cell may be null.");

/// A column of a query or a table.
static COLUMN: Mapping = Mapping::new(
    "column",
    "a column",
    "A column that a reader gives: its type, or a mapping with more about it.",
    &[Field::required("type", TYPE, "What its cells are. Decimals are exact."), NULLABLE],
)
.example(
    "reader: { table: { name: account, key: id, columns: { id: integer, memo: { type: string, nullable: true } } } }\n",
);

/// A column of a file.
static COLUMN_OF_FILE: Mapping = Mapping::new(
    "file-column",
    "a column",
    "A column that a reader gives: its type, or a mapping with more about it.",
    &[
        Field::required("type", TYPE, "What its cells are. Decimals are exact."),
        Field::optional(
            "from",
            Shape::FilledText,
            "What the header calls it, where that is not its name; without a header the number of its field, \
             from 1.",
        ),
        NULLABLE,
    ],
)
.example(
    "reader: { csv: { path: in.csv, columns: { id: integer, booked_on: { type: date, from: Booking Date } } } }\n",
);

/// What stands below `columns` of a reader of a database.
pub(crate) const COLUMNS: Shape = Shape::Map(Keys::Any, &Shape::Either(&[TYPE, Shape::Mapping(&COLUMN)]));

/// What stands below `columns` of a reader of files.
pub(crate) const COLUMNS_OF_FILE: Shape =
    Shape::Map(Keys::Any, &Shape::Either(&[TYPE, Shape::Mapping(&COLUMN_OF_FILE)]));

/// A choice of columns that [`chosen`] reads.
pub(crate) const CHOSEN: Shape = Shape::ListOrOne(&Shape::FilledText, 1);

/// One entry of `columns:`.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) column: Column,
    /// What the source calls it, where that is not its name.
    pub(crate) from: Option<Box<str>>,
}

/// Whether a column may be called otherwise in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renaming {
    /// `from` names the header cell or the number of the field.
    From,
    /// There is no `from`: a query says `select x as y`.
    Never,
}

/// Reads `columns: { name: type, … }`, in the order of the file.
pub(crate) fn columns(at: &Cursor<'_>, renaming: Renaming) -> Option<Vec<Declared>> {
    let read = at.map(|key, at| column(key, at, renaming))?;
    if read.is_empty() {
        return at.refuse(at.problem_of_key("at least one column is needed").code(Code::Empty));
    }
    Some(read.into_iter().map(|(_, declared)| declared).collect())
}

/// The schema of these columns.
pub(crate) fn schema(columns: &[Declared]) -> Arc<Schema> {
    Schema::new(columns.iter().map(|declared| declared.column.clone()).collect())
}

fn column(key: &Key, at: &Cursor<'_>, renaming: Renaming) -> Option<Declared> {
    if at.node().as_mapping().is_none() {
        let column = Column::new(key.name(), kind(at)?);
        return Some(Declared { column, from: None });
    }
    let mut fields = at.mapping(match renaming {
        Renaming::From => &COLUMN_OF_FILE,
        Renaming::Never => &COLUMN,
    })?;
    let kind = fields.required("type", kind);
    let from = match renaming {
        Renaming::From => fields.optional("from", |at| at.filled_text().map(Into::into)),
        Renaming::Never => Some(None),
    };
    let nullable = fields.or("nullable", false, Cursor::boolean);
    fields.finish();
    Some(Declared { column: Column { name: key.name().into(), kind: kind?, nullable: nullable? }, from: from? })
}

fn kind(at: &Cursor<'_>) -> Option<Type> {
    at.one_of(&Type::COLUMN.map(|kind| (kind.name(), kind)))
}

/// Reads a list of names out of `among`, such as a key or the columns to write.
pub(crate) fn chosen(at: &Cursor<'_>, among: &Schema) -> Option<Vec<Box<str>>> {
    let names = at.list_or_one(|at| {
        let name = at.filled_text()?;
        if among.position(name).is_some() {
            return Some((at.clone(), name));
        }
        let known = among.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let problem = at.problem(format!("the rows have no column `{name}`")).code(Code::UnknownColumn);
        at.refuse(at.suggesting(problem, name, among.names()).help(format!("the columns are {known}")))
    })?;
    if names.is_empty() {
        return at.refuse(at.problem("at least one column is needed").code(Code::Empty));
    }
    for (place, (at, name)) in names.iter().enumerate() {
        if names.iter().take(place).any(|(_, earlier)| earlier == name) {
            return at.refuse(at.problem(format!("the column `{name}` stands here twice")).code(Code::Twice));
        }
    }
    Some(names.into_iter().map(|(_, name)| name.into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_table_are_the_types_of_columns() {
        let Shape::Word(words) = TYPE else { panic!("{TYPE:?}") };
        assert_eq!(words, Type::COLUMN.map(Type::name));
    }
}
