//! What every verb gets: where the records are, how to print, and what this program brings.

use overnight_framework::kind::Kinds;
use overnight_framework::registry::Registry;

use super::advice;
use super::arguments::StoreArguments;
use super::exit::Failure;
use super::output::Output;
use crate::catalog::Catalog;
use crate::config::{Config, ConfigError, DatabaseUrl, Flags};
use crate::wiring::{Context, catalog, stock_kinds};

/// The command line as its verbs see it. Nothing is opened before a verb asks.
pub(super) struct Face {
    pub(super) store: StoreArguments,
    pub(super) output: Output,
    pub(super) registry: Registry,
}

impl Face {
    /// The configuration with the flags in front.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let StoreArguments { database, project } = &self.store;
        Config::load(Flags { database: database.as_deref(), project: project.as_deref() })
    }

    /// The reader of job files, without a store.
    pub(super) fn catalog(&self) -> Result<Catalog, ConfigError> {
        Ok(catalog(&self.config()?.setup(), None, self.registry.clone()))
    }

    /// The kinds that job files may name, to look at: none of them reaches a database.
    pub(super) fn all_kinds(&self) -> Kinds {
        stock_kinds().and(self.registry.kinds().clone())
    }

    /// The store and everything over it, for verbs that look.
    pub(super) fn open(&self) -> Result<Context, Failure> {
        let config = self.config()?;
        let address = config.prepare_database();
        Context::open(&config, &address, self.registry.clone()).map_err(|error| advice::opening(error, &address))
    }

    /// The same for verbs that give orders.
    pub(super) fn open_to_write(&self) -> Result<Context, Failure> {
        let config = self.config()?;
        let address = self.place_to_write(&config);
        Context::open_to_write(&config, &address, self.registry.clone())
            .map_err(|error| advice::opening(error, &address))
    }

    /// The same for verbs that run jobs.
    pub(super) fn open_to_run(&self) -> Result<Context, Failure> {
        let config = self.config()?;
        let address = self.place_to_write(&config);
        Context::open_to_run(&config, &address, self.registry.clone()).map_err(|error| advice::opening(error, &address))
    }

    /// The database, for verbs that write: before it is made, they say where, if nobody named the place.
    pub(super) fn place_to_write(&self, config: &Config) -> DatabaseUrl {
        let address = config.prepare_database();
        if address.is_implicit {
            self.output.say(&format!("using the embedded database {}", address.url));
        }
        address
    }
}
