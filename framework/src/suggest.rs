//! The nearest right spelling of a wrong name.

/// How alike two names must be for one to be offered for the other: at 0.8 of Jaro-Winkler `retyr` finds `retry`, and
/// `chunksize` does not find `checkpoint`.
const LIKENESS: f64 = 0.8;

/// The one of `names` that `wrong` most likely meant, if any is near enough.
///
/// ```
/// use overnight_framework::suggest::nearest;
///
/// assert_eq!(nearest("retyr", ["timeout", "retry"]), Some("retry"));
/// assert_eq!(nearest("x", ["timeout", "retry"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}
