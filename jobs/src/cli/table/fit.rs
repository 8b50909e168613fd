//! How a table fits a terminal: texts are cut, the longest first, then times are left out. What does not fit even so is no table.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Kind;

/// Fewer letters of a text say nothing.
const LEAST_TEXT: usize = 8;

/// Fewer letters of a header are not understood.
const LEAST_HEADER: usize = 6;

/// What a column needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub(super) kind: Kind,
    pub(super) header: usize,
    /// The widest of its cells.
    pub(super) cells: usize,
}

impl Need {
    /// The width at which nothing is cut.
    pub(super) fn whole(self) -> usize {
        self.header.max(self.cells)
    }

    /// What is left of it at last: an id, a status or a time is never cut.
    fn least(self) -> usize {
        let cells = if self.kind == Kind::Text { self.cells.min(LEAST_TEXT) } else { self.cells };
        cells.max(self.header.min(LEAST_HEADER))
    }
}

/// A column that is shown, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) width: usize,
}

/// The widest line that columns of these widths make.
pub(super) fn total(places: &[Place]) -> usize {
    places.iter().map(|place| place.width + 3).sum::<usize>() + 1
}

/// The places of the columns on a terminal of so many columns. Times are left out, the last first, only where `may_omit`.
/// `None` where there is not enough room.
pub(super) fn places(needs: &[Need], limit: usize, may_omit: bool) -> Option<Vec<Place>> {
    let mut shown: Vec<_> = (0..needs.len()).collect();
    loop {
        let chosen: Vec<_> = shown.iter().filter_map(|at| Some((*at, *needs.get(*at)?))).collect();
        if let Some(places) = shrunk(&chosen, limit) {
            return Some(places);
        }
        let last_time = chosen.iter().rposition(|(_, need)| need.kind == Kind::Time).filter(|_| may_omit)?;
        shown.remove(last_time);
    }
}

/// All of these columns, the widest ones cut until they fit.
fn shrunk(columns: &[(usize, Need)], limit: usize) -> Option<Vec<Place>> {
    // What is wider than the terminal is cut in any case.
    let place = |(at, need): &(usize, Need)| Place { at: *at, width: need.whole().min(limit.max(need.least())) };
    let mut places: Vec<_> = columns.iter().map(place).collect();
    while total(&places) > limit {
        let shrinkable = places.iter_mut().zip(columns).filter(|(place, (_, need))| place.width > need.least());
        let (widest, _) = shrinkable.max_by_key(|(place, _)| place.width)?;
        widest.width -= 1;
    }
    Some(places)
}

/// A text in so many columns of a terminal, with a mark where it was cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let mut used = 0;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used <= room
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    // Together, letters may be wider than one by one, as an emoji is with the mark that makes it one.
    while kept.width() > room {
        kept.pop();
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of `jobctl show`.
    fn show(id: usize, command: usize) -> [Need; 5] {
        let need = |kind, header, cells| Need { kind, header, cells };
        [
            need(Kind::Id, 14, id),
            need(Kind::Text, 13, command),
            need(Kind::Status, 6, 8),
            need(Kind::Time, 10, 20),
            need(Kind::Time, 9, 20),
        ]
    }

    fn widths(needs: &[Need], limit: usize, may_omit: bool) -> Option<Vec<usize>> {
        places(needs, limit, may_omit).map(|places| places.iter().map(|place| place.width).collect())
    }

    #[test]
    fn what_fits_is_not_cut() {
        assert_eq!(widths(&show(4, 9), 91, true), Some(vec![14, 13, 8, 20, 20]));
    }

    #[test]
    fn the_longest_text_is_cut_and_then_the_headers() {
        assert_eq!(widths(&show(4, 500), 100, true), Some(vec![14, 22, 8, 20, 20]));
        assert_eq!(widths(&show(4, 500), 80, true), Some(vec![8, 8, 8, 20, 20]));
    }

    #[test]
    fn the_last_times_are_left_out_where_nobody_asked_for_them() {
        assert_eq!(widths(&show(4, 9), 60, true), Some(vec![10, 9, 8, 20]));
        assert_eq!(widths(&show(4, 9), 40, true), Some(vec![11, 11, 8]));
        assert_eq!(widths(&show(4, 9), 60, false), None);
        for limit in [0, 1, 20] {
            assert_eq!(widths(&show(4, 9), limit, true), None);
        }
    }

    #[test]
    fn every_table_that_fits_is_as_narrow_as_the_terminal() {
        for limit in 0..200 {
            if let Some(places) = places(&show(7, 120), limit, true) {
                assert!(total(&places) <= limit, "{limit}: {places:?}");
            }
        }
    }

    #[test]
    fn a_text_is_cut_where_a_letter_ends_and_wide_letters_count_twice() {
        for (text, short) in [
            ("abcdef", "abcdef"),
            ("abcdefg", "abcde…"),
            ("日本語", "日本語"),
            ("日本語です", "日本…"),
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}"),
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}…"),
            ("❤️❤️❤️❤️", "❤️❤️❤…"),
        ] {
            assert_eq!(cut(text, 6), short);
            assert!(cut(text, 6).width() <= 6);
        }
        assert_eq!((cut("abc", 1), cut("日", 1), cut("日", 0)), ("…".into(), "…".into(), "…".into()));
    }
}
