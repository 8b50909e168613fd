//! The way from the root of a file to a value: `steps[1].chunk.reader`.

use std::fmt;
use std::sync::Arc;

/// Where a value stands in its document. Paths share their beginnings, so that a step down costs one small allocation.
#[derive(Clone, Debug, Default)]
pub struct Path(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    parent: Path,
    segment: Segment,
}

#[derive(Debug)]
enum Segment {
    Key(Arc<str>),
    Index(usize),
}

impl Path {
    /// The root of a document.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// The path of the value under `key`.
    #[must_use]
    pub fn key(&self, key: impl Into<Arc<str>>) -> Self {
        self.then(Segment::Key(key.into()))
    }

    /// The path of the item at `index`, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    fn then(&self, segment: Segment) -> Self {
        Self(Some(Arc::new(Link { parent: self.clone(), segment })))
    }
}

/// As in `steps[1].with.path`; a key that is no plain word is quoted: `labels["a.b"]`. The root is empty.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(link) = &self.0 else { return Ok(()) };
        link.parent.fmt(f)?;
        match &link.segment {
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Key(key) if !is_word(key) => write!(f, "[\"{}\"]", key.escape_debug()),
            Segment::Key(key) if link.parent.is_root() => f.write_str(key),
            Segment::Key(key) => write!(f, ".{key}"),
        }
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_way_one_would_say_it() {
        let path = Path::root().key("steps").index(1).key("chunk").key("a.b").index(0);
        assert_eq!(path.to_string(), r#"steps[1].chunk["a.b"][0]"#);
        assert_eq!(Path::root().to_string(), "");
    }
}
