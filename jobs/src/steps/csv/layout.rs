//! What a job file says about a CSV file: its dialect, its columns, and whether it is wide.

use std::sync::Arc;

use overnight_framework::row::{Schema, Type};
use overnight_framework::yaml::{Code, Cursor, Field, Fields, Mapping, Shape};

use super::delimiter::delimiter;
use crate::steps::columns::{self, Declared, Renaming};

/// How a wide file is read.
pub(super) static UNPIVOT: Mapping = Mapping::new(
    "unpivot",
    "unpivot",
    "Reads a wide file: one row for each cell of the columns that are not kept, as of exchange rates \
     with a column per currency.",
    &[
        Field::required(
            "keep",
            Shape::ListOrOne(&Shape::FilledText, 0),
            "The header cells of the columns that every row keeps.",
        ),
        Field::required(
            "name",
            Shape::FilledText,
            "The column, a string, that gets the header cell of the cell's column.",
        ),
        Field::required("value", Shape::FilledText, "The column that gets the cell."),
    ],
)
.example(
    "\
reader:
  csv:
    path: rates.csv
    unpivot: { keep: [Date], name: currency, value: quote }
    columns: { Date: date, currency: string, quote: string }
",
);

/// The settings of a reader but for its path.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) delimiter: u8,
    pub(super) columns: Vec<Column>,
    /// By what the fields of a column are found.
    pub(super) by: Finding,
    pub(super) unpivot: Option<Unpivot>,
    pub(super) schema: Arc<Schema>,
}

/// A column of the rows, with the place of its cells.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) declared: Declared,
    /// The cell of the header, or the number of the field in decimal.
    pub(super) source: Box<str>,
}

impl Column {
    /// The number of its field, from 1, where fields are found so.
    pub(super) fn number(&self) -> usize {
        self.source.parse().unwrap_or_default()
    }
}

/// How the fields of a column are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// By the names in the first record.
    Header,
    /// By their number, from 1; the first record is data.
    Number,
}

/// A wide file: one item per cell of the columns that are not kept.
#[derive(Clone, Debug)]
pub(super) struct Unpivot {
    /// The header cells of the columns that are kept.
    pub(super) keep: Vec<Box<str>>,
    /// The place in the row of the column that gets the name of the cell's column.
    pub(super) name: usize,
    /// The place in the row of the column that gets the cell.
    pub(super) value: usize,
}

impl Layout {
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let header = fields.or("header", true, Cursor::boolean);
        let delimiter = delimiter(fields);
        let declared = fields.required("columns", |at| Some((at.clone(), columns::columns(at, Renaming::From)?)));
        let unpivot = fields.get("unpivot");
        let by = if header? { Finding::Header } else { Finding::Number };
        let (at, declared) = declared?;
        let schema = columns::schema(&declared);
        let unpivot = match unpivot {
            Some(at) if by == Finding::Number => {
                return at.refuse(at.problem_of_key("only a file with a header can be unpivoted"));
            }
            Some(at) => Some(Unpivot::read(&at, &schema)?),
            None => None,
        };
        let columns = placed(&at, declared, by)?;
        if let Some(unpivot) = &unpivot {
            unpivot.check(&at, &columns)?;
        }
        Some(Self { delimiter: delimiter?, columns, by, unpivot, schema })
    }

    /// How many fields a record has at least, where fields are found by their number.
    pub(super) fn width(&self) -> usize {
        self.columns.iter().map(Column::number).max().unwrap_or_default()
    }
}

/// Gives every column its source: by default the header cell of its own name, or the field at its own place.
fn placed(at: &Cursor<'_>, declared: Vec<Declared>, by: Finding) -> Option<Vec<Column>> {
    let place = |(index, declared): (usize, Declared)| {
        let default = match by {
            Finding::Header => declared.column.name.clone(),
            Finding::Number => (index + 1).to_string().into(),
        };
        let source = declared.from.clone().unwrap_or(default);
        if by == Finding::Number && source.parse::<u16>().is_ok_and(|number| number > 0) || by == Finding::Header {
            return Some(Column { declared, source });
        }
        let name = &declared.column.name;
        let problem = at.problem_of_key(format!("the column `{name}` is taken from `{source}`"));
        at.refuse(problem.help("without a header `from` is the number of a field, from 1 to 65535"))
    };
    declared.into_iter().enumerate().map(place).collect()
}

impl Unpivot {
    fn read(at: &Cursor<'_>, schema: &Schema) -> Option<Self> {
        let place = |at: &Cursor<'_>| {
            let name = at.filled_text()?;
            let unknown = || {
                let problem = at.problem(format!("there is no column `{name}`")).code(Code::UnknownColumn);
                at.suggesting(problem, name, schema.names()).help("declare it under `columns`, with its type")
            };
            schema.position(name).or_else(|| at.refuse(unknown()))
        };
        let mut fields = at.mapping(&UNPIVOT)?;
        let keep = fields.required("keep", |at| at.list_or_one(|at| at.filled_text().map(Into::into)));
        let name = fields.required("name", place);
        let value = fields.required("value", place);
        fields.finish();
        let unpivot = Self { keep: keep?, name: name?, value: value? };
        if unpivot.name == unpivot.value {
            return at.refuse(at.problem("`name` and `value` are two different columns"));
        }
        Some(unpivot)
    }

    /// Every other column comes from one that is kept, and the names of columns are texts.
    fn check(&self, at: &Cursor<'_>, columns: &[Column]) -> Option<()> {
        for (place, column) in columns.iter().enumerate() {
            let Declared { column: declared, from } = &column.declared;
            let is_made = place == self.name || place == self.value;
            if is_made && let Some(from) = from {
                let problem = at.problem_of_key(format!("the column `{}` is taken from `{from}`", declared.name));
                return at.refuse(problem.help("the columns of `name` and `value` are made of all that are not kept"));
            }
            if place == self.name && declared.kind != Type::Str {
                let problem = at.problem_of_key(format!("`{}` gets the names of columns", declared.name));
                return at.refuse(problem.help("its type is `string`"));
            }
            if is_made || self.keep.contains(&column.source) {
                continue;
            }
            let problem = at.problem_of_key(format!("the column `{}` is not among those kept", column.source));
            return at.refuse(problem.help("name it under `unpivot: { keep: … }`"));
        }
        Some(())
    }
}
