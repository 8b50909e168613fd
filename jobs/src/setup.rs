//! What a process is told about itself, by a program or by the configuration of the command line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use overnight_framework::worker::Timing;

/// What is said beside the database: whose the executions are, what steps may name, and how this process beats.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The project that executions belong to.
    pub(crate) project: String,
    /// Other databases that steps may name.
    pub(crate) connections: BTreeMap<String, String>,
    /// The folder of secret files.
    pub(crate) secrets: Option<PathBuf>,
    /// The beat of this process, if it is not the default of the store.
    pub(crate) timing: Option<Timing>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { project: "default".to_owned(), connections: BTreeMap::new(), secrets: None, timing: None }
    }
}
