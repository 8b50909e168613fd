//! Puts the events of a document together to its tree.

use granit_parser::{Event, ScalarStyle};

use super::anchors::{Anchors, Weighed, Weight};
use super::mapping::{OpenMapping, unquoted_braces};
use super::too_deep;
use crate::yaml::scalar::{align, shown};
use crate::yaml::{Code, Kind, MAX_DEPTH, MAX_NODES, MAX_TEXT, Node, Path, Problem, Reading, Scalar, Span, Style};

/// The tree so far: the lists and mappings that are still open, the innermost last.
pub(super) struct Builder<'a> {
    reading: &'a Reading,
    open: Vec<Frame>,
    root: Option<Node>,
    anchors: Anchors,
    /// Everything seen so far, aliases expanded.
    total: Weight,
}

/// A list or mapping that is still open.
struct Frame {
    /// Its place, which grows with its parts.
    span: Span,
    /// Whether it stands in brackets or braces.
    is_bracketed: bool,
    anchor: usize,
    weight: Weight,
    parts: Parts,
}

enum Parts {
    Sequence(Vec<Node>),
    Mapping(OpenMapping),
}

impl<'a> Builder<'a> {
    pub(super) fn new(reading: &'a Reading) -> Self {
        Self { reading, open: Vec::new(), root: None, anchors: Anchors::default(), total: Weight::default() }
    }

    /// Takes the next event. `None` where a limit is reached, which is reported.
    pub(super) fn take(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Option<()> {
        let span = self.span_with_tag(place);
        match event {
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, (span, anchor)),
            Event::SequenceStart(_, anchor, _) => self.open((span, anchor), Parts::Sequence(Vec::new())),
            Event::MappingStart(_, anchor, _) => {
                self.open((span, anchor), Parts::Mapping(OpenMapping::new(is_bracket(span))))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                self.refuse(self.anchors.unknown(&name, span));
                self.place(Weighed::null(span), span)
            }
            Event::Anchor(_, name) => {
                self.anchors.name(name.into_owned());
                Some(())
            }
            _ => Some(()),
        }
    }

    /// The root; `None` where the document is empty.
    pub(super) fn finish(self) -> Option<Node> {
        self.root
    }

    /// The path of the value that is being built.
    pub(super) fn path(&self) -> Path {
        path_of(&self.open)
    }

    /// The path of the list or mapping in which the parser stopped. Which item of a list it was cannot be told, and the
    /// path of what is too deep helps nobody.
    pub(super) fn path_of_stop(&self) -> Path {
        if self.open.len() >= MAX_DEPTH {
            return Path::root();
        }
        let open = match self.open.split_last() {
            Some((Frame { parts: Parts::Sequence(_), .. }, outer)) => outer,
            _ => &self.open,
        };
        path_of(open)
    }

    /// The bracket or brace that was opened last and is still open.
    pub(super) fn open_bracket(&self) -> Option<Span> {
        let bracket = |frame: &&Frame| frame.is_bracketed;
        self.open.last().filter(bracket).map(|frame| Span { start: frame.span.start, end: frame.span.start + 1 })
    }

    /// The place of an event. A tag is refused, and belongs to the place of its value, so that the value is not blamed
    /// once more by its reader.
    fn span_with_tag(&self, place: &granit_parser::Span) -> Span {
        let span = place.byte_range().map(Span::new).unwrap_or_default();
        let Some(tag) = place.tag_span().and_then(|tag| tag.byte_range()).map(Span::new) else { return span };
        let text = self.reading.source().slice(tag);
        let help = match text.starts_with("!!") {
            true => "leave the tag out; a text that looks like a number goes into quotes",
            false => "quote it: a leading ! is a YAML tag",
        };
        self.refuse(
            Problem::new(tag, format!("the YAML tag `{}` is not allowed", shown(text)))
                .code(Code::UnusedYaml)
                .help(help),
        );
        Span { start: tag.start.min(span.start), end: span.end }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, (span, anchor): (Span, usize)) -> Option<()> {
        let source = self.reading.source();
        let plain = style == ScalarStyle::Plain;
        if text.contains('\0') {
            let problem = Problem::new(span, "a text cannot hold the character NUL").code(Code::Character);
            self.refuse(problem.help("leave it out: no database, no command and no name of a file takes it"));
        }
        let is_null = plain && (matches!(text, "" | "null") || matches!(source.slice(span), "" | "~"));
        let value = if is_null {
            Weighed::null(span)
        } else {
            let places = align(source.text(), span, text, style);
            let style = if plain { Style::Plain } else { Style::Quoted };
            Weighed::leaf(span, Kind::Scalar(Scalar { text: text.into(), style, span, places }))
        };
        self.anchors.define(anchor, &value);
        self.charge(value.weight, span)?;
        self.place(value, span)
    }

