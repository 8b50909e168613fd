//! Tables as NebulaGraph draws them: a rule of `=` above and below the header, a rule of `-` below each row. On a terminal they fit it.

mod fit;

use clap::builder::styling::{AnsiColor, Style};
use overnight_framework::status::Word;
use overnight_framework::yaml::Paint;
use unicode_width::UnicodeWidthStr;

use super::answer::Head;
use super::output::escaped;

use self::fit::{Need, Place, cut};

/// `Status` is at least so wide, so that a table does not jump when a job goes from `failed` to `finished`.
const STATUS_WIDTH: usize = 8;

/// What stands between two columns without a frame.
const GAP: &str = "   ";

/// What the cells of a column say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a row is called, or a number: of no use when it is cut.
    Id,
    /// The word of a status.
    Status,
    /// A time.
    Time,
    /// Words, of which the first ones say most.
    Text,
}

/// What a table looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Without them only the rows are left, a line each.
    pub(super) has_headers: bool,
    pub(super) paint: Paint,
    /// How many columns the terminal has now; none where it is none, and nothing is cut.
    pub(super) width: fn() -> Option<usize>,
    /// Whether columns may be left out where there is no room for them, because nobody asked for them.
    pub(super) may_omit: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { has_headers: true, paint: Paint::Plain, width: || None, may_omit: true }
    }
}

/// A table of texts.
#[derive(Debug)]
pub(super) struct Table {
    heads: Vec<Head>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heads: impl IntoIterator<Item = Head>) -> Self {
        Self { heads: heads.into_iter().collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| escaped(&cell, &[])).collect());
    }

    /// The table, with a newline after each line.
    pub(super) fn render(&self, look: &Look) -> String {
        let needs = self.needs(look.has_headers);
        let whole = || needs.iter().enumerate().map(|(at, need)| Place { at, width: need.whole() }).collect();
        let places = match (look.width)() {
            Some(limit) => match fit::places(&needs, limit, look.may_omit) {
                Some(places) => places,
                None => return self.paragraphs(limit, look.paint),
            },
            None => whole(),
        };
        if look.has_headers { self.framed(&places, look.paint) } else { self.bare(&places, look.paint) }
    }

    fn framed(&self, places: &[Place], paint: Paint) -> String {
        let across = |letter: &str| letter.repeat(fit::total(places)) + "\n";
        let header = |place: &Place| Some(filled(&named(self.heads.get(place.at)?, place.width), place.width));
        let header: Vec<_> = places.iter().filter_map(header).collect();
        let mut text = across("=") + &framed(&header) + &across("=");
        let rule = across("-");
        for row in &self.rows {
            text += &framed(&self.cells(row, places, paint));
            text += &rule;
        }
        text
    }

    /// The rows alone, for programs that read lines.
    fn bare(&self, places: &[Place], paint: Paint) -> String {
        let line = |row: &Vec<String>| self.cells(row, places, paint).join(GAP).trim_end().to_owned() + "\n";
        self.rows.iter().map(line).collect()
    }

    /// A paragraph for each row, with what it says in lines of their own. Only texts are cut: the terminal breaks a longer id.
    fn paragraphs(&self, limit: usize, paint: Paint) -> String {
        let lead = self.heads.iter().map(|head| head.name.width()).max().unwrap_or(0);
        let room = limit.saturating_sub(lead + 2).max(1);
        let line = |(head, cell): (&Head, &String)| {
            let cell = if head.kind == Kind::Text { cut(cell, room) } else { cell.clone() };
            format!("{}  {}\n", filled(head.name, lead), painted(&cell, head.kind, paint))
        };
        let paragraph = |row: &Vec<String>| {
            let known = self.heads.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            known.map(line).collect::<String>()
        };
        self.rows.iter().map(paragraph).collect::<Vec<_>>().join("\n")
    }

    /// What each column needs.
    fn needs(&self, has_headers: bool) -> Vec<Need> {
        let cells = |at: usize| self.rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.width()).max();
        let need = |(at, head): (usize, &Head)| {
            let cells = cells(at).unwrap_or(0);
            match (has_headers, head.kind) {
                (false, kind) => Need { kind, header: 0, cells },
                (true, Kind::Status) => {
                    Need { kind: Kind::Status, header: STATUS_WIDTH, cells: cells.max(STATUS_WIDTH) }
                }
                (true, kind) => Need { kind, header: head.name.width(), cells },
            }
        };
        self.heads.iter().enumerate().map(need).collect()
    }

    /// The cells of a row at their places. Colours come last: they are no letters.
    fn cells(&self, row: &[String], places: &[Place], paint: Paint) -> Vec<String> {
        let cell = |place: &Place| {
            let (head, cell) = (self.heads.get(place.at)?, row.get(place.at)?);
            Some(painted(&filled(&cut(cell, place.width), place.width), head.kind, paint))
        };
        places.iter().filter_map(cell).collect()
    }
}

/// The name of a column in so many columns of a terminal.
fn named(head: &Head, width: usize) -> String {
    cut(if head.name.width() <= width { head.name } else { head.short_name() }, width)
}

