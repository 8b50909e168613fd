//! `jobctl explain`: what a code or the name of an error means, and what to do about it.

use serde_json::{Value, json};

use super::answer::{Answer, Column, Shape, View};
use super::arguments::Explain;
use super::exit::Exit;
use super::output::Output;
use super::table::Kind;
use crate::explain::{Page, pages};

pub(super) fn run(verb: &Explain, output: &Output) -> Exit {
    if verb.names.is_empty() {
        output.answer(&Contents(pages().collect()));
    } else {
        output.answer(&Pages(verb.names.clone()));
    }
    Exit::Done
}

/// Everything that can be explained.
pub(super) struct Contents(Vec<Page>);

const COLUMNS: [Column<Page>; 2] = [
    Column::new("Name", &["name"], Kind::Id, |page, _| page.name.to_owned()),
    Column::new("Meaning", &["title"], Kind::Text, |page, _| page.title.to_owned()),
];

impl Answer for Contents {
    fn shape() -> Shape {
        Shape::of(&COLUMNS).with_names()
    }

    fn text(&self, view: &View) -> String {
        view.table(&COLUMNS, &self.0)
    }

    fn json(&self) -> Value {
        self.0.iter().map(|page| json!({ "name": page.name, "title": page.title })).collect()
    }

    fn names(&self) -> Vec<String> {
        names(&self.0)
    }
}

/// What was asked for.
pub(super) struct Pages(Vec<Page>);

impl Answer for Pages {
    fn shape() -> Shape {
        Shape::text(&["name", "title", "page"]).with_names()
    }

    fn text(&self, _: &View) -> String {
        self.0.iter().map(|page| plain(page.text)).collect::<Vec<_>>().join("\n\n")
    }

    fn json(&self) -> Value {
        let document = |page: &Page| json!({ "name": page.name, "title": page.title, "page": page.text });
        self.0.iter().map(document).collect()
    }

    fn names(&self) -> Vec<String> {
        names(&self.0)
    }
}

fn names(pages: &[Page]) -> Vec<String> {
    pages.iter().map(|page| page.name.to_owned()).collect()
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
