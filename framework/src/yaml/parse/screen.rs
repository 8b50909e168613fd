//! Refuses characters that have no place in a text file, before anything is parsed or shown.

use crate::yaml::{Code, Problem, Span};

/// The first character that YAML does not allow as it stands.
pub(super) fn refused_character(text: &str) -> Option<Problem> {
    if text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return None;
    }
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let follows = characters.peek().map(|(_, next)| *next);
        if let Some((message, help)) = refusal(c, follows) {
            return Some(Problem::new(Span::new(at..at + c.len_utf8()), message).code(Code::Character).help(help));
        }
    }
    None
}

fn refusal(c: char, follows: Option<char>) -> Option<(String, String)> {
    let (message, help) = match c {
        '\0' => ("a NUL byte is no text".to_owned(), "save the file as UTF-8 text".to_owned()),
        '\r' if follows != Some('\n') => {
            let help = "end lines with a line feed, alone or after a carriage return";
            ("a carriage return without a line feed does not end a line".to_owned(), help.to_owned())
        }
        '\t' | '\r' | '\n' | '\u{85}' => return None,
        '\u{feff}' => {
            let help = "a byte order mark may only be the first character of a file; remove this one";
            ("a byte order mark inside the file is not allowed".to_owned(), help.to_owned())
        }
        c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
            let code = u32::from(c);
            let escape = if code < 0x100 { format!("\\x{code:02x}") } else { format!("\\u{code:04x}") };
            (
                format!("the control character U+{code:04X} is not allowed"),
                format!("write it as \"{escape}\" in a double-quoted text"),
            )
        }
        _ => return None,
    };
    Some((message, help))
}
