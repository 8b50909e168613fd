//! The kinds of steps that job files name: files, tables, statements and commands.

mod columns;
mod connections;
pub mod csv;
mod keyset;
mod path;
pub mod shell;
pub mod sql;
pub mod table;

use std::sync::Arc;

use overnight_framework::kind::Kinds;

pub use self::connections::Connections;

/// The stock kinds, over these databases.
#[must_use]
pub fn kinds(connections: &Arc<Connections>) -> Kinds {
    let shared = || Arc::clone(connections);
    Kinds::default()
        .tasklet(shell::Shell::new())
        .tasklet(sql::SqlTasklet(shared()))
        .reader(csv::CsvReader)
        .reader(sql::SqlReader(shared()))
        .reader(table::TableReader(shared()))
        .writer(csv::CsvWriter)
        .writer(table::TableWriter(shared()))
}
