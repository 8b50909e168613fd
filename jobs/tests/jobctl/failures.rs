//! Every way in which a step fails, as a person reads it: what, where, why, and what to do next.
//!
//! The words stand in `failures/sqlite.txt` and `failures/postgres.txt`, one block for each job of `failures/jobs.yaml`.
//! `UPDATE_DOCS=1 cargo test -p overnight --test jobctl failures` writes them anew. Every command in them is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use overnight_db::testing::PrivateServer;
use overnight_db::{Backend, Session};

use super::project::{Answer, Project, answer, template, until};
use super::transcripts::same_for_all;

/// The files that the jobs read.
const FILES: [(&str, &str); 6] = [
    ("rows.csv", "id,amount,share\n1,1.00,1\n2,oops,0\n"),
    ("good.csv", "id,amount,share\n1,1.00,1\n2,2.00,0\n"),
    ("many.csv", "id,amount,share\n1,1.00,1\n2,x,0\n3,y,0\n4,z,1\n"),
    ("twice.csv", "id,amount,share\n1,1.00,1\n2,2.00,5\n2,3.00,5\n"),
    ("folder/inside.csv", "id\n"),
    ("plain.txt", "no program\n"),
];

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jobctl/failures").join(name)
}

/// The jobs: files of YAML, one behind the other.
fn jobs() -> Vec<String> {
    let text = fs::read_to_string(here("jobs.yaml")).unwrap();
    text.split("---\n").map(str::to_owned).filter(|job| job.contains("name: ")).collect()
}

fn words_of(project: &Project) -> String {
    for (name, text) in FILES {
        project.file(name, text);
    }
    jobs().iter().map(|job| failed(project, job)).collect()
}

/// What is said of a job that fails, when it ends and when somebody looks later.
fn failed(project: &Project, job: &str) -> String {
    let name = job.lines().find_map(|line| line.strip_prefix("name: ")).unwrap();
    project.file("job.yaml", job);
    let started = project.jobctl(&["start", "job.yaml"]).expect(3);
    let shown = project.jobctl(&["show", name]).expect(0);
    assert!(started.stderr.ends_with(&shown.stderr), "{started:#?} {shown:#?}");
    commands_work(project, &shown.stderr);
    format!("## {name}\n{}\n", same_for_all(&shown.stderr, project))
}

/// Runs every command of ours that is printed. A restart fails again, because nothing was mended.
fn commands_work(project: &Project, words: &str) {
    for command in words.split('`').filter(|text| text.starts_with("jobctl ")) {
        let arguments: Vec<_> = command.split(' ').skip(1).collect();
        let expected = if arguments[0] == "restart" { 3 } else { 0 };
        project.jobctl(&arguments).expect(expected);
    }
}

fn check(backend: Backend, file: &str) {
    let words = words_of(&Project::new(backend));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(here(file), &words).unwrap();
    }
    let kept = fs::read_to_string(here(file)).unwrap();
    for (said, kept) in words.split("## ").zip(kept.split("## ")) {
        assert_eq!(said, kept, "{file}");
    }
    assert_eq!(words, kept, "{file}");
}

#[test]
fn a_failure_says_what_where_why_and_what_next_on_sqlite() {
    check(Backend::Sqlite, "sqlite.txt");
}

#[test]
fn a_failure_says_what_where_why_and_what_next_on_postgres() {
    check(Backend::Postgres, "postgres.txt");
}

