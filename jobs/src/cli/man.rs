//! `jobctl man`: the manual as pages for `man`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::Command;
use clap_mangen::Man as Page;
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::Man;
use super::exit::{Exit, Failure};
use super::help;
use super::output::Output;

pub(super) fn run(verb: &Man, output: &Output) -> Result<Exit, Failure> {
    let mut command = help::command(true);
    command.build();
    match (&verb.dir, &verb.verb) {
        (Some(folder), _) => write_all(folder, &command, output),
        (None, Some(name)) => {
            let found = command.get_subcommands().find(|verb| verb.get_name() == name && !verb.is_hide_set());
            let verb = found.ok_or_else(|| help::nothing(std::slice::from_ref(name)))?;
            print(&page_of(verb), output)
        }
        (None, None) => print(&page_of_all(&command), output),
    }
}

fn print(page: &io::Result<Vec<u8>>, output: &Output) -> Result<Exit, Failure> {
    let page = page.as_ref().map_err(|error| Failure::new(Exit::Error, format!("cannot make the page: {error}")))?;
    output.print(&String::from_utf8_lossy(page));
    Ok(Exit::Done)
}

fn write_all(folder: &Path, command: &Command, output: &Output) -> Result<Exit, Failure> {
    let failed =
        |error: io::Error| Failure::new(Exit::Error, format!("cannot write to `{}`: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut names = vec!["jobctl.1".to_owned()];
    write(&folder.join("jobctl.1"), page_of_all(command)).map_err(failed)?;
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = format!("jobctl-{}.1", verb.get_name());
        write(&folder.join(&name), page_of(verb)).map_err(failed)?;
        names.push(name);
    }
    output.answer(&Manual { folder: folder.to_string_lossy().into_owned(), names });
    Ok(Exit::Done)
}

/// Writes a page whole: half of one would be shown by `man` as if it were all.
fn write(path: &Path, page: io::Result<Vec<u8>>) -> io::Result<()> {
    let page = page?;
    fs::write(path, page).inspect_err(|_| drop(fs::remove_file(path)))
}

/// The pages that were written.
pub(super) struct Manual {
    folder: String,
    names: Vec<String>,
}

impl Answer for Manual {
    fn shape() -> Shape {
        Shape::text(&["folder", "pages"]).with_names()
    }

    fn text(&self, _: &View) -> String {
        format!("wrote {} pages into {}\n", self.names.len(), self.folder)
    }

    fn json(&self) -> Value {
        json!({ "folder": self.folder, "pages": self.names })
    }

    fn names(&self) -> Vec<String> {
        self.names.clone()
    }
}

/// The page of jobctl: what stands on its first page, and its verbs.
fn page_of_all(command: &Command) -> io::Result<Vec<u8>> {
    let page = Page::new(command.clone());
    let mut roff = Vec::new();
    page.render_title(&mut roff)?;
    page.render_name_section(&mut roff)?;
    page.render_synopsis_section(&mut roff)?;
    page.render_subcommands_section(&mut roff)?;
    page.render_options_section(&mut roff)?;
    section("EXAMPLES", help::EXAMPLES.trim_start_matches("Examples:\n"), &mut roff)?;
    section("EXIT STATUS", &help::exit_codes(), &mut roff)?;
    page.render_version_section(&mut roff)?;
    Ok(roff)
}

fn page_of(verb: &Command) -> io::Result<Vec<u8>> {
    let page = Page::new(verb.clone().after_help("")).title(format!("jobctl-{}", verb.get_name()));
    let mut roff = Vec::new();
    page.render_title(&mut roff)?;
    page.render_name_section(&mut roff)?;
    page.render_synopsis_section(&mut roff)?;
    page.render_description_section(&mut roff)?;
    page.render_options_section(&mut roff)?;
    let note = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
    if let Some((contrast, examples)) = note.split_once("\n\nExamples:\n") {
        section("NEIGHBOURS", contrast, &mut roff)?;
        section("EXAMPLES", examples, &mut roff)?;
    }
    section("SEE ALSO", "jobctl(1)", &mut roff)?;
    Ok(roff)
}

/// A section of lines that stay as they are.
fn section(title: &str, text: &str, roff: &mut Vec<u8>) -> io::Result<()> {
    writeln!(roff, ".SH \"{title}\"\n.nf")?;
    for line in text.lines() {
        // A line that begins with a dot or a quote would be a command.
        writeln!(roff, "\\&{}", line.replace('\\', "\\e").replace('-', "\\-"))?;
    }
    writeln!(roff, ".fi")
}
