//! Problems as a person reads them: the line, a caret, and what to do.

use std::borrow::Cow;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::problem::Related;
use super::{Problem, Source, Span};

/// Whether a rendering may use the colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// For files, pipes and tests.
    Plain,
    /// With ANSI colours.
    Colour,
}

/// The whole problem: headline, snippet, path and help.
pub(super) fn report(source: &Source, problem: &Problem, paint: Paint) -> String {
    let renderer = match paint {
        Paint::Plain => Renderer::plain(),
        Paint::Colour => Renderer::styled(),
    };
    let note = (!problem.path.is_root()).then(|| Level::NOTE.message(format!("at {}", problem.path)));
    let help = problem.help.iter().map(|words| Level::HELP.message(harmless(words)));
    let group = Level::ERROR
        .primary_title(harmless(&problem.message))
        .id(problem.code.as_str())
        .element(snippet(source, problem))
        .elements(note.into_iter().chain(help));
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

/// The lines from the first to the last place of the problem, and no others: cutting them out here keeps the cost of
/// many problems in a large file low.
fn snippet<'a>(source: &'a Source, problem: &'a Problem) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let spans = || std::iter::once(problem.span).chain(problem.related.iter().map(|related| related.span));
    let line_of = |span: Span| source.position(span.start).line;
    let first = spans().map(line_of).min().unwrap_or(1);
    let last = spans().map(line_of).max().unwrap_or(1);
    let window = Span { start: source.line(first).start, end: source.line(last).end };
    let place = |span: Span| {
        let end = span.end.min(source.line(line_of(span)).end).max(span.start);
        (span.start - window.start) as usize..(end - window.start) as usize
    };
    let primary = AnnotationKind::Primary.span(place(problem.span)).label(problem.label.as_deref().map(harmless));
    let context =
        |related: &'a Related| AnnotationKind::Context.span(place(related.span)).label(harmless(&related.words));
    Snippet::source(excerpt(source.slice(window)))
        .path(harmless(source.name()))
        .line_start(first)
        .annotation(primary)
        .annotations(problem.related.iter().map(context))
}

/// What comes out of files and their names, with its control characters shown instead of obeyed by a terminal.
fn harmless(words: &str) -> Cow<'_, str> {
    if !words.chars().any(|letter| letter.is_control() && letter != '\n') {
        return words.into();
    }
    let shown = |letter: char| match letter {
        '\n' => letter.to_string(),
        letter if letter.is_control() => letter.escape_debug().to_string(),
        letter => letter.to_string(),
    };
    words.chars().map(shown).collect::<String>().into()
}

/// The lines of a file. The renderer knows the control characters of ASCII; for the others stands a letter as long as they
/// are, so that every place stays where it is.
fn excerpt(lines: &str) -> Cow<'_, str> {
    let is_wide = |letter: char| matches!(letter, '\u{80}'..='\u{9f}');
    if lines.contains(is_wide) { lines.replace(is_wide, "¿").into() } else { lines.into() }
}
