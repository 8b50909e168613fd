//! Why there is no database for a test.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::Output;

/// Any error, of a migration for instance.
pub type AnyError = Box<dyn Error + Send + Sync>;

/// Why there is no database for a test. Tests fail on it: one that is skipped promises nothing.
pub struct TestingError {
    message: String,
    source: Option<AnyError>,
}

impl TestingError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    pub(super) fn because(message: impl Into<String>, source: impl Into<AnyError>) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }

    /// For `map_err`: what was done to which file or folder.
    pub(super) fn at<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |error| Self::because(format!("cannot {doing} {}", path.display()), error)
    }

    /// A program that ended badly, with everything it said.
    pub(super) fn program(name: &str, output: &Output) -> Self {
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        let said = said.join("\n");
        Self::new(format!("{name} failed ({}): {}", output.status, said.trim()))
    }
}

impl fmt::Display for TestingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// As a person reads it, because a test shows it by `unwrap`.
impl fmt::Debug for TestingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl Error for TestingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
