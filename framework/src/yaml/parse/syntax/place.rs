//! The text around the place where the parser stopped, and what it tells about the mistake.

use crate::yaml::source::offset;
use crate::yaml::{Code, Problem, Span};

/// Where the parser stopped.
pub(super) struct Place<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// The character there, or the last one of the file.
    pub(super) span: Span,
    /// The line up to there, and from there on.
    pub(super) before: &'a str,
    pub(super) rest: &'a str,
}

impl<'a> Place<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        let at = at.min(text.trim_end().len());
        let start = text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |line| line + 1);
        let before = text.get(start..at).unwrap_or_default();
        let rest = text.get(at..).unwrap_or_default();
        let rest = rest.split(['\r', '\n']).next().unwrap_or_default();
        let length = rest.chars().next().map_or(0, char::len_utf8);
        Self { text, at, span: Span::new(at..at + length), before, rest }
    }

    /// The value that began last on this line and holds the place, with its offset.
    fn value(&self) -> (usize, &'a str) {
        let line_start = self.at - self.before.len();
        let begin = |marker: &str| self.before.rfind(marker).map(|found| found + marker.len());
        let from = begin(": ").into_iter().chain(begin("- ")).max().unwrap_or_default();
        let line = self.text.get(line_start + from..).unwrap_or_default();
        let line = line.split(['\r', '\n']).next().unwrap_or_default();
        let value = line.trim_start();
        (line_start + from + (line.len() - value.len()), value.trim_end())
    }

    /// A value that had to be quoted, told by its first character.
    pub(super) fn broken_value(&self) -> Option<Problem> {
        let (start, value) = self.value();
        let reason = match value.chars().next()? {
            '*' => "quote it: a leading * is a YAML alias",
            '&' => "quote it: a leading & is a YAML anchor",
            '!' => "quote it: a leading ! is a YAML tag",
            '@' => "quote it: YAML reserves a leading @",
            '`' => "quote it: YAML reserves a leading back quote",
            '%' => "quote it: YAML reserves a leading %",
            '>' => "quote it: a leading > starts a block of text",
            '|' => "quote it: a leading | starts a block of text",
            '?' if self.at == start => "quote it: a leading ? starts a key",
            '[' if ended_before(value, ']', self.at - start) => "quote it: a leading [ starts a list",
            '{' if ended_before(value, '}', self.at - start) => "quote it: a leading { starts a mapping",
            '"' | '\'' if self.trails_quotes(start) => "put the whole value into one pair of quotes",
            _ if self.before.ends_with('$') && self.rest.starts_with("{{") => {
                return Some(self.expression_in_brackets());
            }
            _ => return None,
        };
        let span = Span { start: offset(start), end: offset(start + value.len()) };
        Some(Problem::new(span, "this value cannot stand without quotes").code(Code::NeedsQuotes).help(reason))
    }

    /// From the place to the end of its line.
    pub(super) fn rest_of_line(&self) -> Span {
        Span::new(self.at..self.at + self.rest.trim_end().len())
    }

    /// Whether the place is behind the closing quote of a value.
    fn trails_quotes(&self, start: usize) -> bool {
        let value = self.text.get(start..self.at).unwrap_or_default().trim_end();
        let mut characters = value.chars();
        let quote = characters.next();
        quote.is_some() && value.len() > 1 && characters.next_back() == quote && !self.rest.starts_with(':')
    }

    fn expression_in_brackets(&self) -> Problem {
        let end = self.rest.find("}}").map_or(self.rest.len(), |end| end + 2);
        let span = Span { start: offset(self.at - 1), end: offset(self.at + end) };
        let leads = ["[", "{", ",", ": ", "\":", "':"];
        let begins = leads.iter().filter_map(|lead| Some(self.before.rfind(lead)? + lead.len()));
        let start = self.at - self.before.len() + begins.max().unwrap_or_default();
        let whole = self.text.get(start..self.at + end_of_item(self.rest)).unwrap_or_default().trim();
        Problem::new(span, "an expression inside [ ] or { } cannot stand without quotes")
            .code(Code::NeedsQuotes)
            .help(format!("quote it: {}", quoted(whole)))
    }

    /// A comma in brackets with nothing before it.
    pub(super) fn stray_comma(&self) -> Option<Problem> {
        let is_stray = |at: usize| {
            let before = self.text.get(..at)?.trim_end();
            let is_comma = self.text.get(at..)?.starts_with(',') && before.ends_with(['[', '{', ',']);
            is_comma.then(|| Span::new(at..at + 1))
        };
        let last = self.text.get(..self.at).and_then(|before| before.trim_end().len().checked_sub(1));
        let span = is_stray(self.at).or_else(|| is_stray(last?))?;
        let problem = Problem::new(span, "nothing stands before this comma").code(Code::Syntax);
        Some(problem.help("leave it out, or write what belongs there"))
    }

    /// A key that stands left of the other keys of its item of a list.
    pub(super) fn key_left_of_its_item(&self) -> Option<Problem> {
        let line = self.text.get(self.at - self.before.len()..self.at + self.rest.len())?;
        let (key, _) = line.trim_start().split_once(':')?;
        let column = line.len() - line.trim_start().len();
        let above = self.text.get(..self.at - self.before.len())?.lines().rev();
        // The item is the nearest one that begins left of the key; those further right are of lists within it.
        let mut items = above.filter_map(|above| {
            let item = above.trim_start().strip_prefix("- ")?;
            let dash = above.len() - above.trim_start().len();
            (dash <= column).then(|| (above.len() - item.trim_start().len(), item.trim_start()))
        });
        let (wanted, item) = items.next()?;
        let has_keys = item.split_once(':').is_some_and(|(first, _)| is_word(first));
        if !has_keys || !is_word(key) || column >= wanted {
            return None;
        }
        let at = self.at - self.before.len() + column;
        Some(
            Problem::new(Span::new(at..at + key.len()), "this key stands left of the item that it belongs to")
                .code(Code::Syntax)
                .help(format!("indent it like the other keys of the item, to column {}", wanted + 1)),
        )
    }

    /// The line above, where it stands beside this one and is no key because its colon has no blank behind it, or is not there.
    pub(super) fn line_above_without_colon(&self) -> Option<Problem> {
        let start = self.at - self.before.len();
        let above = self.text.get(..start)?.trim_end();
        let (begin, line) =
            above.rfind('\n').map_or((0, above), |end| (end + 1, above.get(end + 1..).unwrap_or_default()));
        let indent = |line: &str| line.len() - line.trim_start().len();
        let item = line.trim_start_matches([' ', '-']);
        if item.is_empty()
            || item.starts_with('#')
            || line.len() - item.len() != indent(self.before)
            || item.contains(": ")
        {
            return None;
        }
        let at = begin + line.len() - item.len();
        Some(match item.split_once(':') {
            Some((key, value)) if is_word(key) && !value.starts_with("//") => unspaced(at, key, value),
            Some(_) => return None,
            None => Problem::new(Span::new(at..at + item.len()), "this line is not `key: value`")
                .code(Code::Syntax)
                .help("is a colon missing?"),
        })
    }

    /// A key on this line whose colon has a bracket behind it and no blank.
    pub(super) fn colon_before_bracket(&self) -> Option<Problem> {
        let item = self.before.trim_start_matches([' ', '-']);
        let colon = [":{", ":["].iter().filter_map(|slip| item.find(slip)).min()?;
        let (key, value) = (item.get(..colon)?, item.get(colon + 1..)?);
        let at = self.at - item.len();
        is_word(key).then(|| unspaced(at, key, value))
    }

    /// The quote that was opened last before the place, for texts that never end.
    pub(super) fn open_quote(&self) -> Option<Span> {
        let before = self.text.get(..self.at)?;
        let starts = ["\"", "'"].iter().flat_map(|quote| {
            [": ", "- ", "[", ", ", "{"].iter().filter_map(move |lead| {
                let found = before.rfind(&format!("{lead}{quote}"))?;
                Some(found + lead.len())
            })
        });
        starts.max().map(|start| Span::new(start..start + 1))
    }
}

