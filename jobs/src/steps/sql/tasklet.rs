//! The tasklet `sql`.

use std::sync::Arc;

use overnight_db::table::{Executed, FirstRow, Parameters, QueryError, execute, first_row};
use overnight_db::{Backend, Database, Session};
use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, TaskletKind, TaskletPlan};
use overnight_framework::row::Value;
use overnight_framework::status::StopIntent;
use overnight_framework::step::{Outcome, StepContext, Tasklet};
use overnight_framework::stop::StopToken;
use overnight_framework::yaml::{Cursor, Field, Mapping, Shape};

use super::SQL_ERROR;
use super::bind::{BIND, Bindings};
use super::cancel::Canceller;
use super::text::{Access, Length, Rules, SQL, SqlText};
use crate::steps::connections::{CONNECTION, Connections, query_error, store_error};

/// Runs statements, all or none, or asks a query whose first row becomes the outputs of the step. On PostgreSQL both are in a
/// transaction: what cannot run in one, such as VACUUM, is nothing for this step.
///
/// ```yaml
/// tasklet:
///   sql:
///     query: select count(*) as rows from account where business_date = :day
///     bind: { day: "${{ params.business_date }}" }
/// ```
///
/// The statements commit before the step does: they must bear being run again after a crash. What the database refuses is the
/// error `SqlError`, or `InvalidRow` for a constraint, or `Transient` for what may pass.
///
/// A stop and a timeout cancel the statements on PostgreSQL, and nothing of them is left. On SQLite they are heard when the
/// statements have ended.
#[derive(Debug)]
pub struct SqlTasklet(pub Arc<Connections>);

static SETTINGS: Mapping = Mapping::new(
    "sql-tasklet",
    "a sql step",
    "Runs statements, all or none, or asks a query whose first row becomes the outputs of the step. \
     The statements commit before the step does: they must bear being run again after a crash.",
    &[
        Field::optional("statement", SQL, "One or more statements, which run in one transaction."),
        Field::optional("query", SQL, "A query. Its columns are the outputs of the step, where it declares them."),
        BIND,
        CONNECTION,
    ],
)
.choice(&["statement", "query"])
.example(
    "\
tasklet:
  sql:
    query: select count(*) as rows from account where business_date = :day
    bind: { day: \"${{ params.day }}\" }
outputs: { rows: integer }
",
);

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Change,
    Ask,
}

struct Plan {
    connections: Arc<Connections>,
    connection: Option<String>,
    is_query: bool,
    text: SqlText,
    bind: Bindings,
}

struct Sql {
    database: Database,
    purpose: Purpose,
    access: Access,
    text: String,
    values: Parameters,
}

impl TaskletKind for SqlTasklet {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn errors(&self) -> &'static [&'static str] {
        &[SQL_ERROR]
    }

    fn settings(&self) -> Shape {
        Shape::Mapping(&SETTINGS)
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>> {
        let mut fields = settings.mapping(&SETTINGS)?;
        let connection = self.0.read(&mut fields);
        let backend = connection.as_ref().and_then(|name| self.0.backend(name.as_deref()));
        let chosen = fields.exactly_one_of(&["statement", "query"]);
        let is_query = chosen.as_ref().is_some_and(|(key, _)| *key == "query");
        let length = if is_query { Length::One } else { Length::Any };
        let bind = fields.or("bind", Bindings::default(), |at| Bindings::read(at, names));
        let rules = Rules { length, bind: bind.as_ref() };
        let text = chosen.and_then(|(_, at)| SqlText::read(&at, backend, rules));
        let at = fields.at().clone();
        fields.finish();
        let (text, bind) = (text?, bind?);
        bind.check(&at, &text)?;
        Some(Box::new(Plan { connections: Arc::clone(&self.0), connection: connection?, is_query, text, bind }))
    }
}

impl TaskletPlan for Plan {
    fn build(&self, frame: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        let database = self.connections.database(self.connection.as_deref())?;
        let backend = database.backend();
        Ok(Box::new(Sql {
            purpose: if self.is_query { Purpose::Ask } else { Purpose::Change },
            access: self.text.access(backend),
            text: self.text.of(backend).to_owned(),
            values: self.bind.values(frame)?,
            database,
        }))
    }
}

impl Tasklet for Sql {
    fn execute(&self, context: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        // Statements are cancelled, or run to their end.
        context.ends_by_itself();
        let stop = context.stop_token();
        match self.purpose {
            Purpose::Change => {
                let Executed { statements, rows } = match self.change(stop)? {
                    Ran::Done(executed) => executed,
                    Ran::Cancelled(intent) => return Ok(Outcome::Stopped(intent)),
                };
                context.output(&format!("statements: {statements}, rows changed: {rows}"));
            }
            Purpose::Ask => {
                let row = match self.ask(stop)? {
                    Ran::Done(row) => row,
                    Ran::Cancelled(intent) => return Ok(Outcome::Stopped(intent)),
                };
                let cells = row.into_iter().flat_map(|row| row.names.into_iter().zip(row.values));
                context.state.outputs.extend(cells.map(|(name, value)| (name, Value::to_json(&value))));
            }
        }
        Ok(Outcome::COMPLETED)
    }
}

/// What the database made of the text.
enum Ran<T> {
    Done(T),
    /// Nothing: it was told to cancel it.
    Cancelled(StopIntent),
}

impl Sql {
    fn change(&self, stop: &StopToken) -> Result<Ran<Executed>, BatchError> {
        let canceller = Canceller::new(&self.database, stop);
        let run = |session: Session<'_>| execute(session, &self.text, &self.values).map_err(Failed::Query);
        let run = |session: Session<'_>| session.in_transaction(|session| canceller.watch(session, run));
        let done = match self.access {
            // They run in a transaction that may write.
            Access::Reads | Access::Writes => self.database.write(run),
            Access::Sets => self.database.lend(run),
        };
        ran(done.map_err(store_error)?, &canceller)
    }

    fn ask(&self, stop: &StopToken) -> Result<Ran<Option<FirstRow>>, BatchError> {
        let canceller = Canceller::new(&self.database, stop);
        let ask = |session: Session<'_>| first_row(session, &self.text, &self.values).map_err(Failed::Query);
        let ask = |session: Session<'_>| match session.backend() {
            Backend::Postgres => session.in_transaction(|session| canceller.watch(session, ask)),
            // One that only reads must not wait for those who write.
            Backend::Sqlite => ask(session),
        };
        let asked = match self.access {
            Access::Reads => self.database.read(ask),
            Access::Writes => self.database.write(ask),
            Access::Sets => self.database.lend(ask),
        };
        ran(asked.map_err(store_error)?, &canceller)
    }
}

/// A failure after the order to cancel is the answer to it. What was done all the same is done.
fn ran<T>(result: Result<T, Failed>, canceller: &Canceller<'_>) -> Result<Ran<T>, BatchError> {
    match (result, canceller.cancelled()) {
        (Ok(done), _) => Ok(Ran::Done(done)),
        (Err(_), Some(intent)) => Ok(Ran::Cancelled(intent)),
        (Err(Failed::Query(error)), None) => Err(query_error(error)),
        (Err(Failed::Transaction(source)), None) => Err(query_error(QueryError::Statement { line: 1, source })),
    }
}

/// diesel's transactions want an error that takes their own.
enum Failed {
    Query(QueryError),
    Transaction(diesel::result::Error),
}

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Self {
        Self::Transaction(error)
    }
}
