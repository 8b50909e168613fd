//! From the text of a file to its tree, within bounds that no file can break.
//!
//! The events of the parser are turned into a tree by hand instead of through serde, because only the events tell a key's
//! place, a scalar's style and an alias from its copy. Values are shared, not copied, where an alias repeats them, but
//! they are counted as often as they are seen: memory and the work of all later readers are bounded by the same number.

mod anchors;
mod builder;
mod mapping;
mod screen;
mod syntax;

use granit_parser::{Event, Parser};

use self::builder::Builder;
use super::{Code, Kind, MAX_BYTES, MAX_DEPTH, Node, Problem, Reading, Span};

/// Reads the one document of the file. `None` where it has to stop; every reason is reported.
pub(super) fn document(reading: &Reading) -> Option<Node> {
    let text = reading.source().text();
    if let Some(problem) = too_large(text).or_else(|| screen::refused_character(text)) {
        reading.report_syntax(problem);
        return None;
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_anchor_events: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder::new(reading);
    let mut documents = 0;
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((Event::DocumentStart(..), span)) if documents == 1 => {
                reading.report_syntax(second_document(span.byte_range()));
                return None;
            }
            Ok((Event::DocumentStart(..), _)) => documents += 1,
            Ok((event, span)) => builder.take(event, &span)?,
            Err(error) => {
                let problem = syntax::problem(&error, text, builder.open_bracket()).path(builder.path_of_stop());
                if !reading.has_problem_on_line_of(problem.span) {
                    reading.report_syntax(problem);
                }
                return None;
            }
        }
    }
    Some(builder.finish().unwrap_or(Node { span: Span::default(), kind: Kind::Null }))
}

fn too_large(text: &str) -> Option<Problem> {
    let message = || format!("this file is larger than {MAX_BYTES} bytes, the limit for a YAML file");
    (text.len() > MAX_BYTES).then(|| Problem::new(Span::default(), message()).code(Code::TooLarge))
}

fn second_document(span: Option<std::ops::Range<usize>>) -> Problem {
    Problem::new(span.map(Span::new).unwrap_or_default(), "a second document starts here")
        .code(Code::UnusedYaml)
        .help("a file holds exactly one document; put this one into a file of its own")
}

/// What nesting beyond [`MAX_DEPTH`] is answered with, whether the parser meets it or an alias brings it.
fn too_deep(span: Span) -> Problem {
    Problem::new(span, format!("lists and mappings are nested more than {MAX_DEPTH} levels deep")).code(Code::TooLarge)
}
