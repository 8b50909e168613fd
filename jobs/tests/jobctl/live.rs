//! `jobctl` on a terminal: the line that moves, and the questions. `script` is a terminal that passes on what is typed and writes
//! down what is shown.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use overnight_db::Backend;

use super::project::{Project, until};

/// A program on a terminal of its own.
pub(super) struct Terminal {
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
    pub(super) fn run(project: &Project, variables: &[(&str, &str)], command: &str) -> Self {
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

    pub(super) fn type_in(&mut self, text: &str) {
        let stdin = self.script.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Everything that was shown, and the exit code.
    pub(super) fn end(mut self) -> (String, Option<i32>) {
        let mut rest = Vec::new();
        self.script.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
        let code = self.script.wait().unwrap().code();
        (self.shown + &String::from_utf8_lossy(&rest), code)
    }
}

/// What a terminal shows, as those of today do it: a line that became too long is broken, and the cursor stays at its letter.
struct Screen {
    columns: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn new(columns: usize) -> Self {
        Self { columns, rows: vec![Vec::new()], row: 0, column: 0 }
    }

    fn show(&mut self, shown: &str) {
        let mut letters = shown.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\r' => self.column = 0,
                '\n' => self.row += 1,
                '\u{1b}' => {
                    letters.next_if_eq(&'[');
                    let code: String =
                        std::iter::from_fn(|| letters.next_if(|next| !next.is_ascii_alphabetic())).collect();
                    if letters.next() == Some('J') && code.is_empty() {
                        self.rows[self.row].truncate(self.column);
                        self.rows.truncate(self.row + 1);
                    }
                }
                letter => self.write(letter),
            }
            self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
        }
    }

    fn write(&mut self, letter: char) {
        // The last column is left only when something is written behind it.
        if self.column == self.columns {
            (self.row, self.column) = (self.row + 1, 0);
        }
        self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
        let line = &mut self.rows[self.row];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = letter;
        self.column += 1;
    }

    fn narrow(&mut self, columns: usize) {
        let broken = |row: &Vec<char>| row.chunks(columns).count().max(1);
        let above: usize = self.rows[..self.row].iter().map(broken).sum();
        (self.row, self.column, self.columns) = (above + self.column / columns, self.column % columns, columns);
        let rows =
            self.rows.iter().flat_map(|row| match row.chunks(columns).map(<[char]>::to_vec).collect::<Vec<_>>() {
                rows if rows.is_empty() => vec![Vec::new()],
                rows => rows,
            });
        self.rows = rows.collect();
    }

    fn lines(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned()).collect()
    }
}

/// What stays on a screen of so many columns, line by line.
fn screen(shown: &str, columns: usize) -> Vec<String> {
    let mut screen = Screen::new(columns);
    screen.show(shown);
    screen.lines()
}

/// What stands before each drawing of the line that moves.
const ERASE: &str = "\r\u{1b}[J";

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
    let drawn = shown.split(ERASE).map(|line| line.split('\r').next().unwrap());
    let moving: Vec<_> = drawn.filter(|line| line.contains('%') || line.starts_with("hold ")).collect();
    assert!(moving.iter().any(|line| line.contains('%')), "{shown}");
    assert!(moving.iter().all(|line| line.chars().count() < 20 || line.contains(':')), "{moving:?}");
}

#[test]
fn a_terminal_that_is_made_narrower_keeps_nothing_of_the_longer_line() {
    let project = Project::new(Backend::Sqlite);
    let words = "these are the last words of the step, and they are longer than half of the terminal";
    project.file("load.yaml", &LOAD.replace("echo second", &format!("echo {words}")));
    project.file("rows.csv", &rows(10));
    let jobctl = project.command(&[]).get_program().to_string_lossy().into_owned();
    let line = format!("tty > name; stty cols 80 rows 24; exec {jobctl} start load.yaml");
    let mut terminal = Terminal::run(&project, &[("TERM", "xterm")], &line);
    terminal.until("longer than half");
    let narrower = "stty cols 30 rows 24 < $(cat name)";
    assert!(Command::new("sh").args(["-c", narrower]).current_dir(&project.folder).status().unwrap().success());
    // Drawn again, and no longer than that.
    terminal.until("these are the last wo…");
    project.file("go", "");
    let (shown, code) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let at = shown.find("these are the last wo…").and_then(|at| shown[..at].rfind(ERASE)).unwrap();
    let mut screen = Screen::new(80);
    screen.show(&shown[..at]);
    screen.narrow(30);
    screen.show(&shown[at..]);
    let lines = screen.lines();
    // Once, as the line that stays.
    assert_eq!(lines.iter().filter(|line| line.starts_with("hold ")).count(), 1, "{lines:#?}");
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

/// A server that takes the connection and says nothing.
#[test]
fn ctrl_c_behind_the_last_question_ends_the_wait_for_the_store() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut project = Project::new(Backend::Sqlite);
    project.url = format!("postgres://nobody@{}/nothing", silent.local_addr().unwrap());
    project.file("close.yaml", ASKS);
    let line = "start close.yaml -p mode=full -p day=2026-10-30";
    let mut terminal = Terminal::open(&project, 80, &[("TERM", "xterm")], line);
    terminal.until("pin (a string; not shown while you type): ");
    terminal.type_in("1234\n");
    let _waiting = silent.accept().unwrap();
    terminal.type_in("\u{3}");
    let (shown, code) = terminal.end();
    assert_eq!((code, shown.contains("cannot connect")), (Some(130), false), "{shown}");
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
