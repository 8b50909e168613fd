//! A database for one test: a copy of a template that was migrated once.

use std::path::Path;

use super::cluster::Cluster;
use super::error::{AnyError, TestingError};
use super::shared::SharedServer;
use super::system;

/// The database that every test starts with.
pub struct Template<'a> {
    /// Names the state of the schema, for instance the hash of all migrations: another version is another template.
    pub version: &'a str,
    /// Brings the empty database under this URL to that state.
    ///
    /// It is called once for all tests of a run. Its connections must be closed when it returns, because a database in use cannot
    /// be copied.
    pub migrate: &'a dyn Fn(&str) -> Result<(), AnyError>,
}

impl Template<'_> {
    /// A new database with the contents of the template; the answer is its name.
    pub(super) fn copy(&self, cluster: &Cluster) -> Result<String, TestingError> {
        let template = format!("template_{}", identifier(self.version));
        let name = format!("test_{}", system::random_hex(6)?);
        let copy = || cluster.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        // Nearly always the template is there, and to ask first would cost as much as to try.
        if copy().is_err() {
            self.make(cluster, &template)?;
            copy()?;
        }
        Ok(name)
    }

    /// Whoever comes first makes the template, the others wait.
    fn make(&self, cluster: &Cluster, name: &str) -> Result<(), TestingError> {
        let _one_at_a_time = system::lock_exclusively(&cluster.lock_of_templates())?;
        let is_there = cluster.sql("postgres", &format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?;
        if !is_there.is_empty() {
            return Ok(());
        }
        // Under another name until it is whole: its maker may be killed on the way.
        let part = format!("part_of_{name}");
        cluster.sql("postgres", &format!("DROP DATABASE IF EXISTS {part} WITH (FORCE)"))?;
        cluster.sql("postgres", &format!("CREATE DATABASE {part}"))?;
        let failed = |error| TestingError::because(format!("the migrations to version {} failed", self.version), error);
        (self.migrate)(&cluster.url(&part)).map_err(failed)?;
        cluster.sql("postgres", &format!("ALTER DATABASE {part} RENAME TO {name}"))?;
        Ok(())
    }
}

/// A database of its own for one test; it is dropped with this value, whoever is still connected.
pub struct TestDatabase {
    server: SharedServer,
    name: String,
}

impl TestDatabase {
    /// A copy of the template on the server that all users of this folder share.
    ///
    /// The folder holds locks and the whereabouts of the server; one below the build folder keeps two checkouts apart.
    ///
    /// # Errors
    /// When PostgreSQL's programs are missing, with the line to type; when the server does not start, with its log; when the
    /// migrations fail.
    pub fn create(folder: &Path, template: &Template<'_>) -> Result<Self, TestingError> {
        let server = SharedServer::join(folder)?;
        let name = template.copy(&server.cluster)?;
        Ok(Self { server, name })
    }

    /// How to connect, as `postgres://user:password@host:port/database`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.cluster.url(&self.name)
    }

    /// The database's name on its server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A database that cannot be dropped goes with its server.
        let _ = self.server.cluster.sql("postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// What is left of a text when only the letters and digits are kept that need no quotes, and that fit into a name of 63 bytes.
fn identifier(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_becomes_a_name_without_quotes() {
        assert_eq!(identifier("2026-01-01; DROP \"X\""), "20260101dropx");
        assert_eq!(identifier(&"f".repeat(64)).len(), 40);
    }
}
