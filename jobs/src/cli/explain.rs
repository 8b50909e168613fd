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
    pages.iter().map(|page| page.text).collect::<Vec<_>>().join("\n\n\n") + "\n"
}

fn document(page: &Page) -> Value {
    json!({ "name": page.name, "title": page.title, "page": page.text })
}
