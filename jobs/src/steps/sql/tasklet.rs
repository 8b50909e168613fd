//! The tasklet `sql`.

use std::sync::Arc;

use overnight_db::Database;
use overnight_db::table::{Parameters, execute, first_row};
use overnight_framework::BatchError;
use overnight_framework::kind::{Frame, Names, TaskletKind, TaskletPlan};
use overnight_framework::step::{Outcome, StepContext, Tasklet};
use overnight_framework::yaml::Cursor;

use super::text::{Bindings, SqlText};
use crate::steps::connections::Connections;
use crate::steps::keyset::{query, store};

/// Runs statements, all or none, or asks a query whose first row becomes the outputs of the step.
///
/// ```yaml
/// tasklet:
///   sql:
///     query: select count(*) as rows from account where business_date = :day
///     bind: { day: "${{ params.business_date }}" }
/// ```
#[derive(Debug)]
pub struct SqlTasklet(pub Arc<Connections>);

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Change,
    Ask,
}

struct Plan {
    connections: Arc<Connections>,
    connection: Option<String>,
    purpose: Purpose,
    text: SqlText,
    bind: Bindings,
}

struct Sql {
    database: Database,
    purpose: Purpose,
    text: String,
    values: Parameters,
}

impl TaskletKind for SqlTasklet {
    fn name(&self) -> &'static str {
        "sql"
    }

    fn check(&self, settings: &Cursor<'_>, names: &Names<'_>) -> Option<Box<dyn TaskletPlan>> {
        let mut fields = settings.fields("statements")?;
        let chosen = fields.exactly_one_of(&["statement", "query"]);
        let purpose = chosen.as_ref().map(|(key, _)| if *key == "query" { Purpose::Ask } else { Purpose::Change });
        let text = chosen.and_then(|(_, at)| SqlText::read(&at));
        let bind = fields.optional("bind", |at| Bindings::read(at, names));
        let connection = self.0.read(&mut fields);
        fields.finish();
        Some(Box::new(Plan {
            connections: Arc::clone(&self.0),
            connection: connection?,
            purpose: purpose?,
            text: text?,
            bind: bind?.unwrap_or_default(),
        }))
    }
}

impl TaskletPlan for Plan {
    fn build(&self, frame: &Frame) -> Result<Box<dyn Tasklet>, BatchError> {
        let database = self.connections.database(self.connection.as_deref())?;
        let text = self.text.of(database.kind()).to_owned();
        Ok(Box::new(Sql { text, values: self.bind.values(frame)?, purpose: self.purpose, database }))
    }
}

impl Tasklet for Sql {
    fn execute(&self, context: &mut StepContext<'_>) -> Result<Outcome, BatchError> {
        match self.purpose {
            Purpose::Change => self.change(),
            Purpose::Ask => self.ask(context),
        }?;
        Ok(Outcome::COMPLETED)
    }
}

impl Sql {
    fn change(&self) -> Result<(), BatchError> {
        let done = self.database.write(|connection| execute(connection, &self.text, &self.values)).map_err(store)?;
        done.map_err(query).map(drop)
    }

    fn ask(&self, context: &mut StepContext<'_>) -> Result<(), BatchError> {
        let asked = self.database.read(|connection| first_row(connection, &self.text, &self.values)).map_err(store)?;
        if let Some(row) = asked.map_err(query)? {
            let outputs = row.names.into_iter().zip(row.values.iter().map(overnight_framework::row::Value::to_json));
            context.state.outputs.extend(outputs);
        }
        Ok(())
    }
}
