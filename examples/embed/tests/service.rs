//! The service as its customers meet it: a process, a port, and a store of its own for each test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _};
use overnight::db::{Database, OpenOptions, Session};
use overnight_db::testing::{AnyError, Template, TestDatabase};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A store that is gone with the test.
struct Store {
    url: String,
    _folder: TempDir,
    _database: Option<TestDatabase>,
}

/// The service on a port of its own; it is gone with the test.
struct Service {
    process: Child,
    address: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Store {
    fn file() -> Self {
        let folder = TempDir::new().unwrap();
        Self { url: folder.path().join("shop.db").display().to_string(), _folder: folder, _database: None }
    }

    fn server() -> Self {
        let template = Template { version: concat!(env!("CARGO_PKG_VERSION"), "-schema-3"), migrate: &migrate };
        let database =
            TestDatabase::create(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres"), &template).unwrap();
        Self { url: database.url(), _folder: TempDir::new().unwrap(), _database: Some(database) }
    }

    /// How many rows there are.
    fn count(&self, rows: &str) -> i64 {
        let prefix = if self.url.starts_with("postgres:") { "overnight." } else { "overnight_" };
        let query = diesel::sql_query(format!("SELECT count(*) AS count FROM {}", rows.replace('~', prefix)));
        let database = Database::connect(&self.url, OpenOptions::default()).unwrap();
        let counted = database.read(|session| match session {
            Session::Postgres(connection) => query.get_result::<Count>(connection),
            Session::Sqlite(connection) => query.get_result::<Count>(connection),
        });
        counted.unwrap().unwrap().count
    }

    fn orders(&self) -> (i64, i64) {
        (self.count("shop_order"), self.count("~job_execution"))
    }
}

fn migrate(url: &str) -> Result<(), AnyError> {
    overnight_db::open(url, OpenOptions::default())?;
    Ok(())
}

fn command(address: &str, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overnight-example-embed"));
    command.args([address, url]).stdin(Stdio::null());
    command
}

impl Service {
    fn start(store: &Store) -> Self {
        let mut process = command("127.0.0.1:0", &store.url).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("listening at http://").unwrap().to_owned();
        Self { process, address }
    }

    fn ask(&self, request: &str, body: &str) -> TcpStream {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head =
            format!("{request} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: application/json\r\n");
        write!(connection, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        connection
    }

    /// Places an order; the answer is the status and the body.
    fn place(&self, order: &Value) -> (u16, String) {
        answer(self.ask("POST /orders", &order.to_string()))
    }

    /// Places an order that is taken; the answer is the id of its job.
    #[track_caller]
    fn placed(&self, order: &Value) -> i64 {
        let (status, body) = self.place(order);
        assert_eq!(status, 201, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["job"].as_i64().unwrap()
    }

    /// The events of a job, each as its name and its data, until the service ends the stream.
    fn progress(&self, job: i64) -> impl Iterator<Item = (String, Value)> + use<> {
        let lines = BufReader::new(self.ask(&format!("GET /jobs/{job}/progress"), "")).lines().map(Result::unwrap);
        let mut name = String::new();
        lines.filter_map(move |line| {
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            }
            let data = line.strip_prefix("data: ")?;
            Some((name.clone(), serde_json::from_str(data).unwrap()))
        })
    }

    /// Asks it to leave, and waits until it has.
    #[track_caller]
    fn leave(mut self) {
        let kill = format!("kill -TERM {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
    }
}

/// The status and the body.
fn answer(mut connection: TcpStream) -> (u16, String) {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has left cannot be killed, and need not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn an_order_and_its_job_come_together_or_not_at_all(store: &Store) {
    let service = Service::start(store);
    let job = service.placed(&json!({ "number": 1, "items": 3 }));
    let (name, end) = service.progress(job).last().unwrap();
    assert_eq!((name.as_str(), &end["status"]), ("ended", &"finished".into()));
    assert_eq!((store.orders(), store.count("packed")), ((1, 1), 3));

    let (status, words) = service.place(&json!({ "number": 1, "items": 5 }));
    assert_eq!((status, words.as_str()), (409, "there is an order 1 already"));
    // The job refuses it when the order is written already.
    let (status, words) = service.place(&json!({ "number": 2, "items": 0 }));
    assert!(status == 422 && words.contains("`items`"), "{status} {words}");
    assert_eq!(store.orders(), (1, 1));
    service.leave();
}

fn a_stream_tells_of_every_item_and_ends_with_its_job(store: &Store) {
    let service = Service::start(store);
    let job = service.placed(&json!({ "number": 7, "items": 20, "pace": 20 }));
    let events: Vec<_> = service.progress(job).collect();
    let (last, earlier) = events.split_last().unwrap();
    assert_eq!((last.0.as_str(), &last.1["status"], &last.1["error"]), ("ended", &"finished".into(), &Value::Null));
    assert!(!earlier.is_empty() && earlier.iter().all(|(name, _)| name == "progress"), "{events:?}");
    assert_eq!(earlier.last().unwrap().1["packed"], 20);
    // Who comes late is told how it ended.
    assert_eq!(service.progress(job).collect::<Vec<_>>(), std::slice::from_ref(last));
    let (status, words) = answer(service.ask("GET /jobs/4711/progress", ""));
    assert!(status == 404 && words.contains("4711"), "{status} {words}");
    service.leave();
}

fn a_job_that_is_interrupted_goes_on_with_the_next_start(store: &Store) {
    let service = Service::start(store);
    let job = service.placed(&json!({ "number": 1, "items": 40, "pace": 25 }));
    let mut events = service.progress(job);
    assert_eq!(events.next().unwrap().0, "progress");
    service.leave();
    // The stream was told how it ended before the service left.
    assert_eq!(events.last().unwrap().1["status"], "stopped");
    let there = store.count("packed");
    assert!((1..40).contains(&there), "{there}");
    assert_eq!(store.orders(), (1, 2));
    let service = Service::start(store);
    let (_, end) = service.progress(job + 1).last().unwrap();
    assert_eq!(end["status"], "finished");
    assert_eq!((store.count("packed"), store.count("(SELECT DISTINCT item FROM packed) AS items")), (40, 40));
    service.leave();
}

fn a_job_of_a_service_that_was_killed_goes_on_with_the_next_start(store: &Store) {
    let mut service = Service::start(store);
    let job = service.placed(&json!({ "number": 1, "items": 40, "pace": 25 }));
    assert_eq!(service.progress(job).next().unwrap().0, "progress");
    service.process.kill().unwrap();
    service.process.wait().unwrap();
    let service = Service::start(store);
    until(|| store.orders().1 == 2);
    let (_, end) = service.progress(job + 1).last().unwrap();
    assert_eq!(end["status"], "finished");
    assert_eq!((store.count("packed"), store.count("(SELECT DISTINCT item FROM packed) AS items")), (40, 40));
    service.leave();
}

/// Waits for what the service does by itself.
#[track_caller]
fn until(mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not happen");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Makes a test of each for both kinds of store.
macro_rules! on_both_stores {
    ($($name:ident)*) => {
        mod on_sqlite {
            $(#[test] fn $name() { super::$name(&super::Store::file()); })*
        }

        mod on_postgres {
            $(#[test] fn $name() { super::$name(&super::Store::server()); })*
        }
    };
}

on_both_stores! {
    an_order_and_its_job_come_together_or_not_at_all
    a_stream_tells_of_every_item_and_ends_with_its_job
    a_job_that_is_interrupted_goes_on_with_the_next_start
    a_job_of_a_service_that_was_killed_goes_on_with_the_next_start
}

#[test]
fn a_port_that_is_taken_has_its_own_words_and_its_own_exit_code() {
    let (other, store) = (TcpListener::bind("127.0.0.1:0").unwrap(), Store::file());
    let address = other.local_addr().unwrap().to_string();
    let ended = command(&address, &store.url).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(
        (ended.status.code(), said.trim()),
        (Some(4), &*format!("{address} is taken: another program listens there"))
    );
    assert!(!Path::new(&store.url).exists());
}
