//! What every verb gets: where the records are, how to print, and the kinds of this program.

use overnight_framework::kind::Kinds;

use super::arguments::StoreArguments;
use super::exit::Failure;
use super::output::Output;
use crate::catalog::Catalog;
use crate::config::{Config, ConfigError, DatabaseUrl, Flags};
use crate::wiring::{Context, catalog};

/// The command line as its verbs see it. Nothing is opened before a verb asks.
pub(super) struct Face {
    pub(super) store: StoreArguments,
    pub(super) output: Output,
    pub(super) kinds: Kinds,
}

impl Face {
    /// The configuration with the flags in front.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let StoreArguments { database, project } = &self.store;
        Config::load(Flags { database: database.as_deref(), project: project.as_deref() })
    }

    /// The reader of job files, without a store.
    pub(super) fn catalog(&self) -> Result<Catalog, ConfigError> {
        Ok(catalog(&self.config()?, None, self.kinds.clone()))
    }

    /// The store and everything over it, for verbs that look and give orders.
    pub(super) fn open(&self) -> Result<Context, Failure> {
        Ok(Context::open(&self.config()?, self.kinds.clone())?)
    }

    /// The same for verbs that run jobs.
    pub(super) fn open_to_run(&self) -> Result<Context, Failure> {
        Ok(Context::open_to_run(&self.config()?, self.kinds.clone())?)
    }

    /// A verb that writes says where, if nobody named the place.
    pub(super) fn say_where(&self, address: &DatabaseUrl) {
        if address.is_implicit {
            self.output.say(&format!("using the embedded database {}", address.url));
        }
    }
}
