//! `jobctl explain`: what a code or the name of an error means, and what to do about it.

use serde_json::{Value, json};

use super::arguments::Explain;
use super::exit::Exit;
use super::output::Output;
use super::table::Table;
use crate::explain::{Page, pages};

pub(super) fn run(verb: &Explain, output: &Output) -> Exit {
    match verb.names.as_slice() {
        [] => output.answer(table, || pages().map(|page| json!({ "name": page.name, "title": page.title })).collect()),
        names => output.answer_text(|| text(names), || names.iter().map(document).collect()),
    }
    Exit::Done
}

fn table() -> Table {
    let mut table = Table::new(&["Name", "Meaning"]);
    pages().for_each(|page| table.row([page.name.to_owned(), page.title.to_owned()]));
    table
}

fn text(pages: &[Page]) -> String {
    pages.iter().map(|page| plain(page.text)).collect::<Vec<_>>().join("\n\n")
}

/// A page without the fences of Markdown: what stands in them is indented.
fn plain(page: &str) -> String {
    let mut fenced = false;
    let mut text = String::with_capacity(page.len());
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let indent = if fenced && !line.is_empty() { "    " } else { "" };
        text.extend([indent, line, "\n"]);
    }
    text
}

fn document(page: &Page) -> Value {
    json!({ "name": page.name, "title": page.title, "page": page.text })
}
