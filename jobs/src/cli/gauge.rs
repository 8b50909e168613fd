//! The line of a step that runs: how far it is, how quick, how long it takes, and what it said last, as far as it fits.

use std::time::Duration;

use overnight_framework::execution::Counts;
use overnight_framework::monitor::Extent;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::progress::{grouped, per_second, summary};

/// How many characters of the bar stand for the whole.
const BAR: usize = 10;

/// Before this nobody can tell how quick a step is.
const SHORTEST: Duration = Duration::from_secs(1);

/// Fewer characters than these say nothing of a line of output.
const SHORTEST_SAID: usize = 8;

/// What is known of a step that runs.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    step: String,
    counts: Counts,
    /// How far its reader is, where that can be told: without it there is no bar.
    extent: Option<Extent>,
    /// Where the reader began: what was done before says nothing of how quick this run is.
    began: u64,
    /// The last line of its output.
    pub(super) said: Option<String>,
}

/// A part of the line, with the place where it stands.
type Part = (u8, String);

impl Gauge {
    /// Of a step that has just begun.
    pub(super) fn of(step: &str) -> Self {
        Self { step: step.to_owned(), ..Self::default() }
    }

    /// The reader is open, where it begins or goes on.
    pub(super) fn begin(&mut self, extent: Extent) {
        (self.extent, self.began) = (Some(extent), extent.done);
    }

    /// A chunk is committed.
    pub(super) fn go_on(&mut self, counts: Counts, extent: Option<Extent>) {
        (self.counts, self.extent) = (counts, extent.or(self.extent));
    }

    /// The line for a terminal of this width, after so much time. It leaves the last column free: a terminal that has written
    /// there may go to the next line.
    pub(super) fn line(&self, elapsed: Duration, width: usize) -> String {
        if self.step.is_empty() {
            return String::new();
        }
        let room = width.saturating_sub(1);
        let name = cut(&self.step, room);
        let mut left = room - name.width();
        let mut parts: Vec<Part> = vec![(0, name)];
        for part in self.parts(elapsed) {
            let needed = part.1.width() + 1;
            if needed <= left {
                left -= needed;
                parts.push(part);
            }
        }
        if let Some(said) = self.said.as_ref().filter(|_| left > SHORTEST_SAID) {
            parts.push((u8::MAX, cut(said, left - 1)));
        }
        parts.sort_by_key(|(place, _)| *place);
        parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ")
    }

    /// What there is to show beside the name, the most important first.
    fn parts(&self, elapsed: Duration) -> Vec<Part> {
        let mut parts = match self.extent {
            Some(extent) => vec![(2, percent(extent)), (5, self.remaining(extent, elapsed)), (1, bar(extent))],
            None => vec![(1, spinner(elapsed))],
        };
        if self.counts.read > 0 {
            parts.push((3, summary(self.counts)));
            parts.push((4, format!("{}/s", grouped(per_second(self.counts.read, elapsed)))));
        }
        parts.retain(|(_, text)| !text.is_empty());
        parts
    }

    /// How long the rest takes, if it goes on as this run did so far.
    fn remaining(&self, extent: Extent, elapsed: Duration) -> String {
        let done = extent.done.saturating_sub(self.began);
        if done == 0 || elapsed < SHORTEST {
            return String::new();
        }
        let rest = u128::from(extent.of.saturating_sub(extent.done));
        let seconds = elapsed.as_millis() * rest / u128::from(done) / 1_000;
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { format!("eta {hours}:{minutes:02}:{seconds:02}") } else { format!("eta {minutes}:{seconds:02}") }
    }
}

fn percent(extent: Extent) -> String {
    format!("{:3}%", share(extent, 100))
}

fn bar(extent: Extent) -> String {
    let full = usize::try_from(share(extent, BAR as u64)).unwrap_or(BAR);
    format!("[{}{}]", "#".repeat(full), "-".repeat(BAR.saturating_sub(full)))
}

/// So many of `whole` are done; all of nothing is everything.
fn share(extent: Extent, whole: u64) -> u64 {
    let share = u128::from(extent.done.min(extent.of)) * u128::from(whole) / u128::from(extent.of.max(1));
    if extent.of == 0 { whole } else { u64::try_from(share).unwrap_or(whole) }
}

fn spinner(elapsed: Duration) -> String {
    let frames = ['-', '\\', '|', '/'];
    let frame = usize::try_from(elapsed.as_millis() / 100).unwrap_or_default() % frames.len();
    frames.get(frame).map(char::to_string).unwrap_or_default()
}

/// The text, or as much of it as has room, with a mark that there is more.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let fits = |letter: &char| {
        let width = letter.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let kept: String = text.chars().take_while(fits).collect();
    if room == 0 { String::new() } else { kept + "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge() -> Gauge {
        let mut gauge = Gauge::of("load");
        gauge.begin(Extent { done: 0, of: 1_000 });
        let counts = Counts { read: 4_200, write: 4_000, ..Counts::default() };
        gauge.go_on(counts, Some(Extent { done: 420, of: 1_000 }));
        gauge
    }

    #[test]
    fn the_line_shows_all_there_is_room_for_and_the_important_first() {
        let line = |width| gauge().line(Duration::from_secs(42), width);
        assert_eq!(line(80), "load [####------]  42% 4,200 read, 4,000 written 100/s eta 0:58");
        assert_eq!(line(40), "load [####------]  42% 100/s eta 0:58");
        assert_eq!(line(20), "load  42% eta 0:58");
        assert_eq!(
            (line(10), line(4), line(1), line(0)),
            ("load  42%".into(), "lo…".into(), String::new(), String::new())
        );
    }

    #[test]
    fn no_line_is_wider_than_its_terminal() {
        let said =
            Gauge { said: Some("四半期の締め処理 finished the ledger of the branch".to_owned()), ..gauge() };
        let long = Gauge { step: "名前".repeat(30), ..gauge() };
        for width in 0..120 {
            for gauge in [&said, &long, &gauge()] {
                let line = gauge.line(Duration::from_secs(5_000), width);
                assert!(line.width() <= width.saturating_sub(1), "{width}: {line}");
            }
        }
    }

    #[test]
    fn the_last_words_of_a_step_stand_in_its_line() {
        let said = Gauge { said: Some("copied 12 of 40 files".to_owned()), ..Gauge::of("fetch") };
        assert_eq!(said.line(Duration::from_millis(200), 60), "fetch | copied 12 of 40 files");
        assert_eq!(said.line(Duration::from_millis(200), 20), "fetch | copied 12 …");
    }

    #[test]
    fn a_step_that_goes_on_begins_its_bar_where_it_stood_and_is_as_quick_as_this_run_alone() {
        let mut gauge = Gauge::of("load");
        gauge.begin(Extent { done: 500, of: 1_000 });
        assert_eq!(gauge.line(Duration::ZERO, 60), "load [#####-----]  50%");
        gauge.go_on(Counts::default(), Some(Extent { done: 600, of: 1_000 }));
        assert_eq!(gauge.line(Duration::from_secs(10), 60), "load [######----]  60% eta 0:40");
    }

    #[test]
    fn an_empty_file_is_read_to_its_end() {
        assert_eq!(
            (percent(Extent { done: 0, of: 0 }), bar(Extent { done: 0, of: 0 })),
            ("100%".into(), "[##########]".into())
        );
    }
}
