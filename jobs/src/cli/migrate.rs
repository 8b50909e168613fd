//! `jobctl migrate`: the schema of the database, looked at and changed.

use overnight_db::Backend;
use overnight_db::migrate::{self, MigrateError, MigrationStatus};
use serde_json::{Value, json};

use super::arguments::{Migrate, MigrateVerb};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::table::Table;
use crate::wiring;

pub(super) fn run(verb: &Migrate, face: &Face) -> Result<Exit, Failure> {
    let address = face.config()?.database();
    match verb.what {
        MigrateVerb::Status => {
            let migrations = migrate::status(&wiring::connect(&address)?)?;
            face.output.answer(|| table(&migrations, face), || migrations.iter().map(row).collect());
        }
        MigrateVerb::Up => {
            face.say_where(&address);
            let applied = migrate::up(&wiring::connect(&address)?)?;
            face.output.answer(|| table(&applied, face), || applied.iter().map(row).collect());
        }
        MigrateVerb::Down { yes: false } => {
            let message = "this removes the newest tables and columns with everything in them";
            return Err(Failure::new(Exit::Usage, message).help("say `jobctl migrate down --yes` if you mean it"));
        }
        MigrateVerb::Down { yes: true } => {
            face.say_where(&address);
            let removed: Vec<_> = migrate::down(&wiring::connect(&address)?)?.into_iter().collect();
            face.output.answer(|| table(&removed, face), || removed.iter().map(row).collect());
        }
        MigrateVerb::Sql => face.output.text(&migrate::sql(Backend::of(&address.url)?)),
    }
    Ok(Exit::Done)
}

fn table(migrations: &[MigrationStatus], face: &Face) -> Table {
    let mut table = Table::new(&["Version", "Name", "Applied"]);
    for migration in migrations {
        let applied = face.output.time().show(migration.applied_at);
        table.row([migration.version.to_string(), migration.name.clone(), applied]);
    }
    table
}

fn row(migration: &MigrationStatus) -> Value {
    json!({
        "version": migration.version,
        "name": migration.name,
        "applied_at": migration.applied_at.map(|at| at.to_rfc3339()),
    })
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Store(error) => error.into(),
            error => Self::of(Exit::Error, &error),
        }
    }
}
