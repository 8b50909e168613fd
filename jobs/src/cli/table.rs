//! Tables as NebulaGraph draws them: a rule of `=` above and below the header, a rule of `-` below each row.

use clap::builder::styling::{AnsiColor, Style};
use overnight_framework::status::Word;
use overnight_framework::yaml::Paint;
use unicode_width::UnicodeWidthStr;

use super::answer::Head;
use super::output::escaped;

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
}

impl Default for Look {
    fn default() -> Self {
        Self { has_headers: true, paint: Paint::Plain }
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
        if look.has_headers { self.framed(look.paint) } else { self.bare(look.paint) }
    }

    fn framed(&self, paint: Paint) -> String {
        let widths = self.widths(|head| if head.kind == Kind::Status { STATUS_WIDTH } else { head.name.width() });
        let across = |letter: &str| letter.repeat(widths.iter().map(|width| width + 3).sum::<usize>() + 1) + "\n";
        let header: Vec<_> = self.heads.iter().zip(&widths).map(|(head, width)| filled(head.name, *width)).collect();
        let mut text = across("=") + &framed(&header) + &across("=");
        let rule = across("-");
        for row in &self.rows {
            text += &framed(&self.cells(row, &widths, paint));
            text += &rule;
        }
        text
    }

    /// The rows alone, for programs that read lines.
    fn bare(&self, paint: Paint) -> String {
        let widths = self.widths(|_| 0);
        let line = |row: &Vec<String>| self.cells(row, &widths, paint).join(GAP).trim_end().to_owned() + "\n";
        self.rows.iter().map(line).collect()
    }

    /// The widths of the columns, of which each has a least one.
    fn widths(&self, least: impl Fn(&Head) -> usize) -> Vec<usize> {
        let cells = |at: usize| self.rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.width());
        self.heads.iter().enumerate().map(|(at, head)| cells(at).max().unwrap_or(0).max(least(head))).collect()
    }

    /// The cells of a row at their widths. Colours come last: they are no letters.
    fn cells(&self, row: &[String], widths: &[usize], paint: Paint) -> Vec<String> {
        let cells = self.heads.iter().zip(row).zip(widths);
        cells.map(|((head, cell), width)| painted(&filled(cell, *width), head.kind, paint)).collect()
    }
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
        let kind = if name == "Status" { Kind::Status } else { Kind::Text };
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
