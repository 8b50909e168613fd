//! `jobctl` on a terminal: the line that moves, and the questions. `script` is a terminal that passes on what is typed and writes
//! down what is shown.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use overnight_db::Backend;

use super::project::{Project, until};

/// A program on a terminal of its own.
struct Terminal {
    script: Child,
    shown: String,
}

impl Terminal {
    /// Runs `jobctl` with these arguments on a terminal of so many columns.
    fn open(project: &Project, columns: u32, variables: &[(&str, &str)], arguments: &str) -> Self {
        let jobctl = project.command(&[]);
        let program = jobctl.get_program().to_string_lossy().into_owned();
        Self::run(project, variables, &format!("stty cols {columns} rows 24; exec {program} {arguments}"))
    }

    /// Runs a line of shell on a terminal.
    fn run(project: &Project, variables: &[(&str, &str)], command: &str) -> Self {
        let jobctl = project.command(&[]);
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--flush", "--command", command, "/dev/null"]);
        script.current_dir(project.folder.path()).env_clear();
        script.envs(jobctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.envs(variables.iter().copied()).env("SHELL", "/bin/sh");
        let script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Self { script, shown: String::new() }
    }

    /// Reads until the terminal shows `words`, behind what was waited for before.
    #[track_caller]
    fn until(&mut self, words: &str) {
        let begin = self.shown.len();
        let stdout = self.script.stdout.as_mut().unwrap();
        let mut byte = [0];
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(words) {
            let read = stdout.read(&mut byte).unwrap();
            assert!(read > 0, "{words:?} was not shown: {}{}", self.shown, String::from_utf8_lossy(&bytes));
            bytes.extend(byte);
        }
        self.shown.insert_str(begin, &String::from_utf8_lossy(&bytes));
    }

    fn type_in(&mut self, text: &str) {
        let stdin = self.script.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Everything that was shown, and the exit code.
    fn end(mut self) -> (String, Option<i32>) {
        let mut rest = Vec::new();
        self.script.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
        let code = self.script.wait().unwrap().code();
        (self.shown + &String::from_utf8_lossy(&rest), code)
    }
}

/// What stays on a screen of so many columns, line by line.
fn screen(shown: &str, columns: usize) -> Vec<String> {
    let (mut rows, mut row, mut column) = (vec![Vec::new()], 0, 0);
    let mut letters = shown.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => {
                letters.next_if_eq(&'[');
                let code: String = std::iter::from_fn(|| letters.next_if(|next| !next.is_ascii_alphabetic())).collect();
                match letters.next() {
                    Some('K') if code == "2" => rows[row].clear(),
                    Some('K') => rows[row].truncate(column),
                    Some('A') => row -= code.parse().unwrap_or(1),
                    _ => {}
                }
            }
            letter => {
                // The last column is left only when something is written behind it.
                if column == columns {
                    (row, column) = (row + 1, 0);
                }
                rows.resize(rows.len().max(row + 1), Vec::new());
                let line: &mut Vec<char> = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = letter;
                column += 1;
            }
        }
        rows.resize(rows.len().max(row + 1), Vec::new());
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

const LOAD: &str = "name: load
steps:
  - name: load
    chunk:
      size: 100
      reader: { csv: { path: rows.csv, columns: { n: integer } } }
      writer: { table: { name: loaded, create: if_missing } }
  - name: hold
    tasklet: { shell: { command: 'echo first; echo second; touch begun; while [ ! -e go ]; do sleep 0.02; done' } }
";

fn rows(count: u32) -> String {
    (1..=count).fold("n\n".to_owned(), |text, n| text + &format!("{n:04}\n"))
}

#[test]
fn a_terminal_shows_a_bar_and_the_last_words_of_a_step_and_nothing_of_it_stays() {
    let project = Project::new(Backend::Sqlite);
    project.file("load.yaml", LOAD);
    project.file("rows.csv", &rows(1_000));
    let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], "start load.yaml");
    terminal.until("load [----------]   0%");
    terminal.until("load: finished in ");
    terminal.until("hold ");
    terminal.until(" second");
    project.file("go", "");
    let (shown, code) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let screen = screen(&shown, 80);
    assert!(!screen.iter().any(|line| line.contains('[') || line.contains("hold -")), "{screen:#?}");
    assert!(screen.iter().any(|line| line == "hold | second"), "{screen:#?}");
    assert!(screen.iter().any(|line| line.contains("| finished |")), "{screen:#?}");
}

#[test]
fn a_step_that_goes_on_begins_its_bar_at_its_checkpoint() {
    let project = Project::new(Backend::Sqlite);
    project.file("load.yaml", LOAD);
    project.file("go", "");
    let good = rows(1_000);
    project.file("rows.csv", &good.replace("\n0501\n", "\nfive\n"));
    project.jobctl(&["start", "load.yaml"]).expect(3);
    project.file("rows.csv", &good);
    let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], "restart load");
    terminal.until("load [#####-----]  50%");
    let (shown, code) = terminal.end();
    assert_eq!((code, shown.contains("   0%")), (Some(0), false), "{shown}");
}

#[test]
fn a_narrow_terminal_gets_a_line_that_fits() {
    let project = Project::new(Backend::Sqlite);
    project.file("load.yaml", LOAD);
    project.file("rows.csv", &rows(1_000));
    let mut terminal = Terminal::open(&project, 20, &[("TERM", "xterm")], "start load.yaml");
    terminal.until("load   0%");
    until(|| project.path("begun").exists());
    project.file("go", "");
    let (shown, code) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let drawn = shown.split("\r\u{1b}[2K").map(|line| line.split('\r').next().unwrap());
    let moving: Vec<_> = drawn.filter(|line| line.contains('%') || line.starts_with("hold ")).collect();
    assert!(moving.iter().any(|line| line.contains('%')), "{shown}");
    assert!(moving.iter().all(|line| line.chars().count() < 20 || line.contains(':')), "{moving:?}");
}

