//! The documentation that can be played: what a transcript under docs shows is what the commands answer, on both stores.
//!
//! A page is played in a folder and a store of its own. A block with the name of a file behind its language (`yaml hello.yaml`) is
//! written to the folder. In a block `console` each line behind `$ ` is run by `sh`; below it stands what it prints, and in
//! brackets its exit code where that is not 0. `<!-- until COMMAND -->` waits, unseen by readers, for what goes on in the
//! background. Times, speeds and the name of the machine are the same in every transcript.
//!
//! `UPDATE_DOCS=1 cargo test -p overnight --test jobctl transcripts` writes the pages anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use super::project::{Project, answer, until};
use overnight_db::Backend;

/// A page with this line is played on SQLite alone.
const ON_SQLITE: &str = "<!-- The answers on this page name the store, a SQLite file. -->";

#[test]
fn the_manual_shows_what_the_commands_answer_on_sqlite() {
    check_all("reference/cli", Backend::Sqlite);
}

#[test]
fn the_manual_shows_what_the_commands_answer_on_postgres() {
    check_all("reference/cli", Backend::Postgres);
}

#[test]
fn the_tutorial_shows_what_the_commands_answer_on_sqlite() {
    check_all("tutorial", Backend::Sqlite);
}

#[test]
fn the_tutorial_shows_what_the_commands_answer_on_postgres() {
    check_all("tutorial", Backend::Postgres);
}

#[test]
fn the_guide_shows_what_the_commands_answer_on_sqlite() {
    check_all("guide", Backend::Sqlite);
}

#[test]
fn the_guide_shows_what_the_commands_answer_on_postgres() {
    check_all("guide", Backend::Postgres);
}

/// Plays the pages of a folder below docs that this store can play.
fn check_all(folder: &str, kind: Backend) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(folder);
    let mut pages: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    assert!(!pages.is_empty());
    pages.iter().for_each(|page| check(page, kind));
}

fn check(path: &PathBuf, kind: Backend) {
    let written = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if kind == Backend::Postgres && written.lines().any(|line| line == ON_SQLITE) {
        return;
    }
    let played = play(&written, &Project::new(kind));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        // Only one of the stores may write; whether the other one agrees is seen the next time.
        if kind == Backend::Sqlite {
            fs::write(path, &played).unwrap();
        }
        return;
    }
    for (line, (written, played)) in written.lines().zip(played.lines()).enumerate() {
        assert_eq!(written, played, "{}:{} on {kind:?}", path.display(), line + 1);
    }
    assert_eq!(written, played, "{} on {kind:?}", path.display());
}

/// The page with the answers of today.
fn play(page: &str, project: &Project) -> String {
    let (mut played, mut lines) = (String::new(), page.lines().peekable());
    while let Some(line) = lines.next() {
        played.extend([line, "\n"]);
        if let Some(command) = line.strip_prefix("<!-- until ").and_then(|line| line.strip_suffix(" -->")) {
            until(|| run(command, project).code == Some(0));
        }
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        match kind.split_once(' ') {
            Some((_, file)) => drop(project.file(file, &(block.join("\n") + "\n"))),
            None if kind == "console" => {
                for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                    played.extend(["$ ", command, "\n", &transcript(command, project)]);
                }
                played += "```\n";
                continue;
            }
            None => {}
        }
        played += &block.iter().fold(String::new(), |text, line| text + line + "\n");
        played += "```\n";
    }
    played
}

/// What a command answers, as a page shows it.
fn transcript(command: &str, project: &Project) -> String {
    let answer = run(command, project);
    let text = same_for_all(&answer.stdout, project);
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    match answer.code {
        Some(0) => text + end,
        code => format!("{text}{end}[{}]\n", code.map_or_else(|| "killed".to_owned(), |code| code.to_string())),
    }
}

/// Runs a line of shell, with both of its streams in one.
fn run(line: &str, project: &Project) -> super::project::Answer {
    let jobctl = project.command(&[]);
    let folder = Path::new(jobctl.get_program()).parent().unwrap().to_owned();
    let path = std::env::join_paths(
        std::iter::once(folder).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec 2>&1; {line}")).current_dir(project.folder.path());
    shell.env_clear().envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    answer(shell.env("PATH", path.unwrap()).output().unwrap())
}

/// The text without what differs from run to run and from machine to machine.
pub(super) fn same_for_all(text: &str, project: &Project) -> String {
    let folder = project.folder.path().canonicalize().unwrap();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = regex::escape(host.trim());
    let mut text = text.replace(folder.to_str().unwrap(), "/srv/jobs");
    for (pattern, same) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "2026-04-08T03:00:00${1}Z"),
        (r"T03:00:00\.\d+Z", "T03:00:00.000000Z"),
        (r"\b\d\d/\d\d/\d\d \d\d:\d\d:\d\d\b", "04/08/26 03:00:00"),
        (r" in \d+(\.\d+)?(ns|µs|ms|s)\b", " in 10.0ms"),
        (r" \([\d,]+/s\)", " (1,000/s)"),
        (&format!(r#""dest": "{host}""#), r#""dest": "night""#),
        (&format!(r#""worker": "{host}:\d+""#), r#""worker": "night:4711""#),
        (&format!(r"\| {host}:\d+ "), "| night:4711 "),
        (&format!(r"(?m)^(\| \d+-\d+ +\| ){host} +\|"), "${1}night |"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, same).into_owned();
    }
    redrawn(&text)
}

/// Draws the tables in a text again, now that some cells have another width.
fn redrawn(text: &str) -> String {
    let (mut drawn, mut table) = (String::new(), Vec::<&str>::new());
    for line in text.lines() {
        let starts_another = is_rule(line, '=') && table.last().copied().is_some_and(|last| is_rule(last, '-'));
        let is_table = line.starts_with("| ") || is_rule(line, '=') || is_rule(line, '-');
        if starts_another || !is_table {
            drawn += &draw(&std::mem::take(&mut table));
        }
        if is_table {
            table.push(line);
        } else {
            drawn.extend([line, "\n"]);
        }
    }
    drawn + &draw(&table)
}

fn is_rule(line: &str, letter: char) -> bool {
    line.len() > 3 && line.chars().all(|found| found == letter)
}

fn draw(table: &[&str]) -> String {
    let cells = |line: &&str| -> Option<Vec<String>> {
        let inner = line.strip_prefix("| ")?.strip_suffix('|')?;
        Some(inner.split("| ").map(|cell| cell.trim_end().to_owned()).collect())
    };
    let rows: Vec<_> = table.iter().filter_map(cells).collect();
    let least = |name: &str| if name == "Status" { 8 } else { 0 };
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0).max(least(&rows[0][at]));
    let widths: Vec<_> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let across = widths.iter().map(|width| width + 3).sum::<usize>() + 1;
    let line = |line: &&str| match cells(line) {
        Some(row) => {
            let padded = row.iter().zip(&widths).map(|(cell, width)| format!("| {cell:width$} "));
            padded.collect::<String>() + "|\n"
        }
        None => line[..1].repeat(across) + "\n",
    };
    table.iter().map(line).collect()
}
