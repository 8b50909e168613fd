//! Tables as NebulaGraph draws them: a rule of `=` above and below the header, a rule of `-` below each row.

use unicode_width::UnicodeWidthStr;

use super::output::escaped;

/// `Status` is at least so wide, so that a table does not jump when a job goes from `failed` to `finished`.
const STATUS_WIDTH: usize = 8;

/// A table of texts.
#[derive(Debug)]
pub(super) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| escaped(&cell, &[])).collect());
    }

    /// The table, with a newline after each line.
    pub(super) fn render(&self) -> String {
        let widths = self.widths();
        let across = |letter: &str| letter.repeat(widths.iter().map(|width| width + 3).sum::<usize>() + 1) + "\n";
        let header: Vec<_> = self.header.iter().map(|name| (*name).to_owned()).collect();
        let mut text = across("=") + &line(&header, &widths) + &across("=");
        for row in &self.rows {
            text += &line(row, &widths);
            text += &across("-");
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let column = |at: usize, name: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
            let least = if name == "Status" { STATUS_WIDTH } else { name.width() };
            cells.max().unwrap_or(0).max(least)
        };
        self.header.iter().enumerate().map(|(at, name)| column(at, name)).collect()
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| {
        let fill = " ".repeat(width.saturating_sub(cell.width()));
        format!("| {cell}{fill} ")
    });
    padded.collect::<String>() + "|\n"
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

    #[test]
    fn s0_13_the_printed_tables_are_drawn_byte_for_byte() {
        for printed in PRINTED {
            let mut lines = printed.lines().filter(|line| line.starts_with('|')).map(cells);
            let mut table = Table { header: lines.next().unwrap(), rows: Vec::new() };
            lines.for_each(|row| table.row(row.into_iter().map(str::to_owned)));
            assert_eq!(table.render(), printed);
        }
    }

    #[test]
    fn a_cell_is_one_line_whatever_its_data_says() {
        let mut table = Table::new(&["Record"]);
        table.row(["a\u{1b}[31m\nb".to_owned()]);
        let shown = table.render();
        assert!(shown.contains(r"| a\u{1b}[31m\nb |") && shown.lines().count() == 5, "{shown}");
    }

    fn cells(line: &'static str) -> Vec<&'static str> {
        line.trim_matches('|').split('|').map(str::trim).collect()
    }
}
