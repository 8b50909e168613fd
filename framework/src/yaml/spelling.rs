//! The nearest right spelling of a word.

/// The likeness from which on a word counts as meant.
const MEANT: f64 = 0.8;

/// The candidate most like `word`, where one is like enough to be what was meant: a Jaro-Winkler likeness of at least
/// 0.8, or one slip in a word of three letters or more, which that measure misses in the shortest words.
///
/// ```
/// use overnight_framework::yaml::nearest;
///
/// assert_eq!(nearest("retyr", ["retry", "when"]), Some("retry"));
/// assert_eq!(nearest("cvs", ["csv", "sql"]), Some("csv"));
/// assert_eq!(nearest("chunksize", ["retry", "when"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison is quadratic, and nobody misspells a key of this length.
    if word.len() > 200 {
        return None;
    }
    let likeness = |candidate: &'a str| {
        let likeness = strsim::jaro_winkler(word, candidate);
        let is_slip = word.len() >= 3 && strsim::osa_distance(word, candidate) == 1;
        (if is_slip { likeness.max(MEANT) } else { likeness }, candidate)
    };
    let best = candidates.into_iter().map(likeness).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= MEANT).then_some(best.1)
}

/// `a`, `b` and `c` in back quotes, as a sentence has them.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
