//! The nearest right spelling of a wrong name.

/// How alike two names must be for one to be offered for the other.
const LIKENESS: f64 = 0.8;

/// Longer words are not compared: the comparison is quadratic, and nobody misspells a name of this length.
const LONGEST: usize = 200;

/// The one of `names` that `wrong` most likely meant, if any is near enough: a Jaro-Winkler likeness of at least 0.8 whatever the
/// letter case, or one slip in a word of three letters or more, which that measure misses in the shortest words.
///
/// ```
/// use overnight_framework::suggest::nearest;
///
/// assert_eq!(nearest("retyr", ["timeout", "retry"]), Some("retry"));
/// assert_eq!(nearest("cvs", ["csv", "sql"]), Some("csv"));
/// assert_eq!(nearest("chunksize", ["timeout", "retry"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_lowercase();
    let ranked = names.into_iter().map(|name| (likeness(&wrong, &name.to_lowercase()), name));
    let near = ranked.filter(|(likeness, _)| *likeness >= LIKENESS);
    near.max_by(|(left, _), (right, _)| left.total_cmp(right)).map(|(_, name)| name)
}

fn likeness(wrong: &str, name: &str) -> f64 {
    let likeness = strsim::jaro_winkler(wrong, name);
    let is_slip = wrong.len() >= 3 && strsim::osa_distance(wrong, name) == 1;
    if is_slip { likeness.max(LIKENESS) } else { likeness }
}
