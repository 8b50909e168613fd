//! Answers on terminals, wide, narrow and without colours, and where there is none. `script` of util-linux, which every Debian has,
//! makes the terminals.

use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr as _;

use super::forms::JOB;
use super::project::{Answer, Project, answer};
use super::support::PROGRAM;
use overnight_db::Backend;

/// A letter of two columns, a word of them, letters with marks, and a sign that is drawn by four characters.
const NAMES: [&str; 4] = ["日本語のディスク", "🚚 camión", "Zu\u{308}rich e\u{301}te\u{301}", "👩\u{200d}🔧 ok"];

/// A project with a job that failed and jobs of these names that are finished.
fn project(names: &[&str]) -> Project {
    let project = Project::new(Backend::Sqlite);
    project.file("copy.yaml", JOB);
    project.jobctl(&["start", "copy.yaml"]).expect(3);
    project.file("mended", "");
    for name in names {
        project.jobctl(&["start", "copy.yaml", "-p", &format!("disk={name}")]).expect(0);
    }
    project
}

/// A command line of `sh` on a terminal of so many columns, with these variables. Both streams are one there.
/// What was shown so far is in the file `typescript`.
pub(super) fn on_terminal(project: &Project, columns: u16, variables: &[(&str, &str)], line: &str) -> Answer {
    let jobctl = project.command(&[]);
    let mut command = Command::new("script");
    command.args(["-qefc", &format!("stty cols {columns} rows 40; {}", line.replace("jobctl", PROGRAM)), "typescript"]);
    command.env_clear().envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERM", "xterm");
    command.envs(variables.iter().copied()).current_dir(project.folder.path()).stdin(Stdio::null());
    let shown = answer(command.output().unwrap());
    Answer { stdout: shown.stdout.replace("\r\n", "\n"), ..shown }
}

/// The same line without a terminal.
pub(super) fn in_shell(project: &Project, line: &str) -> Answer {
    let jobctl = project.command(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", &line.replace("jobctl", PROGRAM)]).current_dir(project.folder.path()).stdin(Stdio::null());
    command.env_clear().envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
    answer(command.output().unwrap())
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.width()).max().unwrap_or(0)
}

/// The text without colours.
fn plain(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").into_owned()
}

