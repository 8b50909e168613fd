//! The databases that steps read and write: the one with the records, and others by name.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use overnight_db::{Database, OpenOptions};
use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::yaml::{Cursor, Fields};

/// The databases by name. Those that no step uses are never connected to.
#[derive(Debug)]
pub struct Connections {
    main: Option<Database>,
    named: BTreeMap<String, String>,
    open: Mutex<BTreeMap<String, Database>>,
}

impl Connections {
    /// `main` is the database with the records; without it files can be checked, not run. `named` are the addresses of others.
    #[must_use]
    pub fn new(main: Option<Database>, named: BTreeMap<String, String>) -> Self {
        Self { main, named, open: Mutex::default() }
    }

    /// The database called `name`, or the one with the records.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn database(&self, name: Option<&str>) -> Result<Database, BatchError> {
        let Some(name) = name else {
            return self.main.clone().ok_or_else(|| BatchError::new(names::STORE_ERROR, "there is no database"));
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = open.get(name) {
            return Ok(database.clone());
        }
        let url = self.named.get(name).map(String::as_str).unwrap_or_default();
        let database = Database::connect(url, OpenOptions::default()).map_err(|error| {
            BatchError::new(names::STORE_ERROR, format!("cannot use the connection `{name}`")).with_source(error)
        })?;
        open.insert(name.to_owned(), database.clone());
        Ok(database)
    }

    /// Reads `connection: NAME`.
    pub(crate) fn read(&self, fields: &mut Fields<'_>) -> Option<Option<String>> {
        fields.optional("connection", |at| self.named(at))
    }

    fn named(&self, at: &Cursor<'_>) -> Option<String> {
        let name = at.filled_text()?;
        if self.named.contains_key(name) {
            return Some(name.to_owned());
        }
        let known: Vec<_> = self.named.keys().map(String::as_str).collect();
        let problem = at.suggesting(at.problem(format!("no connection is called `{name}`")), name, known);
        at.refuse(problem.help("connections are named in jobctl.toml: [connections] NAME = \"postgres://…\""))
    }
}
