//! What `--help` says beyond the options: the first page, how a verb differs from its neighbours, and examples.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _};
use serde_json::{Value, json};

use super::answer::{Answer, Shape, View};
use super::arguments::{Arguments, Help};
use super::exit::{EXITS, Exit, Failure};
use super::output::Output;

/// What is said of a verb below its options.
struct Note {
    verb: &'static str,
    /// How it differs from its neighbours, in one line.
    contrast: &'static str,
    /// Command lines, each with what it does. A test finds them in the transcripts of the manual.
    examples: &'static [(&'static str, &'static str)],
}

/// The verbs by what they are for, in the order of the first page.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Run", &["start", "stop", "restart", "wait"]),
    ("Look", &["show", "list", "tree", "jobs", "describe", "graph"]),
    ("Define", &["init", "validate", "test", "schema", "explain", "apply"]),
    ("Operate", &["config", "migrate", "completion", "man", "version", "help"]),
];

/// The verbs that everybody needs.
const FIRST: [&str; 5] = ["init", "start", "list", "show", "restart"];

const NOTES: &[Note] = &[
    Note {
        verb: "test",
        contrast: "test: runs the tests in a file, on a store in memory · validate: checks the file and runs nothing",
        examples: &[
            ("jobctl test payments.yaml", "run the tests of a file"),
            ("jobctl test payments.yaml wrong.yaml", "run those of several files"),
            ("jobctl test . --filter both", "run those of a folder with this word in their name"),
        ],
    },
    Note {
        verb: "schema",
        contrast: "schema: what a key of a job file means · explain: what a code or the name of an error means",
        examples: &[
            ("jobctl schema > job.schema.json", "write the schema that editors check job files by"),
            ("jobctl schema steps.chunk.skip", "say what a key means"),
            ("jobctl schema --kind shell", "say what the settings of a kind mean"),
        ],
    },
    Note {
        verb: "start",
        contrast: "start: a new instance, or the unfinished one · restart: the same instance goes on, whatever it is given",
        examples: &[
            ("jobctl start hello.yaml -p name=World", "run the job of a file, and wait for its end"),
            ("jobctl start hello --params-file params.json", "the same by its name, with the parameters in a file"),
            ("id=$(jobctl start night.yaml --detach)", "run it in the background, and keep its id"),
        ],
    },
    Note {
        verb: "stop",
        contrast: "stop: ends at the next chunk boundary and can go on · restart: goes on from there · wait: only looks",
        examples: &[
            ("jobctl stop 1", "ask job 1 to end"),
            ("jobctl stop night", "ask the newest run of a job to end"),
            ("jobctl stop night --wait", "come back when it has ended"),
        ],
    },
    Note {
        verb: "restart",
        contrast: "restart: the same instance goes on, in its own revision · resume: another name of it · start: a new instance, or the unfinished one",
        examples: &[
            ("jobctl restart 1", "continue after the last committed chunk of job 1"),
            ("jobctl restart payments -p day=2026-04-07", "continue the instance with this parameter"),
            ("jobctl restart night --detach", "continue in the background"),
        ],
    },
    Note {
        verb: "show",
        contrast: "show: one run with its steps · tree: all runs of its instance · list: many runs, a row each",
        examples: &[
            ("jobctl show 1 -o json", "everything that is known of job 1"),
            ("jobctl show payments", "the newest run of a job"),
            ("jobctl show 1 --rejects", "the records that its instance skipped"),
        ],
    },
    Note {
        verb: "list",
        contrast: "list: runs, a row each · jobs: definitions, a row each · show: one run with its steps",
        examples: &[
            ("jobctl list", "the newest fifty runs"),
            ("jobctl list --status failed", "those that failed"),
            ("jobctl list --job backup --limit 1", "the newest run of one job"),
        ],
    },
    Note {
        verb: "wait",
        contrast: "wait: until it has ended, and exits by its result · show: how it is now · stop --wait: ends it first",
        examples: &[
            ("jobctl wait 1", "wait for the end of job 1"),
            ("jobctl wait backup", "wait for the newest run of a job"),
            ("jobctl wait night --timeout 100ms", "wait for so long, and exit with 8 if it goes on"),
        ],
    },
    Note {
        verb: "tree",
        contrast: "tree: all runs of an instance with their steps · show: one run with its counters · list: runs of all instances",
        examples: &[
            ("jobctl tree 1", "the instance of job 1"),
            ("jobctl tree night", "the instance that ran last"),
            ("jobctl tree night --failed", "what leads to its failures, and nothing else"),
        ],
    },
    Note {
        verb: "jobs",
        contrast: "jobs: definitions, a row each · describe: one definition, all of it · list: runs, a row each",
        examples: &[
            ("jobctl jobs", "what can be started by name"),
            ("jobctl jobs -o json", "the same for programs"),
            ("jobctl jobs --project ledger", "those of another project"),
        ],
    },
    Note {
        verb: "describe",
        contrast: "describe: what a job is · graph: how its steps hang together · show: what became of a run",
        examples: &[
            ("jobctl describe night.yaml", "the job in a file; no database is needed"),
            ("jobctl describe night", "the definition that `start night` would run"),
            ("jobctl describe night -o json", "the same for programs"),
        ],
    },
    Note {
        verb: "graph",
        contrast: "graph: a drawing of the steps, their conditions and what they hand on · describe: the same in words",
        examples: &[
            ("jobctl graph night.yaml", "for Markdown, as code hosts draw it"),
            ("jobctl graph night -o dot", "for `dot -Tsvg` of Graphviz"),
            ("jobctl graph night -o json", "for programs"),
        ],
    },
    Note {
        verb: "apply",
        contrast: "apply: stores definitions and starts nothing · validate: only checks them · start FILE: stores and runs one",
        examples: &[
            ("jobctl apply jobs", "store every job file of a folder"),
            ("jobctl apply night.yaml --dry-run", "say what would change"),
            ("jobctl apply night.yaml", "then `jobctl start night` runs it"),
        ],
    },
    Note {
        verb: "init",
        contrast: "init: writes a first job file · validate: checks one · apply: stores one",
        examples: &[
            ("jobctl init", "write first-job.yaml"),
            ("jobctl init 'my first job.yaml'", "under another name"),
            ("jobctl start first-job.yaml -p day=2026-04-07", "run it as it stands"),
        ],
    },
    Note {
        verb: "validate",
        contrast: "validate: checks files, without a database · apply: stores them as well · explain: what a code means",
        examples: &[
            ("jobctl validate good.yaml payments.yaml", "check two files"),
            ("jobctl validate jobs", "check every job file of a folder"),
            ("jobctl validate small.yaml -o sarif", "for a code host"),
        ],
    },
    Note {
        verb: "test",
        contrast: "test: runs the tests of a job file on given rows · validate: only checks it · start: runs the job itself",
        examples: &[
            ("jobctl test payments.yaml", "run all tests of a file"),
            ("jobctl test . --filter both", "those with this word in their names"),
            ("jobctl test payments.yaml -o json --filter fee", "what came of them, for a program"),
        ],
    },
    Note {
        verb: "schema",
        contrast: "schema: what may stand in a job file · describe: what stands in one · explain: what a code means",
        examples: &[
            ("jobctl schema > job.schema.json", "the JSON Schema, for an editor"),
            ("jobctl schema steps.chunk.skip", "what a key means"),
            ("jobctl schema --kind shell", "the settings of one kind"),
        ],
    },
    Note {
        verb: "explain",
        contrast: "explain: what a code or the name of an error means · validate: which of them a file has",
        examples: &[
            ("jobctl explain E204", "a code of `validate`, with a wrong and a right example"),
            ("jobctl explain invalidrow", "the name of an error, in any letters"),
            ("jobctl explain", "all of them, a line each"),
        ],
    },
    Note {
        verb: "config",
        contrast: "config: which settings are in force, and from where · version: which program it is",
        examples: &[
            ("jobctl config", "every setting with its source"),
            ("jobctl config --project accounts", "the same with an option in front"),
            ("JOBCTL_HEARTBEAT=2s jobctl config -o json", "for programs"),
        ],
    },
    Note {
        verb: "migrate",
        contrast: "migrate: the schema of the records · apply: the definitions of jobs",
        examples: &[
            ("jobctl migrate status", "what the database has"),
            ("jobctl migrate up", "bring it up to this version"),
            ("jobctl migrate sql", "print the SQL, for those who run it themselves"),
        ],
    },
    Note {
        verb: "completion",
        contrast: "completion: a script for a shell, which then completes verbs, names of jobs and parameters · man: the manual",
        examples: &[
            ("source <(jobctl completion bash)", "in this shell; in ~/.bashrc for all"),
            ("jobctl completion zsh", "for zsh"),
            ("jobctl completion fish", "for fish"),
        ],
    },
    Note {
        verb: "man",
        contrast: "man: the manual as pages for `man` · help: the same at once",
        examples: &[
            ("jobctl man", "the page of jobctl"),
            ("jobctl man start", "the page of one verb"),
            ("jobctl man --dir man1", "all pages, each in its file"),
        ],
    },
    Note {
        verb: "version",
        contrast: "version: which program it is · config: how it is set · migrate status: which schema the database has",
        examples: &[
            ("jobctl version", "the number"),
            ("jobctl version -o json", "for programs"),
            ("jobctl --version", "as other programs tell it"),
        ],
    },
    Note {
        verb: "help",
        contrast: "help: what `--help` of a verb says, and topics of their own · man: the same as pages for `man`",
        examples: &[
            ("jobctl help", "the first page"),
            ("jobctl help wait", "a verb"),
            ("jobctl help exit-codes", "what the numbers mean"),
        ],
    },
];

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
