//! Tiny kinds: rows that stand in the file, a table in memory, a tasklet that says what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use overnight_framework::BatchError;
use overnight_framework::expr::{Expected, Program};
use overnight_framework::kind::{
    Frame, Names, ReaderKind, ReaderPlan, Setting, TaskletKind, TaskletPlan, WriterKind, WriterPlan,
};
use overnight_framework::params::parse_date;
use overnight_framework::repository::memory::MemoryTables;
use overnight_framework::repository::{ChunkError, Payload};
use overnight_framework::row::{Column, Row, Schema, Type, Value, decimal};
use overnight_framework::step::chunk::{BadItem, Batch, ChunkSource, Fill, ItemWriter, Locate, WriteContext};
use overnight_framework::step::{Outcome, StepContext, Tasklet};
use overnight_framework::yaml::{Code, Cursor, Field, Keys, Mapping, Shape, nearest};
use serde_json::json;

/// `echo: { say: TEXT, outputs: { name: TEXT }, fail_if: CONDITION, fail_with: TEXT }`.
pub(crate) struct Echo;

const TEXT: Shape = Shape::Setting(&Shape::Text);

static ECHO: Mapping = Mapping::new(
    "echo",
    "the tasklet `echo`",
    "Says what it is told.",
    &[
        Field::optional("say", TEXT, "What it says."),
        Field::optional("outputs", Shape::Map(Keys::Any, &TEXT), "What it gives."),
        Field::optional("fail_if", Shape::Expression, "When it fails."),
        Field::optional("fail_with", TEXT, "What it says then."),
        Field::optional("connection", Shape::FilledText, "A database that it does nothing with."),
    ],
);

static REGISTERED: Mapping = Mapping::new(
    "close_books",
    "the tasklet `close_books`",
    "Says which book it closes.",
    &[Field::required("book", TEXT, "The book.")],
);

const TYPE: Shape =
    Shape::Word(&["boolean", "integer", "decimal", "float", "string", "date", "datetime", "bytes", "json"]);

static COLUMN: Mapping = Mapping::new(
    "column",
    "a column",
    "A column.",
    &[
        Field::required("type", TYPE, "Its type."),
        Field::or("nullable", "false", Shape::Boolean, "Whether it may be null."),
    ],
);

static ROWS: Mapping = Mapping::new(
    "rows",
    "the reader `rows`",
    "Gives the rows that stand in the file.",
    &[
        Field::required(
            "columns",
            Shape::Map(Keys::Any, &Shape::Either(&[TYPE, Shape::Mapping(&COLUMN)])),
            "Its columns.",
        ),
        Field::optional("rows", Shape::List(&Shape::Anything, 0), "Its rows."),
        Field::optional("password", TEXT, "What its errors say."),
    ],
);

static MEMORY: Mapping = Mapping::new(
    "memory",
    "the writer `memory`",
    "Keeps rows in memory.",
    &[
        Field::required("table", TEXT, "Where."),
        Field::optional("columns", Shape::List(&Shape::Text, 0), "What."),
        Field::optional("refuse", TEXT, "The cell that it refuses."),
    ],
);

struct EchoPlan {
    say: Option<Setting>,
    outputs: BTreeMap<String, Setting>,
    fail_if: Option<Program>,
    fail_with: Option<Setting>,
}

impl TaskletKind for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn errors(&self) -> &'static [&'static str] {
        &["Boom"]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&ECHO)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>> {
        let mut fields = settings.mapping(&ECHO)?;
        let say = fields.optional("say", |at| names.setting(at));
        let outputs = fields.or("outputs", Vec::new(), |at| at.map(|_, at| names.setting(at)));
        let fail_if = fields.optional("fail_if", |at| names.expression(at, Type::Bool));
        let fail_with = fields.optional("fail_with", |at| names.setting_of(at, Expected::Type(Type::Str)));
        let connection = fields.optional("connection", |at| names.connection(at));
        fields.finish();
        connection?;
        let outputs = outputs?.into_iter().map(|(key, setting)| (key.name().to_owned(), setting)).collect();
        Some(Box::new(EchoPlan {
            say: say?,
            outputs,
            fail_if: fail_if?.map(|condition| condition.compile()),
            fail_with: fail_with?,
        }))
    }
}

