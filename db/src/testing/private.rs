//! A server for one test, which may take it away.

use std::fs::{self, File};

use super::cluster::Cluster;
use super::database::Template;
use super::error::TestingError;
use super::programs::Programs;
use super::system;

/// A server of its own for one test, to be stopped and started under the feet of whoever is connected.
///
/// It takes about a second to make; a test that only needs a database takes a [`TestDatabase`](super::TestDatabase).
pub struct PrivateServer {
    cluster: Cluster,
    _user: File,
}

impl PrivateServer {
    /// Makes a server and starts it.
    ///
    /// # Errors
    /// When PostgreSQL's programs are missing, with the line to type; when the server does not start, with its log.
    pub fn create() -> Result<Self, TestingError> {
        // Nobody else knows this lock: the file is removed as soon as both we and the watcher have it open.
        let users = std::env::temp_dir().join(format!("overnight-pg-{}.lock", system::random_hex(8)?));
        let user = system::lock_file(&users)?;
        user.lock_shared().map_err(TestingError::at("lock", &users))?;
        let cluster = Cluster::create(Programs::find()?, &users);
        fs::remove_file(&users).map_err(TestingError::at("remove", &users))?;
        Ok(Self { cluster: cluster?, _user: user })
    }

    /// A database with the contents of the template; the answer is its URL, which stays right over stop and start.
    ///
    /// # Errors
    /// When the server is stopped, or the migrations fail.
    pub fn database(&self, template: &Template<'_>) -> Result<String, TestingError> {
        let name = template.copy(&self.cluster)?;
        Ok(self.cluster.url(&name))
    }

    /// The port of 127.0.0.1 on which it listens, for a proxy in front of it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.cluster.port()
    }

    /// Stops the server as a power cut does: sessions break in mid-sentence, and what was not committed is lost.
    ///
    /// # Errors
    /// When it is not running.
    pub fn stop_immediately(&self) -> Result<(), TestingError> {
        self.cluster.stop_immediately()
    }

    /// Starts a stopped server; it has recovered and answers when this returns.
    ///
    /// # Errors
    /// When it does not start, with its log.
    pub fn start(&self) -> Result<(), TestingError> {
        self.cluster.start()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.cluster.destroy();
    }
}
