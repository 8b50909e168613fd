//! `jobctl migrate`: the schema of the database, looked at and changed.

use overnight_db::migrate::{self, MigrateError, MigrationStatus};
use overnight_db::{Backend, Database, OpenError};
use serde_json::{Value, json};

use super::advice;
use super::answer::{Answer, Column, Shape, View};
use super::arguments::{Migrate, MigrateVerb};
use super::exit::{Exit, Failure};
use super::face::Face;
use super::json;
use super::table::Kind;
use crate::config::DatabaseUrl;
use crate::wiring;

pub(super) fn run(verb: &Migrate, face: &Face) -> Result<Exit, Failure> {
    let config = face.config()?;
    let migrations = match verb.what {
        MigrateVerb::Status => on(&config.prepare_database(), migrate::status)?,
        MigrateVerb::Up => on(&face.place_to_write(&config), migrate::up)?,
        MigrateVerb::Down { yes: true } => on(&face.place_to_write(&config), migrate::down)?.into_iter().collect(),
        MigrateVerb::Down { yes: false } => {
            let message = "this removes the newest tables and columns with everything in them";
            return Err(Failure::new(Exit::Usage, message).help("say `jobctl migrate down --yes` if you mean it"));
        }
        MigrateVerb::Sql => {
            let backend = config.named_database().map_or(Ok(Backend::Sqlite), Backend::of)?;
            face.output.answer(&Sql(backend));
            return Ok(Exit::Done);
        }
    };
    face.output.answer(&Migrations(migrations));
    Ok(Exit::Done)
}

/// Does something to the schema of the database at `address`.
fn on<T>(address: &DatabaseUrl, work: impl FnOnce(&Database) -> Result<T, MigrateError>) -> Result<T, Failure> {
    let done = wiring::connect(&address.url).and_then(|database| Ok(work(&database).map_err(OpenError::from)?));
    done.map_err(|error| advice::opening(error, address))
}

/// Migrations, and when they were applied.
pub(super) struct Migrations(Vec<MigrationStatus>);

const COLUMNS: [Column<MigrationStatus>; 3] = [
    Column::new("Version", &["version"], Kind::Id, |migration, _| migration.version.to_string()),
    Column::new("Name", &["name"], Kind::Text, |migration, _| migration.name.clone()),
    Column::new("Applied", &["applied_at"], Kind::Time, |migration, time| time.show(migration.applied_at)),
];

impl Answer for Migrations {
    fn shape() -> Shape {
        Shape::of(&COLUMNS)
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        let row = |migration: &MigrationStatus| {
            let applied_at = json::time(migration.applied_at);
            json!({ "version": migration.version, "name": migration.name, "applied_at": applied_at })
        };
        self.0.iter().map(row).collect()
    }
}

/// All migrations as SQL.
pub(super) struct Sql(Backend);

impl Answer for Sql {
    fn shape() -> Shape {
        Shape::text(&["sql"])
    }

    fn text(&self, _: &View) -> String {
        migrate::sql(self.0)
    }

    fn json(&self) -> Value {
        json!({ "sql": migrate::sql(self.0) })
    }
}
