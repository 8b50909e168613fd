//! Words as a shell takes them, for commands that people copy.

/// A word as a shell takes it whole. What would not come through a terminal as it is, or would end the back quotes around a
/// command in a message, stands there by its number.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+,=".contains(letter);
    let needs_none = !word.is_empty() && word.chars().all(is_plain);
    if needs_none {
        return word.to_owned();
    }
    let needs_number = |letter: char| letter == '`' || letter.is_ascii_control() && !matches!(letter, '\n' | '\t');
    match word.contains(needs_number) {
        false => format!("'{}'", word.replace('\'', r"'\''")),
        true => format!("$'{}'", word.chars().map(|letter| numbered(letter, needs_number)).collect::<String>()),
    }
}

/// A character between the quotes of `$'…'`.
fn numbered(letter: char, needs_number: impl Fn(char) -> bool) -> String {
    match letter {
        '\\' | '\'' => format!("\\{letter}"),
        // Three digits: after fewer a digit that follows would be one of them.
        _ if needs_number(letter) => format!("\\{:03o}", u32::from(letter)),
        _ => letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_for_a_shell_and_for_the_back_quotes_of_a_message() {
        for (word, written) in [
            ("jobs/end-of-day.yaml", "jobs/end-of-day.yaml"),
            ("", "''"),
            ("it's late", r"'it'\''s late'"),
            ("a`b's", r"$'a\140b\'s'"),
            ("red\u{1b}[31m\\", r"$'red\033[31m\\'"),
        ] {
            assert_eq!(quoted(word), written);
        }
    }
}