impl TaskletPlan for EchoPlan {
    fn build(&self, frame: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        let outputs: Vec<(String, serde_json::Value)> = self
            .outputs
            .iter()
            .map(|(name, setting)| Ok((name.clone(), setting.value(frame)?.to_json())))
            .collect::<Result<_, BatchError>>()?;
        let say = self.say.as_ref().map(|say| say.text(frame)).transpose()?;
        let say = say.map(|say| frame.mask(&say));
        let fails = self
            .fail_if
            .as_ref()
            .map_or(Ok(false), |condition| condition.test(&frame.values))
            .map_err(|error| BatchError::of("Boom", error))?;
        let error = self.fail_with.as_ref().map(|text| text.text(frame)).transpose()?;
        Ok(Box::new(move |context: &mut StepContext<'_>| {
            say.iter().for_each(|say| context.output(say));
            context.state.outputs.extend(outputs.iter().cloned());
            if fails {
                return Err(BatchError::new("Boom", error.clone().unwrap_or_else(|| "as told".to_owned())));
            }
            Ok(Outcome::COMPLETED)
        }))
    }
}

/// `uses: close_books`.
pub(crate) struct Registered;

impl TaskletKind for Registered {
    fn name(&self) -> &'static str {
        "close_books"
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&REGISTERED)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>> {
        let mut fields = settings.mapping(&REGISTERED)?;
        let say = fields.required("book", |at| names.setting(at));
        fields.finish();
        Some(Box::new(EchoPlan { say: Some(say?), outputs: BTreeMap::new(), fail_if: None, fail_with: None }))
    }
}

/// `rows: { columns: { name: type | { type, nullable } }, rows: [[…], …], password: TEXT }`. A row that is the text `bad`
/// cannot be read, and the error says the password.
pub(crate) struct LiteralRows;

struct LiteralRowsPlan {
    schema: Arc<Schema>,
    rows: Vec<Result<Row, String>>,
    password: Option<Setting>,
}

impl ReaderKind for LiteralRows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&ROWS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn ReaderPlan>> {
        let mut fields = settings.mapping(&ROWS)?;
        let columns = fields.required("columns", |at| at.map(|key, at| column(key.name(), at)));
        let columns: Vec<Column> = columns?.into_iter().map(|(_, column)| column).collect();
        let rows = fields.or("rows", Vec::new(), |at| at.list(|at| row(at, &columns)));
        let password = fields.optional("password", |at| names.setting(at));
        fields.finish();
        Some(Box::new(LiteralRowsPlan { schema: Schema::new(columns), rows: rows?, password: password? }))
    }
}

fn column(name: &str, at: &Cursor<'_>) -> Option<Column> {
    let types = Type::COLUMN.map(|kind| (kind.name(), kind));
    if at.node().as_mapping().is_none() {
        return Some(Column::new(name, at.one_of(&types)?));
    }
    let mut fields = at.mapping(&COLUMN)?;
    let kind = fields.required("type", |at| at.one_of(&types));
    let nullable = fields.or("nullable", false, Cursor::boolean);
    fields.finish();
    Some(Column { nullable: nullable?, ..Column::new(name, kind?) })
}

fn row(at: &Cursor<'_>, columns: &[Column]) -> Option<Result<Row, String>> {
    if let Some(text) = at.node().as_text() {
        return Some(Err(text.to_owned()));
    }
    let mut columns = columns.iter();
    let cells = at.list(|at| match columns.next() {
        Some(column) if !at.is_null() => cell(at, column.kind),
        _ => Some(Value::Null),
    });
    cells.map(Ok)
}

fn cell(at: &Cursor<'_>, kind: Type) -> Option<Value> {
    let text = at.text()?;
    let value = match kind {
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Decimal => decimal::parse(text).ok().map(Value::Decimal),
        Type::Date => parse_date(text).map(Value::Date),
        _ => Some(Value::from(text)),
    };
    value.or_else(|| at.expected(kind.name()))
}

impl ReaderPlan for LiteralRowsPlan {
    fn schema(&self) -> Arc<Schema> {
        Arc::clone(&self.schema)
    }

