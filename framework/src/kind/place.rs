//! Where a name stands in the text of an expression.

use std::ops::Range;

/// Every place where `text` says the first two parts of `path`: `steps.load`, `steps['load']`. In a text with `${{ }}` only
/// what stands behind the first of them counts.
pub(super) fn places_of(text: &str, path: &[&str]) -> Vec<Range<usize>> {
    let begin = text.find("${{").unwrap_or_default();
    let forms = match path {
        [] => Vec::new(),
        [name] => vec![(*name).to_owned()],
        [root, name, ..] => vec![format!("{root}.{name}"), format!("{root}['{name}']"), format!("{root}[\"{name}\"]")],
    };
    let mut places: Vec<_> = forms.iter().flat_map(|form| whole_words(text, begin, form)).collect();
    places.sort_by_key(|place| place.start);
    places
}

fn whole_words<'a>(text: &'a str, begin: usize, form: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let found = text.get(begin..).unwrap_or_default().match_indices(form);
    found.map(move |(at, _)| begin + at..begin + at + form.len()).filter(move |place| {
        let before = text.get(..place.start).and_then(|before| before.chars().next_back());
        let behind = text.get(place.end..).and_then(|behind| behind.chars().next());
        let is_end = form.ends_with(']') || !behind.is_some_and(is_word);
        is_end && !before.is_some_and(|letter| is_word(letter) || letter == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(text: &'a str, path: &[&str]) -> Vec<&'a str> {
        places_of(text, path).into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn a_name_is_found_in_all_its_forms_and_in_no_longer_name() {
        let text = "steps.load.file + steps['load'].rows + steps.loader.file + my.steps.load";
        assert_eq!(found(text, &["steps", "load", "file"]), ["steps.load", "steps['load']"]);
        assert_eq!(found("amount + amount_2", &["amount"]), ["amount"]);
    }

    #[test]
    fn words_before_the_first_expression_are_no_names() {
        assert_eq!(places_of("steps.load: ${{ steps.load.file }}", &["steps", "load"]), [16..26]);
    }
}
