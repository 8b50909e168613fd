//! `jobctl migrate`: the schema of the database, looked at and changed.

use overnight_db::migrate::{self, MigrateError, MigrationStatus};
use overnight_db::{Backend, Database, OpenError};
use serde_json::{Value, json};

use super::advice;
use super::arguments::{Migrate, MigrateVerb};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json;
use super::table::Table;
use crate::config::DatabaseUrl;
use crate::wiring;

pub(super) fn run(verb: &Migrate, face: &Face) -> Result<Exit, Failure> {
    let config = face.config()?;
    match verb.what {
        MigrateVerb::Status => answer(&on(&config.prepare_database(), migrate::status)?, face),
        MigrateVerb::Up => answer(&on(&face.place_to_write(&config), migrate::up)?, face),
        MigrateVerb::Down { yes: true } => {
            answer(on(&face.place_to_write(&config), migrate::down)?.as_slice(), face);
        }
        MigrateVerb::Down { yes: false } => {
            let message = "this removes the newest tables and columns with everything in them";
            return Err(Failure::new(Exit::Usage, message).help("say `jobctl migrate down --yes` if you mean it"));
        }
        MigrateVerb::Sql => {
            let backend = config.named_database().map_or(Ok(Backend::Sqlite), Backend::of)?;
            face.output.answer_text(|| migrate::sql(backend), || json!({ "sql": migrate::sql(backend) }));
        }
    }
    Ok(Exit::Done)
}

/// Does something to the schema of the database at `address`.
fn on<T>(address: &DatabaseUrl, work: impl FnOnce(&Database) -> Result<T, MigrateError>) -> Result<T, Failure> {
    let done = wiring::connect(address).and_then(|database| Ok(work(&database).map_err(OpenError::from)?));
    done.map_err(|error| advice::opening(error, address))
}

fn answer(migrations: &[MigrationStatus], face: &Face) {
    face.output.answer(|| table(migrations, face), || migrations.iter().map(row).collect());
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
        "applied_at": json::time(migration.applied_at),
    })
}