/// A text in the quotes that change nothing in it.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

/// How far an item in brackets goes that begins with an expression.
fn end_of_item(rest: &str) -> usize {
    let mut at = 0;
    loop {
        let part = rest.get(at..).unwrap_or_default();
        let stops = [part.find([',', '}', ']']), part.find(" #")];
        let stop = stops.into_iter().flatten().min().unwrap_or(part.len());
        match part.find("{{").filter(|open| *open < stop) {
            None => return at + stop,
            Some(open) => {
                let inside = part.get(open..).unwrap_or_default();
                at += open + inside.find("}}").map_or(inside.len(), |end| end + 2);
            }
        }
    }
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'))
}

/// A key at `at` whose colon has no blank behind it.
fn unspaced(at: usize, key: &str, value: &str) -> Problem {
    let begin: String =
        value.chars().take_while(|letter| letter.is_alphanumeric() || "{[_-".contains(*letter)).take(20).collect();
    Problem::new(Span::new(at + key.len()..at + key.len() + 1), "a colon makes a key only with a blank behind it")
        .code(Code::Syntax)
        .help(format!("write `{key}: {}`", if begin.is_empty() { "…" } else { &begin }))
}

/// Whether a bracketed value is closed before the place, so that something stands behind it.
fn ended_before(value: &str, close: char, place: usize) -> bool {
    value.get(..place).is_some_and(|before| before.trim_end().ends_with(close))
}
