//! What the tests can rely on: a database each, migrated once, on a server that is shared and goes by itself.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use overnight_db::testing::{PrivateServer, Template, TestDatabase};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs a statement through psql, the one client that a helper without a driver has.
fn sql(url: &str, statement: &str) -> Outcome<String> {
    let output = Command::new("psql").args(["-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", statement]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn schema(url: &str) -> Outcome {
    sql(url, "CREATE TABLE account (id bigint PRIMARY KEY); INSERT INTO account VALUES (1)").map(drop)
}

const ACCOUNTS: Template<'static> = Template { version: "accounts-1", migrate: &schema };

/// A folder per test, so that the tests here do not share a server with each other.
fn folder(test: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres").join(test)
}

fn port_of(url: &str) -> Outcome<u16> {
    let rest = url.rsplit_once(':').ok_or("no port")?.1;
    Ok(rest.split('/').next().ok_or("no port")?.parse()?)
}

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn two_tests_do_not_see_each_others_rows() -> Outcome {
    let folder = folder("two");
    let [one, two] = [TestDatabase::create(&folder, &ACCOUNTS)?, TestDatabase::create(&folder, &ACCOUNTS)?];
    sql(&one.url(), "INSERT INTO account VALUES (2)")?;
    assert_eq!(sql(&one.url(), "SELECT count(*) FROM account")?, "2");
    assert_eq!(sql(&two.url(), "SELECT count(*) FROM account")?, "1");
    assert_eq!(port_of(&one.url())?, port_of(&two.url())?);
    Ok(())
}

#[test]
fn a_database_goes_with_its_test_even_when_somebody_is_connected() -> Outcome {
    let folder = folder("drop");
    let observer = TestDatabase::create(&folder, &ACCOUNTS)?;
    let database = TestDatabase::create(&folder, &ACCOUNTS)?;
    let name = database.name().to_owned();
    let mut session = Command::new("psql")
        .args(["-Xq", &database.url(), "-c", "SELECT pg_sleep(60)"])
        .stderr(Stdio::null())
        .spawn()?;
    drop(database);
    assert!(!session.wait()?.success());
    assert_eq!(sql(&observer.url(), &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"))?, "0");
    Ok(())
}

#[test]
fn the_migrations_run_once_however_many_tests_come_at_once() -> Outcome {
    let folder = folder("once");
    let calls = AtomicUsize::new(0);
    let migrate = |url: &str| {
        calls.fetch_add(1, Ordering::SeqCst);
        schema(url)
    };
    // Of this process alone: the template of an earlier run may still be there.
    let version = format!("once-{}", std::process::id());
    let made = std::thread::scope(|scope| {
        let create = || TestDatabase::create(&folder, &Template { version: &version, migrate: &migrate });
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no test panics here")).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(made?.len(), 8);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    Ok(())
}

#[test]
fn migrations_that_fail_fail_the_test_and_leave_no_template() -> Outcome {
    let folder = folder("broken");
    let version = format!("broken-{}", std::process::id());
    let broken = Template { version: &version, migrate: &|_| Err("no such migration".into()) };
    let Err(error) = TestDatabase::create(&folder, &broken) else { return Err("a broken template was copied".into()) };
    assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("no such migration"));
    TestDatabase::create(&folder, &Template { version: &version, migrate: &schema })?;
    Ok(())
}

#[test]
fn a_private_server_keeps_its_url_and_what_was_committed_over_a_power_cut() -> Outcome {
    let server = PrivateServer::create()?;
    let url = server.database(&ACCOUNTS)?;
    sql(&url, "INSERT INTO account VALUES (2)")?;
    server.stop_immediately()?;
    assert!(sql(&url, "SELECT 1").is_err());
    server.start()?;
    assert_eq!(sql(&url, "SELECT count(*) FROM account")?, "2");
    drop(server);
    assert!(!answers(port_of(&url)?));
    Ok(())
}

/// What the child of the next test does: it takes a database, says where, and waits to be killed.
fn be_killed(folder: &Path) -> Outcome {
    let database = TestDatabase::create(folder, &ACCOUNTS)?;
    std::fs::write(folder.join("ready.part"), database.url())?;
    std::fs::rename(folder.join("ready.part"), folder.join("ready"))?;
    writeln!(std::io::stdout(), "ready")?;
    std::thread::park();
    Ok(())
}

fn start_child(folder: &Path) -> Outcome<Child> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["--exact", "the_server_goes_when_its_last_user_was_killed", "--nocapture"]);
    Ok(child.env("OVERNIGHT_BE_KILLED", folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?)
}

#[test]
fn the_server_goes_when_its_last_user_was_killed() -> Outcome {
    if let Some(folder) = std::env::var_os("OVERNIGHT_BE_KILLED") {
        return be_killed(Path::new(&folder));
    }
    let folder = folder("killed");
    let mut children = [start_child(&folder)?, start_child(&folder)?];
    for child in &mut children {
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?);
        let said = lines.lines().map_while(Result::ok).any(|line| line.ends_with("ready"));
        assert!(said, "the child ended before it had a database");
    }
    let port = port_of(&std::fs::read_to_string(folder.join("ready"))?)?;
    assert!(answers(port));
    // The watcher holds this lock until it has taken the server away.
    let whereabouts = std::fs::read_to_string(folder.join("server"))?;
    let watcher = File::open(Path::new(whereabouts.lines().next().ok_or("no whereabouts")?).join("watcher.lock"))?;
    for child in &mut children {
        child.kill()?;
        child.wait()?;
    }
    watcher.lock()?;
    assert!(!answers(port));
    Ok(())
}
