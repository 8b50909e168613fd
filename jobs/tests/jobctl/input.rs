//! Bad input: one clear error, its exit code, and nothing written.

use super::project::{Project, on_both_stores};
use super::terminal::on_terminal;

const JOB: &str = "
name: strict
params:
  day: { type: date, required: true }
  share: { type: decimal, minimum: \"0\", maximum: \"1\", default: \"0.5\" }
  mode: { type: string, enum: [full, delta], default: full }
steps:
  - name: say
    tasklet: { shell: { command: 'true' } }
";

/// Arguments behind `start`, what the error says, and the exit code.
const CASES: &[(&[&str], &str, i32)] = &[
    (&["strict.yaml"], "missing parameter `day`", 7),
    (&["strict.yaml", "-p", "dya=2026-10-30"], "unknown parameter `dya` (did you mean `day`?)", 7),
    (&["strict.yaml", "-p", "day=30.10.2026"], "expected a date such as 2026-10-30, found \"30.10.2026\"", 7),
    (&["strict.yaml", "-p", "day=2026-02-30"], "expected a date", 7),
    (&["strict.yaml", r#"{"day": 20261030}"#], "parameter `day` at line 1 column 9: expected a date", 7),
    (&["strict.yaml", r#"{"day": "2026-10-30", "share": 1.5}"#], "`1.5` is greater than the maximum 1", 7),
    (&["strict.yaml", r#"{"day": "2026-10-30", "mode": "fast"}"#], "`fast` is none of full, delta", 7),
    (&["strict.yaml", "{"], "line 1 column 1", 7),
    (&["strict.yaml", "[1]"], "expected an object", 7),
    (&["strict.yaml", r#"{"day": "2026-10-30", "day": "2026-10-29"}"#], "`day` is given twice", 7),
    (&["strict.yaml", "--params-file", "missing.json"], "cannot read `missing.json`: there is no such file", 7),
    (&["strict.yaml", "--params-file", "."], "cannot read `.`: it is a directory", 7),
    (&["strict.yaml", "-p", "day"], "expected NAME=VALUE", 7),
    (&["missing.yaml"], "cannot read `missing.yaml`: there is no such file", 7),
    (&["folder.yaml"], "cannot read `folder.yaml`: it is a directory", 7),
    (&["unknown-key.yaml"], "did you mean `steps`?", 7),
    (&["bad-expression.yaml"], "there is no parameter `dya`", 7),
    (&["tabs.yaml"], "tabs.yaml:4:1", 7),
    (&["no-such-job"], "no such job: no-such-job", 5),
    (&["No Such Job"], "is no id, no name of a job", 2),
    (&["strict.yaml", "{}", "--params", "{}"], "cannot be used with", 2),
    (&["strict.yaml", "--time-format", "%H:%Q"], "expected a format of strftime", 2),
];

on_both_stores! {
    fn bad_input_is_refused_with_its_reason_and_nothing_is_written(project) {
        project.file("strict.yaml", JOB);
        project.file("unknown-key.yaml", &JOB.replace("\nsteps:", "\nstpes:"));
        project.file("bad-expression.yaml", &format!("{JOB}    when: params.dya == params.day\n"));
        project.file("tabs.yaml", &JOB.replace("params:\n  day", "params:\n\tday"));
        std::fs::create_dir(project.path("folder.yaml")).unwrap();
        for (arguments, expected, code) in CASES {
            let arguments: Vec<_> = ["start"].iter().chain(*arguments).copied().collect();
            let answer = project.jobctl(&arguments).expect(*code);
            assert!(answer.stderr.contains(expected), "{arguments:?}: {answer:#?}");
            assert!(answer.stdout.is_empty(), "{arguments:?}: {answer:#?}");
        }
        assert_eq!(project.list().len(), 0);
    }

    fn s0_6_an_unknown_id_and_a_word_that_is_none_have_their_own_exit_codes(project) {
        project.file("strict.yaml", JOB);
        project.jobctl(&["start", "strict.yaml", "-p", "day=2026-10-30"]).expect(0);
        assert_eq!(project.show("1")["job"], "strict");
        let missing = project.jobctl(&["show", "999999999"]).expect(5);
        assert!(missing.stderr.contains("job ID not found"), "{missing:?}");
        project.jobctl(&["show", "Abc"]).expect(2);
        project.jobctl(&["show", "abc"]).expect(5);
        project.jobctl(&["stop", "999999999"]).expect(5);
        project.jobctl(&["restart", "nothing"]).expect(5);
    }

    fn running_the_same_parameters_twice_is_refused_with_the_execution(project) {
        project.file("strict.yaml", JOB);
        let start = ["start", "strict.yaml", "-p", "day=2026-10-30"];
        project.jobctl(&start).expect(0);
        let refused = project.jobctl(&start).expect(6);
        assert!(refused.stderr.contains("already finished (job 1)"), "{refused:?}");
        project.jobctl(&["start", "strict", "-p", "day=2026-10-29"]).expect(0);
        assert_eq!(project.list().len(), 2);
    }

    fn a_document_that_is_too_large_is_called_that_wherever_it_was_cut(project) {
        project.file("strict.yaml", JOB);
        let document = "ü".repeat(1 << 20);
        project.file("large.json", &document);
        let refused = project.jobctl(&["start", "strict.yaml", "--params-file", "large.json"]).expect(7);
        assert!(refused.stderr.contains("cannot read `large.json`: it is larger than 1048576 bytes"), "{refused:?}");
        for source in [&["--params-file", "-"][..], &["-"]] {
            let start = [&["start", "strict.yaml"], source].concat();
            let refused = project.told(&start, document.as_bytes()).expect(7);
            assert!(refused.stderr.contains("cannot read `stdin`: it is larger than 1048576 bytes"), "{refused:?}");
            let refused = project.told(&start, b"{").expect(7);
            assert!(refused.stderr.contains("error: stdin: the parameters are not a JSON object"), "{refused:?}");
        }
    }

    fn an_answer_that_cannot_be_printed_is_no_success_and_the_job_goes_on(project) {
        project.file("strict.yaml", JOB);
        project.file("fails.yaml", &JOB.replace("name: strict", "name: fails").replace("'true'", "'false'"));
        let full = |arguments: &[&str]| {
            let stdout = std::fs::File::create("/dev/full").unwrap();
            let child = project.command(arguments).stdout(stdout).stderr(std::process::Stdio::piped()).spawn();
            super::project::answer(child.unwrap().wait_with_output().unwrap())
        };
        let day = ["-p", "day=2026-10-30"];
        let started = full(&[&["start", "strict.yaml"][..], &day].concat()).expect(1);
        assert_eq!(started.stderr.matches("error: cannot print the answer").count(), 1, "{started:?}");
        assert_eq!(project.show("1")["status"], "finished");
        full(&[&["start", "fails.yaml"][..], &day].concat()).expect(3);
        for verb in [&["list"][..], &["list", "-o", "json"], &["show", "1"], &["version"], &["--help"], &["--version"]] {
            full(verb).expect(1);
        }
    }

    fn a_restart_with_another_identifying_parameter_is_refused(project) {
        project.file("fails.yaml", &JOB.replace("'true'", "'test -e go'"));
        project.jobctl(&["start", "fails.yaml", "-p", "day=2026-10-30"]).expect(3);
        let refused = project.jobctl(&["restart", "1", "-p", "day=2026-10-29"]).expect(7);
        assert!(refused.stderr.contains("another instance"), "{refused:?}");
        project.file("go", "");
        project.jobctl(&["restart", "1", r#"{"day": "2026-10-30"}"#]).expect(0);
        let refused = project.jobctl(&["restart", "strict"]).expect(6);
        assert!(refused.stderr.contains("already finished (job 2)"), "{refused:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    let mut child = project.spawn(&["--help"]);
    drop(child.stdout.take());
    let answer = super::project::answer(child.wait_with_output().unwrap());
    assert!(!answer.stderr.contains("panicked"), "{answer:?}");
}

#[test]
fn nothing_configured_means_the_embedded_file_and_it_is_named() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    project.file("strict.yaml", JOB);
    let mut command = project.command(&["start", "strict.yaml", "-p", "day=2026-10-30"]);
    let answer = super::project::answer(command.env_remove("DATABASE_URL").output().unwrap()).expect(0);
    let file = project.path(".local/share/overnight/overnight.db");
    assert!(file.exists());
    assert!(answer.stderr.contains(&file.to_string_lossy().into_owned()), "{answer:?}");
}

#[test]
fn a_server_that_is_not_there_has_its_own_exit_code() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    let answer = project.jobctl(&["list", "--database", "postgres://nobody@127.0.0.1:1/none"]).expect(9);
    assert!(answer.stderr.contains("cannot connect to"), "{answer:?}");
}

#[test]
fn a_database_that_is_none_is_refused_at_once() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    let folder = project.folder.path().to_string_lossy().into_owned();
    for (url, said) in [
        ("mysql://h/d", "`mysql://h/d` is no address"),
        (":memory:", "name a file"),
        ("", "the path of the file is missing"),
        (folder.as_str(), "is a folder: name a file in it"),
    ] {
        let typed = project.jobctl(&["list", "--database", url]).expect(2);
        assert!(typed.stderr.contains(said), "{url}: {typed:?}");
        project.file("jobctl.toml", &format!("database = {url:?}\n"));
        let mut command = project.command(&["list"]);
        let settled = super::project::answer(command.env_remove("DATABASE_URL").output().unwrap()).expect(2);
        assert!(settled.stderr.contains(said), "{url}: {settled:?}");
        std::fs::remove_file(project.path("jobctl.toml")).unwrap();
    }
}

#[test]
fn only_verbs_that_need_the_store_make_it_and_those_that_write_name_it() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    project.file("strict.yaml", JOB);
    for (verb, code) in [
        (&["validate", "strict.yaml"][..], 0),
        (&["migrate", "sql"], 0),
        (&["migrate", "down"], 2),
        (&["start", "1"], 2),
        (&["start", "missing.yaml"], 7),
        (&["start", "strict.yaml", "-p", "day=today"], 7),
    ] {
        let answer = project.embedded(verb).expect(code);
        assert!(!answer.stderr.contains("using the embedded database"), "{answer:?}");
        assert!(!project.path(".local").exists(), "{verb:?}");
    }
    let started = project.embedded(&["start", "strict.yaml", "-p", "day=2026-10-30"]).expect(0);
    assert!(started.stderr.starts_with("using the embedded database"), "{started:?}");
    for (verb, code) in [(&["stop", "1"][..], 6), (&["migrate", "up"], 0), (&["migrate", "down", "--yes"], 0)] {
        let answer = project.embedded(verb).expect(code);
        assert!(answer.stderr.contains("using the embedded database"), "{answer:?}");
    }
    let sql = project.jobctl(&["migrate", "sql", "--database", "postgres://nobody@127.0.0.1:1/none"]).expect(0);
    assert!(sql.stdout.contains("CREATE SCHEMA"), "{sql:?}");
}

/// Where the folder for the file cannot be made, that is said behind the name of the file.
#[test]
fn the_embedded_file_is_named_before_it_is_opened() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    project.file("strict.yaml", JOB);
    project.file(
        ".local/share/overnight/overnight.db",
        "this is no database, it is a text that is long enough to be none",
    );
    let failed = project.embedded(&["start", "strict.yaml", "-p", "day=2026-10-30"]);
    assert_ne!(failed.code, Some(0), "{failed:?}");
    assert!(failed.stderr.starts_with("using the embedded database"), "{failed:?}");
}

/// It pins the store of a project: the disk that its link leads to may only be away.
#[test]
fn a_settings_file_that_cannot_be_read_is_not_passed_over() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    let settings = project.path("jobctl.toml");
    std::os::unix::fs::symlink("away/jobctl.toml", &settings).unwrap();
    let refused = project.jobctl(&["list"]).expect(2);
    assert!(refused.stderr.contains("jobctl.toml: No such file or directory"), "{refused:?}");
    std::fs::remove_file(&settings).unwrap();
    std::fs::create_dir(&settings).unwrap();
    let refused = project.jobctl(&["list"]).expect(2);
    assert!(refused.stderr.contains("jobctl.toml: it is not a file"), "{refused:?}");
}

#[test]
fn a_mistake_in_the_settings_file_is_told_with_its_place_and_no_password() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    for (settings, said) in [
        ("project = \"eod\"\ndatabase = \"postgres://u:hunter2@h/d\n", "jobctl.toml:2:"),
        ("databse = \"postgres://u:hunter2@h/d\"\n", "jobctl.toml:1:1: unknown field `databse`"),
        ("connections = \"postgres://u:hunter2@h/d\"\n", "jobctl.toml:1:15: invalid type: string, expected a map"),
        ("database = hunter2\n", "jobctl.toml:1:12: "),
        ("[connections]\nledger = [\"postgres://u:hunter2@h/d\"]\n", "jobctl.toml:2:10: invalid type: sequence"),
    ] {
        project.file("jobctl.toml", settings);
        let refused = project.jobctl(&["list"]).expect(2);
        assert!(refused.stderr.contains(said) && !refused.stderr.contains("hunter2"), "{refused:?}");
    }
}

#[test]
fn a_variable_that_cannot_be_understood_is_refused_and_not_passed_over() {
    use std::os::unix::ffi::OsStrExt as _;

    let project = Project::new(overnight_db::Backend::Sqlite);
    for (name, value, said) in [
        ("DATABASE_URL", &b"/srv/\xff.db"[..], "DATABASE_URL: expected UTF-8"),
        ("JOBCTL_PROJECT", b"\xff", "JOBCTL_PROJECT: expected UTF-8"),
        ("JOBCTL_LOG", b"a=b=c", "JOBCTL_LOG: expected a level such as debug"),
        (
            "JOBCTL_HEARTBEAT",
            b"5ms",
            "JOBCTL_HEARTBEAT: expected a duration of at least 10 ms, such as 5s, found \"5ms\"",
        ),
    ] {
        let mut command = project.command(&["list"]);
        let refused = command.env(name, std::ffi::OsStr::from_bytes(value)).output().unwrap();
        let refused = super::project::answer(refused).expect(2);
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
}

#[test]
fn printed_commands_find_the_job_again() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    project.file("fails.yaml", &JOB.replace("'true'", "'false'"));
    let options = ["--database", "other.db", "--project", "eod"];
    let failed = project.jobctl(&[&["start", "fails.yaml", "-p", "day=2026-10-30"][..], &options].concat()).expect(3);
    assert!(failed.stderr.contains("`jobctl restart 1 --database other.db --project eod`"), "{failed:?}");
}

#[test]
fn a_terminal_is_painted_unless_it_wants_no_colours_and_calls_an_error_one_once() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    project.file("wrong.yaml", &JOB.replace("\nsteps:", "\nstpes:"));
    let shown = |variables: &[_]| on_terminal(&project, 100, variables, "jobctl start wrong.yaml").expect(7).stdout;
    let painted = shown(&[("TERM", "xterm")]);
    assert!(painted.contains("\u{1b}[") && painted.matches("error").count() == 1, "{painted:?}");
    for variables in [&[("TERM", "xterm"), ("NO_COLOR", "1")][..], &[("TERM", "dumb")]] {
        let plain = shown(variables);
        assert!(plain.starts_with("error[E201]: ") && !plain.contains('\u{1b}'), "{plain:?}");
    }
}

#[test]
fn a_job_runs_on_a_terminal() {
    let project = Project::new(overnight_db::Backend::Sqlite);
    project.file("strict.yaml", JOB);
    let ran = on_terminal(&project, 100, &[], "jobctl start strict.yaml -p day=2026-10-30").expect(0);
    assert!(ran.stdout.contains("say: finished"), "{ran:?}");
}
