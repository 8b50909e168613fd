//! The values that the settings of a step may use, when the step begins.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::BatchError;
use crate::row::Value;

/// What stands where a secret stood.
const MASK: &str = "***";

/// What ends a text that was cut for a message.
const CUT: char = '…';

/// Fewer letters of a secret than these are not told apart from other words.
const SHORTEST_BEGINNING: usize = 4;

/// One value for each name that [`Names`](super::Names) declared, in that order, and what else a kind needs of the run.
#[derive(Clone, Default)]
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
        self.known().fold(self.mask_cut(text), |masked, secret| masked.replace(secret, MASK))
    }

    /// A message that was cut may show the beginning of a secret and not the whole: `'correct horse battery s…' is no integer`.
    fn mask_cut(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(CUT) {
            let shown = self.known().filter_map(|secret| beginning(secret, before)).max();
            masked.push_str(before.get(..before.len() - shown.unwrap_or(0)).unwrap_or_default());
            masked.extend(shown.map(|_| MASK));
            masked.push(CUT);
            rest = after;
        }
        masked + rest
    }

    /// `bytes` with every secret replaced by `***`, whether they are text or not.
    ///
    /// ```
    /// use overnight_framework::kind::Frame;
    ///
    /// let frame = Frame { secrets: vec!["hunter2".to_owned()], ..Frame::default() };
    /// assert_eq!(frame.mask_bytes(b"\xfcser:hunter2"), b"\xfcser:***");
    /// ```
    #[must_use]
    pub fn mask_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.known().fold(bytes.to_owned(), |masked, secret| replaced(masked, secret.as_bytes()))
    }

    /// `error` with every secret in its texts replaced by `***`. An error that shows none is the same as before; another
    /// keeps its name and its texts.
    ///
    /// ```
    /// use overnight_framework::{BatchError, kind::Frame};
    ///
    /// let frame = Frame { secrets: vec!["hunter2".to_owned()], ..Frame::default() };
    /// let error = BatchError::new("Transient", "no answer").with_source(BatchError::from("user:hunter2@host"));
    /// assert_eq!(frame.masked(error).chain(), ["no answer", "user:***@host"]);
    /// ```
    #[must_use]
    pub fn masked(&self, error: BatchError) -> BatchError {
        let (chain, help) = (error.chain(), error.help());
        if !chain.iter().map(String::as_str).chain(help).any(|text| self.shows_secret(text)) {
            return error;
        }
        let named = |text: &String| BatchError::new(error.name().to_owned(), self.mask(text));
        let texts = chain.iter().rev().map(named);
        let Some(masked) = texts.reduce(|cause, error| error.with_source(cause)) else { return error };
        masked.with_any_help(help.map(|help| self.mask(help)))
    }

    /// Whether `text` shows a secret.
    #[must_use]
    pub fn shows_secret(&self, text: &str) -> bool {
        self.mask(text) != text
    }

    fn known(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str).filter(|secret| !secret.is_empty())
    }
}

/// How many bytes of `text`, at its end, are the beginning of `secret`.
fn beginning(secret: &str, text: &str) -> Option<usize> {
    let ends = secret.char_indices().map(|(end, _)| end).filter(|end| *end >= SHORTEST_BEGINNING);
    ends.filter(|end| secret.get(..*end).is_some_and(|beginning| text.ends_with(beginning))).max()
}

/// The bytes with the mask wherever `secret` stands, which is not empty.
fn replaced(bytes: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    let find = |bytes: &[u8]| bytes.windows(secret.len()).position(|window| window == secret);
    let Some(mut place) = find(&bytes) else { return bytes };
    let mut masked = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some((before, behind)) = rest.split_at_checked(place) {
        masked.extend_from_slice(before);
        masked.extend_from_slice(MASK.as_bytes());
        rest = behind.get(secret.len()..).unwrap_or_default();
        match find(rest) {
            Some(next) => place = next,
            None => break,
        }
    }
    masked.extend_from_slice(rest);
    masked
}

/// The values are left out: secrets are among them.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("base_dir", &self.base_dir).finish_non_exhaustive()
    }
}
