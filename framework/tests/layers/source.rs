//! A Rust file, taken apart as far as the plan needs it: code without comments, texts and tests; and the texts by themselves.

use std::fs;
use std::path::Path;

pub(crate) struct Source {
    /// For people: `framework/src/row/value.rs`.
    pub(crate) place: String,
    /// For rules: `row/value`, the path below `src` without its ending.
    pub(crate) room: String,
    /// The file with everything blanked that is not code that runs; every line is where it was.
    pub(crate) code: String,
    /// The texts in that code, with their lines.
    pub(crate) texts: Vec<(usize, String)>,
}

impl Source {
    /// Every Rust file below a folder, in the order of their names.
    pub(crate) fn all_below(folder: &Path, crate_folder: &str) -> Vec<Self> {
        let mut files = Vec::new();
        collect(folder, &mut files);
        files.sort();
        let named = files.into_iter().filter_map(|file| {
            let below = file.strip_prefix(folder).ok()?.to_str()?.to_owned();
            let text = fs::read_to_string(&file).ok()?;
            Some(Self::new(crate_folder, &below, &text))
        });
        named.filter(|source| !source.is_a_test()).collect()
    }

    pub(crate) fn new(crate_folder: &str, below: &str, text: &str) -> Self {
        let mut parts = Parts::of(text);
        parts.blank_tests();
        Self {
            place: format!("{crate_folder}/src/{below}"),
            room: below.trim_end_matches(".rs").to_owned(),
            texts: parts.texts(),
            code: parts.code.into_iter().collect(),
        }
    }

    /// The line of a place in the code, counted from 1.
    pub(crate) fn line(&self, position: usize) -> usize {
        self.code.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
    }

    /// Where a word stands in the code by itself: `println!` does not stand in `eprintln!`.
    pub(crate) fn find<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).map(|(position, _)| position).filter(|position| {
            let before = self.code.get(..*position).and_then(|text| text.chars().next_back());
            !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        })
    }

    fn is_a_test(&self) -> bool {
        self.room.split('/').any(|part| part == "tests")
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The letters of a file: as code, with everything else blank, and as texts, with everything else blank.
struct Parts {
    code: Vec<char>,
    text: Vec<char>,
}

impl Parts {
    fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let blank: Vec<char> = letters.iter().map(|letter| if *letter == '\n' { '\n' } else { ' ' }).collect();
        let mut parts = Self { code: blank.clone(), text: blank };
        let mut at = 0;
        while at < letters.len() {
            let (kind, length) = token(&letters[at..], at.checked_sub(1).map(|before| letters[before]));
            let range = at..(at + length).min(letters.len());
            match kind {
                Kind::Code => parts.code[range.clone()].copy_from_slice(&letters[range.clone()]),
                Kind::Text => parts.text[range.clone()].copy_from_slice(&letters[range.clone()]),
                Kind::Comment => {}
            }
            at = range.end;
        }
        parts
    }

    /// Blanks every item under `#[cfg(test)]`.
    fn blank_tests(&mut self) {
        const MARK: [&str; 2] = ["#[cfg(test)]", "#[test]"];
        for mark in MARK {
            let mark: Vec<char> = mark.chars().collect();
            while let Some(start) = self.code.windows(mark.len()).position(|window| window == mark) {
                let end = start + mark.len() + length_of_item(&self.code[start + mark.len()..]);
                for letters in [&mut self.code, &mut self.text] {
                    letters[start..end].iter_mut().filter(|letter| **letter != '\n').for_each(|letter| *letter = ' ');
                }
            }
        }
    }

    fn texts(&self) -> Vec<(usize, String)> {
        let whole: String = self.text.iter().collect();
        let lines = whole.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned()));
        lines.filter(|(_, line)| !line.trim().is_empty()).collect()
    }
}

/// Up to the `;` or the `}` that ends the item.
fn length_of_item(code: &[char]) -> usize {
    let mut depth = 0_usize;
    for (index, letter) in code.iter().enumerate() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(letter, ';' | '}') {
            return index + 1;
        }
    }
    code.len()
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Text,
    Comment,
}

/// What stands at the beginning, and how long it is.
fn token(letters: &[char], before: Option<char>) -> (Kind, usize) {
    let in_a_word = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    match letters {
        ['/', '/', ..] => (Kind::Comment, letters.iter().position(|letter| *letter == '\n').unwrap_or(letters.len())),
        ['/', '*', ..] => (Kind::Comment, length_of_comment(letters)),
        ['"', ..] => (Kind::Text, length_of_text(letters)),
        ['r', '"' | '#', ..] if !in_a_word => raw_text(letters, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !in_a_word => raw_text(letters, 2),
        // A letter in quotes; one without a closing quote is a lifetime.
        ['\'', '\\', _, rest @ ..] => {
            (Kind::Code, 3 + rest.iter().position(|letter| *letter == '\'').map_or(0, |end| end + 1))
        }
        ['\'', _, '\'', ..] => (Kind::Comment, 3),
        _ => (Kind::Code, 1),
    }
}

fn length_of_comment(letters: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < letters.len() {
        match letters[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn length_of_text(letters: &[char]) -> usize {
    let mut at = 1;
    while at < letters.len() {
        match letters[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// `r#"…"#`, but `r#type` is a name.
fn raw_text(letters: &[char], prefix: usize) -> (Kind, usize) {
    let hashes = letters[prefix..].iter().take_while(|letter| **letter == '#').count();
    if letters.get(prefix + hashes) != Some(&'"') {
        return (Kind::Code, 1);
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let start = prefix + hashes + 1;
    let found = letters[start..].windows(end.len()).position(|window| window == end);
    (Kind::Text, found.map_or(letters.len(), |found| start + found + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("framework", "room.rs", text)
    }

    #[test]
    fn comments_and_texts_are_no_code() {
        let source = source("a(); // b()\n/* c() /* d() */ */ e(\"f()\", r#\"g(\"h\")\"#, 'i', b\"j\\\"\");\n");
        let code: String = source.code.split_whitespace().collect();
        assert_eq!(code, "a();e(,,,b);");
        assert_eq!(source.texts.len(), 1);
        assert!(source.texts[0].1.contains("g(\"h\")"));
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        let source = source("fn f<'a>(r#type: &'a str) -> &'a str { r#type }");
        assert_eq!(source.code, "fn f<'a>(r#type: &'a str) -> &'a str { r#type }");
    }

    #[test]
    fn quotes_in_letters_begin_no_text() {
        let source = source("let a = ['\"', '\\'', '\\u{22}', '{']; b();");
        assert!(source.code.ends_with("b();"));
        assert!(source.texts.is_empty());
    }

    #[test]
    fn items_under_cfg_test_are_left_out_and_lines_stay() {
        let source = source("a();\n#[cfg(test)]\nmod tests {\n    fn x() { \"S\"; }\n}\n#[cfg(test)]\nuse b;\nc();\n");
        assert_eq!(source.code.split_whitespace().collect::<String>(), "a();c();");
        assert_eq!(source.find("c()").map(|at| source.line(at)).collect::<Vec<_>>(), [8]);
        assert!(source.texts.is_empty());
    }

    #[test]
    fn a_word_inside_another_is_not_found() {
        let source = source("eprintln!(); println!();");
        assert_eq!(source.find("println!").collect::<Vec<_>>(), [13]);
    }
}
