//! Tables as NebulaGraph draws them: a rule of `=` above and below the header, a rule of `-` below each row.

use unicode_width::UnicodeWidthStr;

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
        self.rows.push(cells.into_iter().collect());
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
