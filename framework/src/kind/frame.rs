//! The values that the settings of a step may use, when the step begins.

use std::path::{Path, PathBuf};

use crate::row::Value;

/// One value for each name that [`Names`](super::Names) declared, in that order, and what else a kind needs of the run.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The values.
    pub values: Vec<Value>,
    /// The folder that relative paths start at.
    pub base_dir: PathBuf,
    /// Texts that must not be shown: the values of secrets.
    pub secrets: Vec<String>,
}

impl Frame {
    /// `path`, made absolute against the folder of the job file.
    #[must_use]
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base_dir.join(path)
    }

    /// `text` with every secret replaced by `***`.
    ///
    /// ```
    /// use overnight_framework::kind::Frame;
    ///
    /// let frame = Frame { secrets: vec!["hunter2".to_owned()], ..Frame::default() };
    /// assert_eq!(frame.mask("password: hunter2"), "password: ***");
    /// ```
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let known = self.secrets.iter().filter(|secret| !secret.is_empty());
        known.fold(text.to_owned(), |masked, secret| masked.replace(secret.as_str(), "***"))
    }
}