    fn open(&self, frame: &Frame) -> Result<Box<dyn ChunkSource<Row>>, BatchError> {
        let password = self.password.as_ref().map(|password| password.text(frame)).transpose()?.unwrap_or_default();
        Ok(Box::new(LiteralSource { rows: self.rows.clone(), password, next: 0 }))
    }
}

struct LiteralSource {
    rows: Vec<Result<Row, String>>,
    password: String,
    next: usize,
}

impl ChunkSource<Row> for LiteralSource {
    fn open(&mut self, from: Option<&serde_json::Value>) -> Result<(), BatchError> {
        let from = from.and_then(serde_json::Value::as_u64).unwrap_or_default();
        self.next = usize::try_from(from).unwrap();
        Ok(())
    }

    fn fill(&mut self, limit: usize, batch: &mut Batch<Row>) -> Result<Fill, BatchError> {
        while batch.len() < limit {
            let Some(row) = self.rows.get(self.next) else { return Ok(Fill::End) };
            self.next += 1;
            let place = self.next as u64;
            match row {
                Ok(cells) => {
                    let mut row = batch.spare.pop().unwrap_or_default();
                    row.clone_from(cells);
                    batch.push(place, row);
                }
                Err(text) => batch.bad.push(BadItem {
                    place,
                    payload: Payload { kind: "text", bytes: format!("{text} {}", self.password).into_bytes() },
                    error: BatchError::new("InvalidRow", format!("{text}: not with the password {}", self.password)),
                }),
            }
        }
        Ok(Fill::More)
    }

    fn checkpoint(&self) -> serde_json::Value {
        json!(self.next)
    }

    fn locator(&self) -> Locate {
        Arc::new(|place| json!({ "row": place }))
    }
}

/// `memory: { table: TEXT, columns: [name, …], refuse: TEXT }`: a row with the cell `refuse` is refused.
pub(crate) struct IntoMemory;

struct IntoMemoryPlan {
    table: Setting,
    columns: Vec<usize>,
    refuse: Option<Setting>,
}

impl WriterKind for IntoMemory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&MEMORY)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>, schema: &Arc<Schema>) -> Option<Box<dyn WriterPlan>> {
        let mut fields = settings.mapping(&MEMORY)?;
        let table = fields.required("table", |at| names.setting_of(at, Expected::Type(Type::Str)));
        let all = (0..schema.columns().len()).collect();
        let columns = fields.or("columns", all, |at| at.list(|at| position(at, schema)));
        let refuse = fields.optional("refuse", |at| names.setting(at));
        fields.finish();
        Some(Box::new(IntoMemoryPlan { table: table?, columns: columns?, refuse: refuse? }))
    }
}

fn position(at: &Cursor<'_>, schema: &Schema) -> Option<usize> {
    let name = at.text()?;
    schema.position(name).or_else(|| {
        let problem = at.problem(format!("the rows have no column `{name}`")).code(Code::UnknownColumn);
        at.refuse(match nearest(name, schema.names()) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem,
        })
    })
}

impl WriterPlan for IntoMemoryPlan {
    fn chunk_size(&self) -> usize {
        2
    }

    fn open(&self, frame: &Frame) -> Result<Box<dyn ItemWriter<Row>>, BatchError> {
        Ok(Box::new(MemoryWriter {
            table: self.table.text(frame)?,
            columns: self.columns.clone(),
            refuse: self.refuse.as_ref().map(|refuse| refuse.value(frame)).transpose()?,
        }))
    }
}

struct MemoryWriter {
    table: String,
    columns: Vec<usize>,
    refuse: Option<Value>,
}

impl ItemWriter<Row> for MemoryWriter {
    fn write(&mut self, items: &[Row], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        let tables = context.transaction.connection().downcast_mut::<MemoryTables>().unwrap();
        for row in items {
            if let Some(refused) = self.refuse.as_ref().filter(|refused| row.contains(refused)) {
                return Err(BatchError::new("InvalidRow", format!("the table takes no {refused}")).into());
            }
            tables.insert(&self.table, self.columns.iter().map(|index| row[*index].clone()).collect::<Row>());
        }
        Ok(())
    }
}