#[test]
fn a_dumb_terminal_and_one_without_a_name_get_plain_lines() {
    let project = Project::new(Backend::Sqlite);
    project.file("go", "");
    project.file("rows.csv", &rows(10));
    for (name, variables) in [("dumb", &[("TERM", "dumb")][..]), ("none", &[])] {
        project.file("load.yaml", &LOAD.replace("name: load\nsteps", &format!("name: {name}\nsteps")));
        let (shown, code) = Terminal::open(&project, 80, variables, "start load.yaml").end();
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("hold | first") && !shown.contains('\u{1b}') && !shown.contains('%'), "{shown}");
    }
}

#[test]
fn ctrl_c_leaves_a_clean_terminal() {
    let project = Project::new(Backend::Sqlite);
    project.file("load.yaml", LOAD);
    project.file("rows.csv", &rows(10));
    let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], "start load.yaml");
    terminal.until("hold ");
    until(|| project.path("begun").exists());
    terminal.type_in("\u{3}");
    let (shown, code) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    let screen = screen(&shown, 80);
    assert!(!screen.iter().any(|line| line.starts_with("hold -") || line.starts_with("hold /")), "{screen:#?}");
    assert!(screen.iter().any(|line| line.contains("continue with `jobctl restart 1`")), "{screen:#?}");
}

const ASKS: &str = "name: close
params:
  day: { type: date, required: true, description: The day to close }
  mode: { type: string, required: true, enum: [full, delta] }
  pin: { type: string, required: true, secret: true }
steps:
  - name: say
    tasklet: { shell: { command: 'test \"$PIN\" = 1234 && test -e go', env: { PIN: '${{ params.pin }}' } } }
";

#[test]
fn what_is_missing_is_asked_for_and_a_wrong_answer_is_asked_for_again() {
    let project = Project::new(Backend::Sqlite);
    project.file("close.yaml", ASKS);
    project.file("go", "");
    let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], "start close.yaml -p mode=full");
    terminal.until("close needs 2 parameters; Ctrl-C leaves, and nothing is written");
    terminal.until("The day to close\r\nday (a date such as 2026-10-30): ");
    terminal.type_in("today\n");
    terminal.until("expected a date such as 2026-10-30, found \"today\"");
    terminal.until("day (a date such as 2026-10-30): ");
    terminal.type_in("2026-10-30\n");
    terminal.until("pin (a string; not shown while you type): ");
    terminal.type_in("1234\n");
    let (shown, code) = terminal.end();
    assert_eq!((code, shown.contains("1234")), (Some(0), false), "{shown}");
    assert_eq!(project.show("1")["params"]["day"], "2026-10-30");
}

#[test]
fn a_restart_asks_for_the_secrets_that_were_not_kept() {
    let project = Project::new(Backend::Sqlite);
    project.file("close.yaml", ASKS);
    let start = ["start", "close.yaml", "-p", "day=2026-10-30", "-p", "mode=full", "--params-file", "-"];
    project.told(&start, br#"{"pin": "1234"}"#).expect(3);
    project.file("go", "");
    let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], "restart 1");
    terminal.until("close needs a parameter");
    terminal.until("pin (a string; not shown while you type): ");
    terminal.type_in("1234\n");
    let (shown, code) = terminal.end();
    assert_eq!((code, shown.contains("1234")), (Some(0), false), "{shown}");
}

#[test]
fn ctrl_c_at_a_secret_shows_again_what_is_typed() {
    let project = Project::new(Backend::Sqlite);
    project.file("close.yaml", ASKS);
    let jobctl = project.command(&[]).get_program().to_string_lossy().into_owned();
    // A shell that goes on behind it, as the one of a person does.
    project.file("shell", &format!("trap : INT; {jobctl} start close.yaml -p mode=full -p day=2026-10-30; stty -a"));
    let mut terminal = Terminal::run(&project, &[("TERM", "xterm")], "exec sh shell");
    terminal.until("pin (a string; not shown while you type): ");
    terminal.type_in("\u{3}");
    let (shown, _) = terminal.end();
    assert!(shown.contains(" echo ") && !shown.contains(" -echo "), "{shown}");
    assert!(!project.path("jobs.db").exists(), "{shown}");
}

#[test]
fn ctrl_c_at_a_question_exits_as_a_program_that_was_interrupted_and_the_end_of_the_input_as_without_a_terminal() {
    let project = Project::new(Backend::Sqlite);
    project.file("close.yaml", ASKS);
    for (typed, expected) in [("\u{3}", 130), ("\u{4}", 7)] {
        let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], "start close.yaml -p mode=full");
        terminal.until("day (a date such as 2026-10-30): ");
        terminal.type_in(typed);
        let (shown, code) = terminal.end();
        assert_eq!(code, Some(expected), "{shown}");
        assert!(!project.path("jobs.db").exists(), "{shown}");
    }
    let (shown, code) = Terminal::open(&project, 80, &[("TERM", "xterm")], "start close.yaml --no-input").end();
    assert_eq!(code, Some(7), "{shown}");
    let refused = project.jobctl(&["start", "close.yaml", "-p", "mode=full"]).expect(7);
    let command = "`jobctl start close.yaml -p mode=full -p day=DATE --params-file -`";
    assert!(refused.stderr.contains(command), "{refused:#?}");
}
