//! The text of one file, its name, and places in it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::MAX_BYTES;
use crate::suggest::nearest;

/// A text to be read, with the name it has in messages. Clones share the text.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// The byte offset of each line's first character.
    line_starts: Arc<[u32]>,
}

/// A range of bytes in one [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte; `start` for a place between two characters.
    pub end: u32,
}

/// A place in a text as people count: lines and columns start at 1, a column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
}

/// Why a file could not become a [`Source`]. The messages go behind "failed to ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is nothing under that path.
    #[error("read `{name}`: there is no such file{}", did_you_mean(.near.as_deref()))]
    Missing {
        /// The path as given.
        name: String,
        /// The path of the file beside it whose name is most like its own.
        near: Option<String>,
    },
    /// The path is a folder.
    #[error("read `{name}`: it is a directory, not a file")]
    Directory {
        /// The path as given.
        name: String,
    },
    /// The file has more than [`MAX_BYTES`].
    #[error("read `{name}`: it is larger than {limit} bytes, the limit for one file")]
    TooLarge {
        /// The path as given.
        name: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file begins with the byte order mark of UTF-16 or UTF-32.
    #[error("read `{name}`: it is UTF-16 or UTF-32 text; save it as UTF-8")]
    WideText {
        /// The path as given.
        name: String,
    },
    /// A byte is not part of UTF-8 text, as in a file of Latin-1.
    #[error("read `{name}`: it is not UTF-8 text (byte {offset}, on line {line}); save it as UTF-8")]
    NotUtf8 {
        /// The path as given.
        name: String,
        /// The offset of the first wrong byte, from 0.
        offset: usize,
        /// The line of that byte, from 1.
        line: usize,
    },
    /// The operating system refused.
    #[error("read `{name}`")]
    Io {
        /// The path as given.
        name: String,
        /// What it said.
        source: std::io::Error,
    },
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Among how many files a similar name is looked for: who has more in one folder knows their names.
const MOST_NEIGHBOURS: usize = 1_000;

/// The file that was most likely meant by a path at which there is none.
fn near(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = folder.read_dir().ok()?.take(MOST_NEIGHBOURS);
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let wanted = path.file_name()?.to_str()?;
    // A link of this very name leads nowhere.
    let names: BTreeSet<_> = names.filter(|name| name != wanted).collect();
    let near = nearest(wanted, names.iter().map(String::as_str))?;
    Some(path.with_file_name(near).display().to_string())
}

impl Source {
    /// A text under the name that messages show, such as a path relative to where the user stands. A leading byte
    /// order mark is dropped.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| offset(at + 1))).collect();
        Self { name: name.into(), text: text.into(), line_starts }
    }

    /// Reads the file at `path`, which is also its name in messages. The size is checked before anything is read,
    /// and again while reading, because a pipe has none.
    ///
    /// # Errors
    /// [`ReadError`]: missing, a directory, too large, not UTF-8, or what the operating system says.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => ReadError::Missing { name: name.clone(), near: near(path) },
            std::io::ErrorKind::IsADirectory => ReadError::Directory { name: name.clone() },
            _ => ReadError::Io { name: name.clone(), source },
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(ReadError::Directory { name });
        }
        if metadata.len() > MAX_BYTES as u64 {
            return Err(ReadError::TooLarge { name, limit: MAX_BYTES });
        }
        let size = usize::try_from(metadata.len()).unwrap_or_default();
        Self::of_reader(name, file, Vec::with_capacity(size + 1))
    }

    /// Reads what has no path, such as standard input, to its end.
    ///
    /// # Errors
    /// [`ReadError`]: too large, not UTF-8, or what the operating system says.
    ///
    /// ```
    /// use overnight_framework::yaml::Source;
    ///
    /// let source = Source::from_reader("stdin", "name: night".as_bytes())?;
    /// assert_eq!((source.name(), source.text()), ("stdin", "name: night"));
    /// # Ok::<(), overnight_framework::yaml::ReadError>(())
    /// ```
    pub fn from_reader(name: impl Into<String>, reader: impl Read) -> Result<Self, ReadError> {
        Self::of_reader(name.into(), reader, Vec::new())
    }

    /// Reads to the end into `bytes`, which take a file at once where they have room for one byte more than it has.
    fn of_reader(name: String, reader: impl Read, mut bytes: Vec<u8>) -> Result<Self, ReadError> {
        // One byte more shows that there are too many.
        match reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes) {
            Ok(_) => Self::from_bytes(name, &bytes),
            Err(source) => Err(ReadError::Io { name, source }),
        }
    }

    /// Takes bytes that are read already.
    ///
    /// # Errors
    /// [`ReadError`] when they are too many or no UTF-8 text.
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, ReadError> {
        let name = name.into();
        if bytes.len() > MAX_BYTES {
            return Err(ReadError::TooLarge { name, limit: MAX_BYTES });
        }
        if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 0, 0xfe, 0xff, ..]) {
            return Err(ReadError::WideText { name });
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(name, text)),
            Err(error) => {
                let offset = error.valid_up_to();
                let line = 1 + bytes.iter().take(offset).filter(|byte| **byte == b'\n').count();
                Err(ReadError::NotUtf8 { name, offset, line })
            }
        }
    }

    /// The name in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, without a byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty where the span does not fit this source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Line and column of a byte offset. An offset behind the end counts as the end.
    ///
    /// ```
    /// use overnight_framework::yaml::{Position, Source};
    ///
    /// let source = Source::new("a.yaml", "a: ä\nb: 1");
    /// assert_eq!(source.position(5), Position { line: 1, column: 5 });
    /// assert_eq!(source.position(6), Position { line: 2, column: 1 });
    /// ```
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let end = self.text.floor_char_boundary(at as usize);
        let before = self.text.get(start as usize..end).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
    }

    /// The span of the line with this number (from 1), without its line break.
    #[must_use]
    pub fn line(&self, number: usize) -> Span {
        let at = |line: usize| self.line_starts.get(line).copied();
        let start = number.checked_sub(1).and_then(at).unwrap_or(offset(self.text.len()));
        let end = at(number).unwrap_or(offset(self.text.len()));
        let line = self.slice(Span { start, end });
        Span { start, end: start + offset(line.trim_end_matches(['\n', '\r']).len()) }
    }
}

impl Span {
    /// The span of a range of byte offsets.
    #[must_use]
    pub fn new(range: Range<usize>) -> Self {
        Self { start: offset(range.start), end: offset(range.end.max(range.start)) }
    }

    /// The place before the byte at this offset.
    #[must_use]
    pub fn at(place: u32) -> Self {
        Self { start: place, end: place }
    }

    /// The same as a range, for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether the place is in this span, or is its start.
    #[must_use]
    pub fn contains(self, place: u32) -> bool {
        place == self.start || (self.start..self.end).contains(&place)
    }
}

/// A byte offset as spans keep it. No text that is parsed reaches the limit of 32 bits.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
