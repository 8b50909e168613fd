//! The world that job files see: environment variables, and secrets from `JOBCTL_SECRET_*` or from a folder of files.

use std::fs;
use std::path::PathBuf;

use overnight_framework::definition::{Environment, SecretError, VariableUse};

use crate::setup::Setup;

/// How the names of the variables begin that hold secrets.
const PREFIX: &str = "JOBCTL_SECRET_";

/// The variable with the address of the store, which may have a password in it.
const DATABASE: &str = "DATABASE_URL";

/// The environment of this process.
#[derive(Debug)]
pub(crate) struct ProcessEnvironment {
    secrets: Option<PathBuf>,
    connections: Vec<String>,
}

impl ProcessEnvironment {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self { secrets: setup.secrets.clone(), connections: setup.connections.keys().cloned().collect() }
    }
}

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn variable_use(&self, name: &str) -> VariableUse {
        match name.strip_prefix(PREFIX) {
            Some(secret) => VariableUse::Secret(secret.to_lowercase()),
            None if name == DATABASE => VariableUse::Confidential,
            None => VariableUse::Open,
        }
    }

    /// `secret.sftp_key` is `JOBCTL_SECRET_SFTP_KEY`, else the file `sftp_key` in the configured folder, without its last
    /// newline. What is empty is no secret: somebody has forgotten to fill it.
    fn secret(&self, name: &str) -> Result<String, SecretError> {
        let variable = format!("{PREFIX}{}", name.to_uppercase().replace('-', "_"));
        let mut looked_in = Vec::new();
        match std::env::var(&variable) {
            Ok(value) if value.is_empty() => looked_in.push(empty(&variable)),
            Ok(value) => return Ok(value),
            Err(_) => looked_in.push(variable),
        }
        if let Some(folder) = &self.secrets {
            let path = folder.join(name);
            let place = path.display().to_string();
            match fs::read_to_string(&path) {
                Ok(text) => match text.strip_suffix('\n').unwrap_or(&text) {
                    "" => looked_in.push(empty(&place)),
                    text => return Ok(text.to_owned()),
                },
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => looked_in.push(place),
                Err(error) => {
                    return Err(SecretError::Unreadable { name: name.to_owned(), place, source: error.into() });
                }
            }
        }
        Err(SecretError::Missing { name: name.to_owned(), looked_in })
    }

    fn connections(&self) -> Vec<String> {
        self.connections.clone()
    }
}

fn empty(place: &str) -> String {
    format!("{place} (which is empty)")
}
