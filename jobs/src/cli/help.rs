//! What `--help` says beyond the options: the first page, what stands below the options of a verb, and topics.

mod notes;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _};
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::{Arguments, Help};
use super::exit::{EXITS, Exit, Failure};
use super::output::Output;

use self::notes::{NOTES, Note};

/// The verbs by what they are for, in the order of the first page.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Run", &["start", "stop", "restart", "wait", "serve", "publish"]),
    ("Look", &["show", "list", "tree", "jobs", "describe", "graph", "triggers", "schedules", "schedule"]),
    ("Define", &["init", "validate", "test", "schema", "explain", "apply"]),
    ("Operate", &["config", "migrate", "completion", "man", "version", "help"]),
];

/// The verbs that everybody needs.
const FIRST: [&str; 5] = ["init", "start", "list", "show", "restart"];

pub(super) const EXAMPLES: &str = "\
Examples:
  jobctl init                                     write a first job, with comments
  jobctl start first-job.yaml -p day=2026-04-07   run it, and wait for its end
  jobctl restart 1                                continue job 1 after its last committed chunk
";

const READ_ON: &str = "\
`jobctl VERB --help` says more of each. `jobctl help exit-codes` says what the exit codes mean.
`jobctl explain` says what the errors mean. The manual: docs/reference/cli/README.md
";

/// Whether a command line asks for the whole help: `-h` is for those who know the verb, and look for an option.
pub(super) fn asks_for_all(mut words: impl Iterator<Item = OsString>) -> bool {
    words.any(|word| word == "--help")
}

/// The command line with its help, which is short or whole.
pub(super) fn command(is_whole: bool) -> Command {
    let mut command = Arguments::command();
    // The help that clap itself calls long has another layout, with a paragraph for each option.
    for Note { verb, contrast, examples } in NOTES.iter().filter(|_| is_whole) {
        command = command.mut_subcommand(verb, |verb| verb.after_help(note(contrast, examples)));
    }
    let page = first_page(&command);
    command.override_help(page)
}

fn note(contrast: &str, examples: &[(&str, &str)]) -> String {
    let width = examples.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
    let lines = examples.iter().map(|(line, what)| format!("\n  {line:<width$}  {what}"));
    format!("{}\n\nExamples:{}", contrast.replace(" · ", "\n"), lines.collect::<String>())
}

fn first_page(command: &Command) -> String {
    let about = |verb: &str| {
        let verb = command.find_subcommand(verb);
        verb.and_then(Command::get_about).map(ToString::to_string).unwrap_or_default()
    };
    let line = |verb: &&str| format!("  {verb:<10}  {}\n", about(verb));
    let mut page = "Runs batch jobs and keeps their records: what was done is not done twice.\n\n".to_owned();
    page += "Usage: jobctl VERB [ARGUMENTS] [OPTIONS]\n\nTo begin with:\n";
    page.extend(FIRST.iter().map(line));
    for (group, verbs) in GROUPS {
        page.extend(["\n", group, ":\n"]);
        page.extend(verbs.iter().filter(|verb| !FIRST.contains(verb)).map(line));
    }
    page += "\nOptions of every verb:\n";
    page.extend(OPTIONS.iter().map(|(option, what)| format!("  {option:<24}  {what}\n")));
    format!("{page}\n{EXAMPLES}\n{READ_ON}")
}

/// The options of every verb in a few words; `--help` of a verb says all.
const OPTIONS: [(&str, &str); 4] = [
    ("    --database <URL>", "where the records are; else DATABASE_URL, else jobctl.toml"),
    ("    --project <NAME>", "the project whose jobs are meant"),
    ("-o, --output <FORMAT>", "table, wide, json, jsonl, yaml or name"),
    ("-h, --help", "help; -V, --version: the version"),
];

/// What the exit codes mean, a line each.
pub(super) fn exit_codes() -> String {
    let line = |(exit, meaning): &(Exit, &str)| format!("{:>4}  {meaning}\n", *exit as u8);
    EXITS.iter().map(line).collect()
}