    fn alias(&mut self, id: usize, span: Span) -> Option<()> {
        let value = self.anchors.resolve(id, span).unwrap_or_else(|problem| {
            self.refuse(problem);
            Weighed::null(span)
        });
        self.charge(value.weight, span)?;
        self.within_depth(value.weight.depth, span)?;
        self.place(value, span)
    }

    fn open(&mut self, (span, anchor): (Span, usize), parts: Parts) -> Option<()> {
        let weight = Weight { nodes: 1, text: 0, depth: 1 };
        self.charge(weight, span)?;
        self.within_depth(1, span)?;
        self.open.push(Frame { span, is_bracketed: is_bracket(span), anchor, weight, parts });
        Some(())
    }

    fn close(&mut self, end: Span) -> Option<()> {
        let Some(frame) = self.open.pop() else { return Some(()) };
        let mut span = frame.span;
        // A block ends with its last part; the parser reports its end at the beginning of what follows.
        if end.start < end.end {
            span.end = end.end;
        }
        let kind = match frame.parts {
            Parts::Sequence(items) => Kind::Sequence(items.into()),
            Parts::Mapping(mapping) => Kind::Mapping(mapping.finish().into()),
        };
        let value = Weighed { node: Node { span, kind }, weight: frame.weight };
        self.anchors.define(frame.anchor, &value);
        self.place(value, span)
    }

    /// Adds a finished value to the innermost open list or mapping; `seen` is where the file has it.
    fn place(&mut self, value: Weighed, seen: Span) -> Option<()> {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(value.node);
            return Some(());
        };
        frame.weight.add(value.weight);
        frame.span.end = frame.span.end.max(seen.end);
        let whole = frame.span;
        let put = match &mut frame.parts {
            Parts::Sequence(items) => {
                items.push(value.node);
                Ok(())
            }
            Parts::Mapping(mapping) => mapping.put(value.node, seen),
        };
        if let Err(problem) = put {
            self.refuse(unquoted_braces(self.reading.source(), whole).unwrap_or(problem));
        }
        Some(())
    }

    fn refuse(&self, problem: Problem) {
        self.reading.report_syntax(problem.path(self.path()));
    }

    /// Counts a value against the limits of the file.
    fn charge(&mut self, weight: Weight, span: Span) -> Option<()> {
        self.total.nodes += weight.nodes;
        self.total.text += weight.text;
        let message = if self.total.nodes > MAX_NODES {
            format!("this file holds more than {MAX_NODES} values and keys when its aliases are expanded")
        } else if self.total.text > MAX_TEXT {
            format!("this file holds more than {MAX_TEXT} bytes of text when its aliases are expanded")
        } else {
            return Some(());
        };
        self.refuse(Problem::new(span, message).code(Code::TooLarge));
        None
    }

    /// Checks that this many more levels fit.
    fn within_depth(&self, levels: usize, span: Span) -> Option<()> {
        if self.open.len() + levels <= MAX_DEPTH {
            return Some(());
        }
        self.reading.report_syntax(too_deep(span));
        None
    }
}

/// Whether a list or mapping begins with a bracket or brace: a block begins with its first part, and its own place is empty.
fn is_bracket(start: Span) -> bool {
    start.start < start.end
}

fn path_of(open: &[Frame]) -> Path {
    open.iter().fold(Path::root(), |path, frame| match &frame.parts {
        Parts::Sequence(items) => path.index(items.len()),
        Parts::Mapping(mapping) => mapping.current().map_or_else(|| path.clone(), |key| path.key(key)),
    })
}
