//! Says in the user's words what the parser found wrong, and what is usually meant.

mod place;

use granit_parser::{ErrorKind, ScanError};

use self::place::Place;
use super::too_deep;
use crate::yaml::{Code, Problem, Span};

/// The problem for an error of the parser. `open_bracket` is the bracket or brace around the place, if there is one.
pub(super) fn problem(error: &ScanError, text: &str, open_bracket: Option<Span>) -> Problem {
    let at = error.marker().byte_offset().unwrap_or_default();
    let place = Place::new(text, at);
    let by_place = || place.broken_value().unwrap_or_else(|| plain(error, &place));
    let problem = by_kind(error.kind(), &place).unwrap_or_else(by_place);
    let is_far = |open: &Span| text.get(open.range().end..place.at).is_some_and(|between| between.contains('\n'));
    match open_bracket.filter(is_far) {
        Some(open) => problem.related(open, "this bracket is still open"),
        None => problem,
    }
}

/// The errors whose kind says everything.
fn by_kind(kind: &ErrorKind, place: &Place<'_>) -> Option<Problem> {
    let problem = match kind {
        ErrorKind::RecursionLimitExceeded => too_deep(place.span),
        ErrorKind::DirectiveDisallowed => Problem::new(place.rest_of_line(), "a YAML directive is not allowed")
            .code(Code::UnusedYaml)
            .help("leave this line out"),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => tab(place),
        ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar => unclosed_quote(place),
        ErrorKind::UnclosedFlowCollection { open } => {
            Problem::new(place.span, format!("the bracket `{open}` is never closed")).code(Code::Unclosed)
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            Problem::new(place.span, format!("the bracket `{open}` is closed by `{close}`")).code(Code::Unclosed)
        }
        _ => return None,
    };
    Some(problem)
}

/// The errors of everyday, where the value under the caret does not show that it only lacks quotes.
fn plain(error: &ScanError, place: &Place<'_>) -> Problem {
    let (message, help) = match error.kind() {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => return misplaced_key(place),
        ErrorKind::SimpleKeyExpected => {
            let message = "this line is neither `key: value` nor part of the value above";
            return Problem::new(place.rest_of_line(), message).code(Code::Syntax).help("is a colon missing?");
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            ("this line does not fit the mapping above", "indent a key exactly like its neighbours")
        }
        ErrorKind::ExpectedBlockSequenceEntry => match place.key_left_of_its_item() {
            Some(problem) => return problem,
            None => {
                ("this line does not fit the list above", "begin each item of a list with `- `, all equally indented")
            }
        },
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => {
            ("a list item is not possible here", "begin the list on the next line, or write it as [a, b]")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => (
            "a double-quoted text holds a backslash that begins no escape",
            "write it in single quotes, where a backslash is itself, or double the backslash",
        ),
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("a list in brackets goes on with `,` or ends with `]`", "quote a text that holds brackets or `: `")
        }
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("a mapping in braces goes on with `,` or ends with `}`", "quote a text that holds braces or `: `")
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedNodeContent
            if let Some(problem) = place.stray_comma() =>
        {
            return problem;
        }
        ErrorKind::MisplacedFlowCollectionEnd if let Some(problem) = place.colon_before_bracket() => return problem,
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "quote a text that holds it"),
        _ => return Problem::new(place.span, format!("this is not YAML: {}", error.info())).code(Code::Syntax),
    };
    Problem::new(place.span, message).code(Code::Syntax).help(help)
}

/// A colon that makes a key where none can be: within a value, or on a line that goes on with the value above.
fn misplaced_key(place: &Place<'_>) -> Problem {
    let key = place.before.trim_start();
    if key.contains(": ") {
        return Problem::new(place.span, "a second key on one line is not possible")
            .code(Code::Syntax)
            .help("quote a value that holds `: `");
    }
    if let Some(problem) = place.line_above_without_colon() {
        return problem;
    }
    let span = Span::new(place.at - key.len()..place.at);
    Problem::new(span, "a key is not possible here").code(Code::Syntax).help("indent a key exactly like its neighbours")
}

fn tab(place: &Place<'_>) -> Problem {
    let line = place.at - place.before.len();
    let found = place.text.get(line..).and_then(|text| text.find('\t')).map_or(place.at, |tab| line + tab);
    Problem::new(Span::new(found..found + 1), "a tab cannot indent a line of YAML")
        .code(Code::Tab)
        .help("indent with spaces")
}

fn unclosed_quote(place: &Place<'_>) -> Problem {
    let problem = |span| {
        Problem::new(span, "this quoted text does not end where its value ends")
            .code(Code::Unclosed)
            .help("close the quote")
    };
    match place.open_quote() {
        Some(quote) => problem(quote).related(place.span, "the value has to end before this"),
        None => problem(place.span),
    }
}