/// `jobctl help`, of a verb or a topic.
pub(super) fn run(verb: &Help, output: &Output) -> Result<Exit, Failure> {
    let mut command = command(true);
    let text = match verb.topic.as_slice() {
        [] => command.render_help().to_string(),
        [topic] if topic == "exit-codes" => format!("Exit codes:\n{}", exit_codes()),
        words => {
            command.build();
            let found = words.iter().try_fold(&mut command, |command, word| command.find_subcommand_mut(word.as_str()));
            match found {
                Some(verb) => verb.render_help().to_string(),
                None => return Err(nothing(words)),
            }
        }
    };
    output.answer(&Topic(text));
    Ok(Exit::Done)
}

/// What is said of a verb or a topic.
pub(super) struct Topic(String);

impl Answer for Topic {
    fn shape() -> Shape {
        Shape::text(&["help"])
    }

    fn text(&self, _: &View) -> String {
        self.0.clone()
    }

    fn json(&self) -> Value {
        json!({ "help": self.0 })
    }
}

pub(super) fn nothing(words: &[String]) -> Failure {
    let asked = words.join(" ");
    let topics = || GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).chain(["exit-codes"]);
    let failure = Failure::new(Exit::Usage, format!("there is no verb and no topic called `{asked}`"));
    match overnight_framework::suggest::nearest(&asked, topics()) {
        Some(near) => failure.help(format!("did you mean `jobctl help {near}`?")),
        None => failure.help("`jobctl help` lists the verbs; the topic is exit-codes"),
    }
}

/// Whether a mistake of the command line is none: help and version are answers.
pub(super) fn is_answer(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn verbs() -> BTreeSet<String> {
        let command = Arguments::command();
        let visible = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        visible.map(|verb| verb.get_name().to_owned()).collect()
    }

    fn commands_of_the_manual() -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/cli");
        let pages = fs::read_dir(folder).unwrap().map(|page| fs::read_to_string(page.unwrap().path()).unwrap());
        let lines =
            |page: String| page.lines().filter(|line| line.starts_with("$ ")).map(str::to_owned).collect::<Vec<_>>();
        pages.flat_map(lines).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_verb_stands_in_one_group_of_the_first_page() {
        let grouped: Vec<_> = GROUPS.iter().flat_map(|(_, verbs)| verbs.iter().map(ToString::to_string)).collect();
        assert_eq!(grouped.len(), grouped.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(grouped.into_iter().collect::<BTreeSet<_>>(), verbs());
    }

    #[test]
    fn every_verb_says_how_it_differs_and_has_three_examples_of_the_manual() {
        assert_eq!(NOTES.iter().map(|note| note.verb.to_owned()).collect::<BTreeSet<_>>(), verbs());
        assert_eq!(NOTES.len(), verbs().len(), "a verb has two notes");
        let played = commands_of_the_manual();
        for Note { verb, contrast, examples } in NOTES {
            assert!(contrast.contains(" · ") && contrast.starts_with(verb), "{verb}");
            assert_eq!(examples.len(), 3, "{verb}");
            for (example, _) in *examples {
                assert!(played.contains(example), "no page plays `{example}`");
            }
        }
        for example in EXAMPLES.lines().filter_map(|line| line.split("   ").next()?.trim().strip_prefix("jobctl ")) {
            assert!(played.contains(example), "no page plays `jobctl {example}`");
        }
    }

    #[test]
    fn no_line_of_help_is_wider_than_a_hundred_columns() {
        let page = command(true).render_help().to_string();
        let notes = NOTES.iter().map(|note| super::note(note.contrast, note.examples));
        for line in notes.chain([page, exit_codes()]).collect::<Vec<_>>().join("\n").lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn the_page_of_the_exit_codes_is_the_table_of_the_program() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/exit-codes.md");
        let rows = EXITS.iter().map(|(exit, meaning)| format!("| {} | {meaning} |\n", *exit as u8));
        let page = format!(
            "# Exit codes\n\nHow `jobctl` ends; the numbers are part of its interface. `jobctl help exit-codes` prints them. \
             This page is written by\na test from the same table.\n\n| code | meaning |\n| --- | --- |\n{}",
            rows.collect::<String>()
        );
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/reference/exit-codes.md is stale: run the tests with UPDATE_DOCS=1");
    }
}