#[test]
fn status_words_are_coloured_on_a_terminal_and_nothing_else_is_changed() {
    let project = project(&["sdb"]);
    let piped = project.jobctl(&["list"]).expect(0).stdout;
    let shown = on_terminal(&project, 200, &[], "jobctl list").expect(0).stdout;
    assert!(shown.contains("\u{1b}[31mfailed\u{1b}[0m") && shown.contains("\u{1b}[32mfinished\u{1b}[0m"), "{shown}");
    assert_eq!(plain(&shown), piped);
    for form in ["json", "jsonl", "yaml", "name"] {
        let shown = on_terminal(&project, 200, &[], &format!("jobctl list --color always -o {form}")).expect(0).stdout;
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}

#[test]
fn colours_are_asked_for_by_the_option_then_by_the_environment_then_by_the_terminal() {
    let project = project(&[]);
    let coloured = |line: &str, variables: &[(&str, &str)]| {
        let shown = on_terminal(&project, 200, variables, line);
        shown.stdout.contains('\u{1b}')
    };
    for verb in ["jobctl list", "jobctl start missing.yaml; jobctl validate wrong.yaml", "jobctl list --help"] {
        project.file("wrong.yaml", "name: [");
        let list = |option: &str| verb.replace("jobctl ", &format!("jobctl {option} "));
        assert!(coloured(verb, &[]) || verb.ends_with("help"), "{verb}");
        assert!(!coloured(&list("--color=never"), &[("CLICOLOR_FORCE", "1")]), "{verb}");
        for variable in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", ""), ("CLICOLOR", "0")] {
            assert!(!coloured(verb, &[variable]), "{verb} {variable:?}");
        }
        assert!(!coloured(verb, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), "{verb}");
    }
    assert!(coloured("jobctl list --color always | cat", &[("NO_COLOR", "1")]));
    assert!(coloured("jobctl list | cat", &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured("jobctl list | cat", &[]));
}

#[test]
fn each_stream_has_the_colours_of_its_own_terminal() {
    let project = project(&[]);
    project.file("wrong.yaml", "name: [");
    on_terminal(&project, 200, &[], "jobctl list > list; jobctl validate wrong.yaml 2> problems");
    let file = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
    assert!(file("list").contains("failed") && file("problems").contains("wrong.yaml"));
    assert!(!(file("list") + &file("problems")).contains('\u{1b}'));
    let said = on_terminal(&project, 200, &[], "jobctl validate wrong.yaml > answer").stdout;
    assert!(said.contains('\u{1b}'), "{said}");
}

#[test]
fn a_table_is_as_narrow_as_its_terminal_and_ids_and_words_are_whole() {
    let long = "a target with so many words that no terminal of today has a line for all of them, nor for half of it";
    let project = project(&[&[long][..], &NAMES].concat());
    for columns in [60, 72, 80, 100, 132, 250] {
        for verb in ["list", "show 2", "show 1 --rejects", "list -o wide", "config", "explain", "list --no-headers"] {
            let shown = on_terminal(&project, columns, &[], &format!("jobctl {verb}")).expect(0).stdout;
            let is_record = verb.ends_with("wide");
            assert!(is_record || widest(&plain(&shown)) <= columns.into(), "{columns} {verb}:\n{shown}");
        }
        let shown = on_terminal(&project, columns, &[], "jobctl show 1").expect(0).stdout;
        assert!(plain(&shown).contains("| 1-0 ") && shown.contains("finished") && shown.contains("failed"), "{shown}");
    }
    let piped = project.jobctl(&["list"]).expect(0).stdout;
    assert!(piped.contains(long), "{piped}");
    let asked = on_terminal(&project, 200, &[("COLUMNS", "70")], "jobctl list").expect(0).stdout;
    assert!(widest(&plain(&asked)) <= 70, "{asked}");
    assert_eq!(in_shell(&project, "COLUMNS=70 jobctl list").expect(0).stdout, piped);
}

#[test]
fn a_terminal_too_narrow_for_a_table_gets_a_paragraph_for_each_record() {
    let project = project(&NAMES);
    for columns in [0, 1, 2, 20, 30] {
        for verb in ["list", "show 1", "show 2 -o wide", "list -o wide", "config", "explain", "list --no-headers"] {
            let shown = on_terminal(&project, columns, &[], &format!("jobctl {verb}")).expect(0).stdout;
            assert!(!shown.contains("panicked at"), "{shown}");
        }
    }
    let shown = on_terminal(&project, 20, &[], "jobctl list --columns id,status,started_at").expect(0).stdout;
    let lines: Vec<_> = shown.lines().map(plain).collect();
    assert_eq!(lines[..2], ["Job Id      1", "Status      failed"]);
    assert!(lines[2].starts_with("Start Time  20") && lines[2].ends_with('Z') && lines[3].is_empty(), "{lines:?}");
}

#[test]
fn names_of_every_script_stand_in_straight_columns() {
    let project = project(&NAMES);
    for verb in [&["list"][..], &["show", "2"], &["show", "3"], &["list", "-o", "wide"], &["show", "4", "-o", "wide"]] {
        let shown = project.jobctl(verb).expect(0).stdout;
        let widths: Vec<_> = shown.lines().map(|line| line.width()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{shown}");
    }
    let listed = project.jobctl(&["list"]).expect(0).stdout;
    assert!(NAMES.iter().all(|name| listed.contains(name)), "{listed}");
}

#[test]
fn what_files_and_arguments_are_called_cannot_paint_a_terminal() {
    let project = Project::new(Backend::Sqlite);
    let job = "name: x\nsteps: [{ name: s, tasklet: { shell: { command: 'true' } } }]\n";
    project.file("good\u{1b}[31mRED.yaml", job);
    project.file("bad\u{1b}[31mRED.yaml", "name: x\nfoo: \u{9b}31m\n");
    project.file("worse.yaml", &job.replace("name: x", "name: x\n\"tab\\e[31mRED\": 1"));
    for line in [
        "jobctl validate bad*.yaml worse.yaml",
        "jobctl test good*.yaml",
        "jobctl start worse.yaml",
        r#"jobctl list -o "$(printf 'p\033[31mRED\r')""#,
        r#"jobctl explain "$(printf 'p\033[31mRED\r')""#,
        r#"jobctl "$(printf 'p\033[31mRED\r')""#,
    ] {
        let shown = on_terminal(&project, 200, &[], line).stdout;
        let painted = ["\u{1b}[31mRED", "\u{9b}", "\r"].iter().find(|sign| shown.contains(**sign));
        assert_eq!(painted, None, "{line}: {shown:?}");
        assert!(shown.contains("RED"), "{line}: {shown:?}");
    }
}
