//! What is wrong in a file, where, and what would be right.

use std::fmt;

use serde::Serialize;

use super::{Code, Paint, Path, Position, Source, Span, render};

/// One thing that is wrong at one place of a file.
///
/// ```
/// use overnight_framework::yaml::{Code, Paint, Path, Problem, Problems, Source, Span};
///
/// let source = Source::new("jobs/eod.yaml", "steps:\n  - needs: [intrest]\n");
/// let problem = Problem::new(Span::new(19..26), "there is no step `intrest`")
///     .code(Code::UnknownName)
///     .path(Path::root().key("steps").index(0).key("needs").index(0))
///     .help("did you mean `interest`?");
/// let problems = Problems::new(source, vec![problem]);
/// assert_eq!(
///     problems.render(Paint::Plain),
///     "\
/// error[E305]: there is no step `intrest`
///  --> jobs/eod.yaml:2:13
///   |
/// 2 |   - needs: [intrest]
///   |             ^^^^^^^
///   |
///   = note: at steps[0].needs[0]
///   = help: did you mean `interest`?
/// ",
/// );
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Problem {
    /// What kind of mistake it is; a [`Code::Setting`] until [`code`](Self::code) says more.
    pub code: Code,
    /// The place under the caret.
    pub span: Span,
    /// The value it is about; the root where it is about the file itself.
    pub path: Path,
    /// What is wrong, as a lower-case sentence without a full stop.
    pub message: String,
    /// A few words beside the caret.
    pub label: Option<String>,
    /// What to do instead; most useful first.
    pub help: Vec<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

/// A second place of a [`Problem`], such as the first of two equal keys.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Related {
    /// The place.
    pub span: Span,
    /// The words beside it: "first defined here".
    pub words: String,
}

impl Problem {
    /// A problem at a place, about the file itself until [`path`](Self::path) says more.
    #[must_use]
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        let code = Code::Setting;
        Self { code, span, path: Path::root(), message, label: None, help: Vec::new(), related: Vec::new() }
    }

    /// Says what kind of mistake it is.
    #[must_use]
    pub fn code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// Names the value it is about.
    #[must_use]
    pub fn path(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Moves the caret.
    #[must_use]
    pub fn span(mut self, span: Span) -> Self {
        self.span = span;
        self
    }

    /// Puts words beside the caret.
    #[must_use]
    pub fn label(mut self, words: impl Into<String>) -> Self {
        self.label = Some(words.into());
        self
    }

    /// Adds what to do instead.
    #[must_use]
    pub fn help(mut self, words: impl Into<String>) -> Self {
        self.help.push(words.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push(Related { span, words: words.into() });
        self
    }

    /// The whole problem with the lines of the file, as rustc shows its errors.
    #[must_use]
    pub fn render(&self, source: &Source, paint: Paint) -> String {
        render::report(source, self, paint)
    }

    /// The problem on one line: `jobs/eod.yaml:12:5: steps[1].chunk: unknown key …`.
    #[must_use]
    pub fn line(&self, source: &Source) -> String {
        let Position { line, column } = source.position(self.span.start);
        let path = if self.path.is_root() { String::new() } else { format!("{}: ", self.path) };
        let help = self.help.first().map(|help| format!("; {help}")).unwrap_or_default();
        format!("{}:{line}:{column}: {path}{}{help}", source.name(), self.message)
    }

    /// The problem as data, for JSON output and for editors.
    #[must_use]
    pub fn located(&self, source: &Source) -> Located {
        let related = |related: &Related| LocatedRelated {
            place: LocatedPlace::of(source, related.span),
            message: related.words.clone(),
        };
        Located {
            code: self.code,
            file: source.name().to_owned(),
            place: LocatedPlace::of(source, self.span),
            path: self.path.to_string(),
            message: self.message.clone(),
            help: self.help.clone(),
            related: self.related.iter().map(related).collect(),
        }
    }
}

/// A [`Problem`] as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Located {
    /// What kind of mistake it is.
    pub code: Code,
    /// The name of the file.
    pub file: String,
    /// Where it stands.
    #[serde(flatten)]
    pub place: LocatedPlace,
    /// The path of the value, empty for the file itself.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do instead; may be empty.
    pub help: Vec<String>,
    /// Other places of the file that belong to it; may be empty.
    pub related: Vec<LocatedRelated>,
}

/// A second place of a [`Located`] problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LocatedRelated {
    /// Where it stands.
    #[serde(flatten)]
    pub place: LocatedPlace,
    /// The words beside it.
    pub message: String,
}

/// A place in lines and characters, as editors count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LocatedPlace {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
    /// The line on which it ends, from 1.
    pub end_line: usize,
    /// The first character behind it, within that line, from 1.
    pub end_column: usize,
}

impl LocatedPlace {
    fn of(source: &Source, span: Span) -> Self {
        let (start, end) = (source.position(span.start), source.position(span.end));
        Self { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}

/// All problems of one file, in the order of the file. Shown, they are one line each.
#[derive(Clone, Debug)]
pub struct Problems {
    source: Source,
    list: Vec<Problem>,
    /// How many more there are than are kept.
    more: usize,
}

impl Problems {
    /// Problems of a file, which are brought into its order.
    #[must_use]
    pub fn new(source: Source, list: Vec<Problem>) -> Self {
        Self::cut(source, list, 0)
    }

    pub(super) fn cut(source: Source, mut list: Vec<Problem>, more: usize) -> Self {
        list.sort_by_key(|problem| problem.span);
        Self { source, list, more }
    }

    /// The file.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The problems in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// How many there are, those included that were only counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them with the lines of the file, an empty line between two.
    #[must_use]
    pub fn render(&self, paint: Paint) -> String {
        let more = self.more_words().map(|words| format!("error: {words}\n"));
        let shown = self.list.iter().map(|problem| problem.render(&self.source, paint));
        shown.chain(more).collect::<Vec<_>>().join("\n")
    }

    /// One line for each.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let more = self.more_words().map(|words| format!("{}: {words}", self.source.name()));
        self.list.iter().map(|problem| problem.line(&self.source)).chain(more)
    }

    /// All of them as data.
    #[must_use]
    pub fn located(&self) -> Vec<Located> {
        self.list.iter().map(|problem| problem.located(&self.source)).collect()
    }

    fn more_words(&self) -> Option<String> {
        (self.more > 0).then(|| format!("and {} more problems in this file", self.more))
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.lines().enumerate() {
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