/// The program as a user who may not do everything, whoever runs the tests.
fn as_nobody(project: &Project, arguments: &[&str]) -> Answer {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;

    let plain = project.command(arguments);
    let mine = fs::metadata(project.folder.path()).unwrap().uid();
    let program = project.path("jobctl");
    if !program.exists() {
        fs::copy(plain.get_program(), &program).unwrap();
    }
    let mut command = Command::new(program);
    if mine == 0 {
        fs::set_permissions(project.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        command.uid(65_534).gid(65_534);
    }
    command.args(arguments).current_dir(project.folder.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    answer(command.output().unwrap())
}

fn forbid(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

const READS: &str = "name: reads
steps:
  - name: load
    chunk:
      reader: { csv: { path: good.csv, columns: { id: integer } } }
      writer: { csv: { path: OUT } }
";

#[test]
fn a_file_without_the_right_to_read_it_or_to_write_beside_it_is_told_with_the_command_that_gives_it() {
    let project = Project::new(Backend::Sqlite);
    let good = project.file("good.csv", FILES[1].1);
    project.file("closed/there.csv", "");
    project.file("job.yaml", &READS.replace("OUT", "out.csv"));
    forbid(&good, 0o000);
    let refused = as_nobody(&project, &["start", "job.yaml"]).expect(3);
    let good = good.to_string_lossy();
    assert!(refused.stderr.contains(&format!("cannot read {good}: Permission denied")), "{refused:#?}");
    assert!(refused.stderr.contains(&format!("`chmod u+rX {good}` lets its owner read it")), "{refused:#?}");
    forbid(Path::new(&*good), 0o644);
    forbid(&project.path("closed"), 0o555);
    project.file("job.yaml", &READS.replace("name: reads", "name: writes").replace("OUT", "closed/out.csv"));
    let refused = as_nobody(&project, &["start", "job.yaml"]).expect(3);
    let closed = project.path("closed").to_string_lossy().into_owned();
    assert!(refused.stderr.contains("Io: cannot write "), "{refused:#?}");
    assert!(refused.stderr.contains(&format!("`chmod u+w {closed}` lets its owner")), "{refused:#?}");
    forbid(&project.path("closed"), 0o755);
}

/// What is wrong with a file that SQLite shall open, and what is said of it.
#[test]
fn a_file_that_does_not_open_is_told_by_its_name_with_what_to_do() {
    let project = Project::new(Backend::Sqlite);
    // What a process has left in the log beside the file would not be in a copy of the file.
    until(|| {
        project.jobctl(&["list"]).expect(0);
        !project.path("jobs.db-wal").exists()
    });
    let copy = |name: &str| {
        fs::create_dir_all(project.path(name)).unwrap();
        forbid(&project.path(name), 0o777);
        let path = project.path(name).join("jobs.db");
        fs::copy(project.path("jobs.db"), &path).unwrap();
        path
    };
    project.file("hello.yaml", "name: hello\nsteps: [{ name: say, tasklet: { shell: { command: 'true' } } }]\n");
    project.file("text.db", "this is a text and no database");
    forbid(&copy("unreadable"), 0o000);
    forbid(&copy("unwritable"), 0o444);
    forbid(&copy("closed"), 0o666);
    forbid(&project.path("closed"), 0o555);
    for name in ["sealed", "shared"] {
        forbid(&copy(name), 0o666);
        forbid(&project.file(&format!("{name}/jobs.db.lock"), ""), if name == "shared" { 0o600 } else { 0o666 });
    }
    forbid(&project.path("sealed"), 0o555);
    let folder = project.folder.path().to_string_lossy().into_owned();
    for (arguments, code, said, help) in [
        (["list", "text.db"], 9, "/text.db is not a database of SQLite", "`file FOLDER/text.db` says what it is"),
        (["list", "gone/jobs.db"], 9, "cannot lock FOLDER/gone/jobs.db.lock: No such", "`mkdir -p FOLDER/gone`"),
        (
            ["list", "unreadable/jobs.db"],
            9,
            "cannot open FOLDER/unreadable/jobs.db: Permission",
            "`chmod u+rw FOLDER/unreadable/jobs.db`",
        ),
        (
            ["list", "closed/jobs.db"],
            9,
            "cannot lock FOLDER/closed/jobs.db.lock: Permission",
            "`chmod u+w FOLDER/closed`",
        ),
        (
            ["list", "shared/jobs.db"],
            9,
            "cannot lock FOLDER/shared/jobs.db.lock: Permission",
            "`chmod u+rw FOLDER/shared/jobs.db.lock`",
        ),
        (
            ["list", "sealed/jobs.db"],
            10,
            "the database is read-only: attempt to write a readonly database",
            "the folder must take new files: `chmod u+w sealed`",
        ),
        (
            ["start", "unwritable/jobs.db"],
            10,
            "cannot write to FOLDER/unwritable/jobs.db: Permission",
            "`chmod u+w FOLDER/unwritable/jobs.db`",
        ),
    ] {
        let [verb, database] = arguments;
        let job: &[&str] = if verb == "start" { &["hello.yaml"] } else { &[] };
        let refused = as_nobody(&project, &[&[verb, "--database", database], job].concat()).expect(code);
        let whole = |text: &str| text.replace("FOLDER", &folder);
        assert!(refused.stderr.contains(&whole(said)), "{said}: {refused:#?}");
        assert!(refused.stderr.contains(&whole(help)), "{help}: {refused:#?}");
    }
    as_nobody(&project, &["list", "--database", "unwritable/jobs.db"]).expect(0);
    forbid(&project.path("closed"), 0o755);
    forbid(&project.path("sealed"), 0o755);
}

/// Addresses where nobody lets us in. PASSWORD is the right one.
#[test]
fn a_server_that_does_not_let_us_in_says_why_and_what_to_do_and_shows_no_password() {
    let project = Project::new(Backend::Postgres);
    let (user, place) = project.url.strip_prefix("postgres://postgres:").unwrap().rsplit_once('@').unwrap();
    let (host, database) = place.split_once('/').unwrap();
    let (name, port) = host.split_once(':').unwrap();
    let address = |user: &str, host: &str, rest: &str| format!("postgres://{user}@{host}/{rest}");
    let right = format!("postgres:{user}");
    let ready = "`pg_isready -h 127.0.0.1 -p 1`";
    for (url, said, help) in [
        (address(&right, "127.0.0.1:1", "d"), "Connection refused", ready.to_owned()),
        (
            address(&right, "no-host.invalid", "d"),
            "could not translate host name",
            "`getent hosts no-host.invalid`".to_owned(),
        ),
        (
            address("postgres:hunter2", host, database),
            "password authentication failed",
            format!("`psql -h {name} -p {port} -U postgres -W {database}`"),
        ),
        // A server that asks for a password does not tell who is unknown.
        (
            address("nobody:hunter2", host, database),
            "password authentication failed for user \"nobody\"",
            format!("`psql -h {name} -p {port} -U nobody -W {database}`"),
        ),
        (
            address(&right, host, "no_db"),
            "database \"no_db\" does not exist",
            format!("`createdb -h {name} -p {port} -O postgres no_db`"),
        ),
        (address(&right, host, &format!("{database}?sslmode=require")), "SSL", "`?sslmode=prefer`".to_owned()),
    ] {
        let refused = project.jobctl(&["list", "--database", &url]).expect(9);
        assert!(
            refused.stderr.contains("error: cannot connect to postgres://") && refused.stderr.contains(said),
            "{refused:#?}"
        );
        assert!(refused.stderr.contains("  help: ") && refused.stderr.contains(&help), "{help}: {refused:#?}");
        assert!(!refused.stderr.contains("hunter2") && !refused.stderr.contains(user), "{refused:#?}");
    }
}

#[test]
fn a_user_whom_the_server_does_not_know_is_told_what_an_administrator_types() {
    let server = PrivateServer::create().unwrap();
    let mut project = Project::new(Backend::Sqlite);
    project.url = server.database(&template()).unwrap();
    project.execute(
        "do $$ begin execute format('copy (select %L) to %L', 'host all all 127.0.0.1/32 trust', current_setting('hba_file')); end $$;
         select pg_reload_conf()",
    );
    let (_, place) = project.url.rsplit_once('@').unwrap();
    let url = format!("postgres://nobody@{place}");
    let list = || project.jobctl(&["list", "--database", &url]).expect(9).stderr;
    until(|| list().contains("role \"nobody\" does not exist"));
    let command = format!("`createuser -h 127.0.0.1 -p {} -P nobody`", server.port());
    assert!(list().contains(&command), "{}", list());
}

#[test]
fn a_user_without_rights_is_told_what_an_administrator_types_and_that_is_enough() {
    let project = Project::new(Backend::Postgres);
    let (_, place) = project.url.rsplit_once('@').unwrap();
    let role = format!("poor_{}", std::process::id());
    project.execute(&format!("drop role if exists {role}; create role {role} login password 'pw'"));
    let url = format!("postgres://{role}:pw@{place}");
    for _ in 0..3 {
        let listed = project.jobctl(&["list", "--database", &url]);
        if listed.code == Some(0) {
            break;
        }
        let refused = listed.expect(10);
        assert!(refused.stderr.contains("the database does not allow it: permission denied"), "{refused:#?}");
        for statement in refused.stderr.split('`').filter(|text| text.starts_with("GRANT ")) {
            project.execute(statement);
        }
    }
    project.jobctl(&["list", "--database", &url]).expect(0);
    project.file("hello.yaml", "name: hello\nsteps: [{ name: say, tasklet: { shell: { command: 'true' } } }]\n");
    project.jobctl(&["start", "hello.yaml", "--database", &url]).expect(0);
    project.execute(&format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn a_schema_of_another_version_is_refused_with_its_own_exit_code() {
    let project = Project::new(Backend::Postgres);
    project.jobctl(&["migrate", "down", "--yes"]).expect(0);
    let older = project.jobctl(&["list"]).expect(6);
    assert!(
        older.stderr.contains("the database has schema 2, and this program needs 3: run `jobctl migrate up`"),
        "{older:#?}"
    );
    project.jobctl(&["migrate", "up"]).expect(0);
    project.jobctl(&["list"]).expect(0);
    let list = project.table("schema_migration");
    project.execute(&format!("insert into {list} (version, name) values (7, 'later')"));
    let newer = project.jobctl(&["list"]).expect(6);
    assert!(newer.stderr.contains("the database has schema 7, and this program knows only 3"), "{newer:#?}");
    assert!(newer.stderr.contains("`jobctl version` shows how old this program is"), "{newer:#?}");
    project
        .execute(&format!("update {list} set name = 'other' where version = 1; delete from {list} where version = 7"));
    let strange = project.jobctl(&["list"]).expect(6);
    assert!(strange.stderr.contains("`jobctl migrate status` lists what the database has"), "{strange:#?}");
    project.jobctl(&["migrate", "status"]).expect(0);
}

const DEADLOCK: &str = "name: deadlock
steps:
  - name: both
    tasklet:
      sql:
        statement: |
          update near set n = n + 1;
          update far set n = n + 1;
";

#[test]
fn a_deadlock_may_pass_and_is_called_so() {
    let project = Project::new(Backend::Postgres);
    project.execute("create table near as select 1 as n; create table far as select 1 as n");
    // Only who waits first looks for the circle, and it is closed by then.
    let (_, database) = project.url.rsplit_once('/').unwrap();
    project.execute(&format!("alter database \"{database}\" set deadlock_timeout = '3s'"));
    project.file("job.yaml", DEADLOCK);
    project.jobctl(&["list"]).expect(0);
    let deadlocked = project.database().write(|mut session| {
        statement(&mut session, "begin; set local deadlock_timeout = '1h'; update far set n = n + 1");
        let child = project.spawn(&["start", "job.yaml"]);
        let waiting = "select count(*) from pg_locks where not granted and pid <> pg_backend_pid()";
        until(|| project.number(waiting) > 0);
        statement(&mut session, "update near set n = n + 1; commit");
        answer(child.wait_with_output().unwrap())
    });
    let deadlocked = deadlocked.unwrap().expect(3);
    let said = "step both: Transient: the database refused the statement on line 2: deadlock detected";
    assert!(deadlocked.stderr.contains(said), "{deadlocked:#?}");
    assert!(deadlocked.stderr.contains("`jobctl explain Transient`"), "{deadlocked:#?}");
    project.jobctl(&["restart", "1"]).expect(0);
}

fn statement(session: &mut Session<'_>, text: &str) {
    let Session::Postgres(connection) = session else { panic!("not PostgreSQL") };
    connection.batch_execute(text).unwrap();
}