fn framed(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn filled(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
}

/// A cell in the colour of its status.
fn painted(cell: &str, kind: Kind, paint: Paint) -> String {
    let word = cell.trim_end();
    match Word::from_filter(word).filter(|_| kind == Kind::Status && paint == Paint::Colour) {
        Some(status) => {
            let (style, fill) = (style(status), cell.get(word.len()..).unwrap_or_default());
            format!("{style}{word}{style:#}{fill}")
        }
        None => cell.to_owned(),
    }
}

fn style(status: Word) -> Style {
    let colour = match status {
        Word::Finished => AnsiColor::Green,
        Word::Failed => AnsiColor::Red,
        Word::Stopping | Word::Stopped | Word::Paused | Word::Cancelled => AnsiColor::Yellow,
        Word::Queued | Word::Starting | Word::Running => AnsiColor::Blue,
        Word::Unknown => AnsiColor::Magenta,
        Word::Discarded => AnsiColor::BrightBlack,
    };
    colour.on_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables as the manual of NebulaGraph prints them.
    const PRINTED: [&str; 5] = [
        "\
==============\n\
| New Job Id |\n\
==============\n\
| 40         |\n\
--------------\n\
",
        "\
=====================================================================================\n\
| Job Id(TaskId) | Command(Dest) | Status   | Start Time        | Stop Time         |\n\
=====================================================================================\n\
| 40             | flush nba     | finished | 12/17/19 17:21:30 | 12/17/19 17:21:30 |\n\
-------------------------------------------------------------------------------------\n\
| 40-0           | 192.168.8.5   | finished | 12/17/19 17:21:30 | 12/17/19 17:21:30 |\n\
-------------------------------------------------------------------------------------\n\
",
        "\
=============================================================================\n\
| Job Id | Command       | Status   | Start Time        | Stop Time         |\n\
=============================================================================\n\
| 22     | flush test2   | failed   | 12/06/19 14:46:22 | 12/06/19 14:46:22 |\n\
-----------------------------------------------------------------------------\n\
| 23     | compact test2 | stopped  | 12/06/19 15:07:09 | 12/06/19 15:07:33 |\n\
-----------------------------------------------------------------------------\n\
| 24     | compact test2 | stopped  | 12/06/19 15:07:11 | 12/06/19 15:07:20 |\n\
-----------------------------------------------------------------------------\n\
| 25     | compact test2 | stopped  | 12/06/19 15:07:13 | 12/06/19 15:07:24 |\n\
-----------------------------------------------------------------------------\n\
",
        "\
=========================\n\
| BACKUP Result         |\n\
=========================\n\
| backup 1 jobs 2 tasks |\n\
-------------------------\n\
",
        "\
==============\n\
| New Job Id |\n\
==============\n\
| 41         |\n\
--------------\n\
",
    ];

    fn head(name: &'static str) -> Head {
        let kind = match name {
            "Status" => Kind::Status,
            "Start Time" | "Stop Time" => Kind::Time,
            name if name.contains("Id") => Kind::Id,
            _ => Kind::Text,
        };
        Head { name, keys: &[], kind, is_wide: false }
    }

    fn drawn(printed: &'static str) -> Table {
        let mut lines = printed.lines().filter(|line| line.starts_with('|')).map(cells);
        let mut table = Table::new(lines.next().unwrap().into_iter().map(head));
        lines.for_each(|row| table.row(row.into_iter().map(str::to_owned)));
        table
    }

    #[test]
    fn s0_13_the_printed_tables_are_drawn_byte_for_byte() {
        for printed in PRINTED {
            assert_eq!(drawn(printed).render(&Look::default()), printed);
        }
    }

    #[test]
    fn on_a_terminal_the_texts_are_cut_then_the_times_left_out_then_there_is_no_table() {
        let on = |width: fn() -> Option<usize>| drawn(PRINTED[1]).render(&Look { width, ..Look::default() });
        assert_eq!(on(|| Some(85)), PRINTED[1]);
        for line in [
            "| Job Id | Command  | Status   | Start Time        | Stop Time         |",
            "| 40-0   | 192.168… | finished |",
        ] {
            assert!(on(|| Some(72)).contains(line), "{}", on(|| Some(72)));
        }
        assert!(on(|| Some(60)).contains("| Status   | Start Time        |\n"), "{}", on(|| Some(60)));
        let paragraphs = "\
Job Id(TaskId)  40\n\
Command(Dest)   flu…\n\
Status          finished\n\
Start Time      12/17/19 17:21:30\n\
Stop Time       12/17/19 17:21:30\n\
\n\
";
        assert!(on(|| Some(20)).starts_with(paragraphs), "{}", on(|| Some(20)));
    }

    #[test]
    fn without_headers_the_rows_are_lines() {
        let rows = "\
40     flush nba     finished   12/17/19 17:21:30   12/17/19 17:21:30\n\
40-0   192.168.8.5   finished   12/17/19 17:21:30   12/17/19 17:21:30\n\
";
        assert_eq!(drawn(PRINTED[1]).render(&Look { has_headers: false, ..Look::default() }), rows);
    }

    #[test]
    fn colours_change_nothing_but_the_words_of_a_status() {
        let painted = drawn(PRINTED[2]).render(&Look { paint: Paint::Colour, ..Look::default() });
        assert!(painted.contains("| \u{1b}[31mfailed\u{1b}[0m   |"), "{painted}");
        let plain = ["\u{1b}[31m", "\u{1b}[33m", "\u{1b}[0m"].iter().fold(painted, |text, code| text.replace(code, ""));
        assert_eq!(plain, PRINTED[2]);
    }

    #[test]
    fn a_cell_is_one_line_whatever_its_data_says() {
        let mut table = Table::new([head("Record")]);
        table.row(["a\u{1b}[31m\nb".to_owned()]);
        let shown = table.render(&Look::default());
        assert!(shown.contains(r"| a\u{1b}[31m\nb |") && shown.lines().count() == 5, "{shown}");
    }

    fn cells(line: &'static str) -> Vec<&'static str> {
        line.trim_matches('|').split('|').map(str::trim).collect()
    }
}
