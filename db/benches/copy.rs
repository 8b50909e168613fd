//! The raw speed of the table writers and readers, as ratios to `psql \copy` and `sqlite3 .import` in the same run.
//!
//! `BENCH_POSTGRES` names a server to measure on, as `postgres://…`; without it the server of the tests is taken, which
//! forces nothing to the disk. `BENCH_ROWS` is the number of rows. A baseline whose program is not there is left out.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

#[path = "../../framework/benches/figures/mod.rs"]
mod figures;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use chrono::NaiveDate;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use overnight_db::Session;
use overnight_db::table::{Encoded, Encoder, KeysetQuery, Mode, Parameters, Table, TableWriter};
use overnight_db::testing::{Template, TestDatabase};
use overnight_framework::row::{Column, Row, Schema, Type, Value};

use self::figures::{by_turns, print};

const TABLE: &str = "(id bigint PRIMARY KEY, account text, amount float8, day date, branch text)";
const ROUNDS: usize = 3;

fn main() {
    let rows = std::env::var("BENCH_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("copy-bench");
    std::fs::create_dir_all(&folder).unwrap();
    let data = Data { rows: (0..rows).map(row).collect(), csv: folder.join("rows.csv") };
    data.write_csv();
    postgres(&data, &folder);
    sqlite(&data, &folder);
}

/// All the rows, in memory, so that only writing and reading is measured.
struct Data {
    rows: Vec<Row>,
    csv: PathBuf,
}

impl Data {
    fn write_csv(&self) {
        let mut text = String::new();
        for row in &self.rows {
            let cells: Vec<_> = row.iter().map(ToString::to_string).collect();
            writeln!(text, "{}", cells.join(",")).unwrap();
        }
        std::fs::write(&self.csv, text).unwrap();
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn row(number: usize) -> Row {
    let day = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(number as u64 % 2_000);
    vec![
        Value::Int(number.try_into().unwrap()),
        Value::Str(format!("ACC-{number:09}").into()),
        Value::Float((number % 100_000) as f64 / 8.0),
        Value::Date(day),
        Value::from(["HQ", "ZRH", "GVA", "BRN"][number % 4]),
    ]
}

fn schema() -> Arc<Schema> {
    let kinds = [Type::Int, Type::Str, Type::Float, Type::Date, Type::Str];
    let names = ["id", "account", "amount", "day", "branch"];
    Schema::new(names.iter().zip(kinds).map(|(name, kind)| Column::new(*name, kind)).collect())
}

/// A way of doing it, and its name.
type Way<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// Runs each way in turn, some rounds, and prints the rates as multiples of that of the first.
fn compare(title: &str, rows: usize, ways: &mut [Way<'_>]) {
    let (names, mut timed): (Vec<_>, Vec<_>) = ways.iter_mut().map(|(name, way)| (*name, || timed(way))).unzip();
    let mut ways: Vec<_> = timed.iter_mut().map(|way| way as figures::Way<'_>).collect();
    let turns = by_turns(ROUNDS, &mut ways);
    print(format_args!("\n{title}"));
    for (number, name) in names.into_iter().enumerate() {
        let rate = rows as f64 / turns.median(number);
        print(format_args!("{name:42} {rate:>9.0} rows/s   {:.2}x", turns.ratio(0, number)));
    }
}

/// Seconds.
fn timed(way: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    way();
    start.elapsed().as_secs_f64()
}

#[expect(clippy::disallowed_methods, reason = "a bench has its own connections")]
fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

/// A server to measure on.
struct Server<'d> {
    url: String,
    data: &'d Data,
}

impl Server<'_> {
    fn fresh(&self, table: &str) {
        let sql = format!("DROP TABLE IF EXISTS speed; CREATE TABLE speed {table}; CHECKPOINT");
        connect(&self.url).batch_execute(&sql).unwrap();
    }

    /// Whether psql is there and did it.
    fn psql(&self, command: &str) -> bool {
        let mut psql = Command::new("psql");
        psql.args(["-q", "-X", "-d", &self.url, "-c", command]).stdout(Stdio::null());
        psql.status().is_ok_and(|status| status.success())
    }
}

fn postgres(data: &Data, folder: &Path) {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres");
    let named = std::env::var("BENCH_POSTGRES").ok();
    let own = named
        .is_none()
        .then(|| TestDatabase::create(&home, &Template { version: "empty", migrate: &|_| Ok(()) }).unwrap());
    let server = Server { url: named.unwrap_or_else(|| own.as_ref().unwrap().url()), data };
    insert(&server);
    send(&server, folder);
    upsert(&server);
    select(&server);
}

fn insert(server: &Server<'_>) {
    let Server { url, data } = server;
    let plain = TABLE.replace(" PRIMARY KEY", "");
    let fresh = || server.fresh(&plain);
    let copy = format!("\\copy speed FROM '{}' CSV", data.csv.display());
    let psql = || {
        fresh();
        assert!(server.psql(&copy));
    };
    let one = || {
        fresh();
        one_thread(url, data, 10_000, Mode::Insert);
    };
    let two = |chunk: usize| {
        fresh();
        two_threads(url, data, chunk);
    };
    let mut ways: Vec<Way<'_>> = Vec::new();
    if server.psql("SELECT 1") {
        ways.push(("psql \\copy csv", Box::new(psql)));
    }
    ways.push(("insert, one thread, chunks of 10,000", Box::new(one)));
    ways.push(("insert, two threads, chunks of 10,000", Box::new(|| two(10_000))));
    ways.push(("insert, two threads, chunks of 5,000", Box::new(|| two(5_000))));
    ways.push(("insert, two threads, chunks of 1,000", Box::new(|| two(1_000))));
    ways.push(("encoding alone", Box::new(|| encode(url, data))));
    compare("Postgres, a table without index", data.rows.len(), &mut ways);
}

/// What diesel costs a writer that has its rows in binary form already: G7, at least 0.90. The baseline sends the same bytes
/// through libpq without Rust, `\copy` by `\copy`, each with its own commit.
fn send(server: &Server<'_>, folder: &Path) {
    let Server { url, data } = server;
    let plain = TABLE.replace(" PRIMARY KEY", "");
    server.fresh(&plain);
    let encoder = writer(&mut connect(url), Mode::Insert).encoder();
    let encoded: Vec<_> = data.rows.chunks(10_000).map(|rows| encode_chunk(&encoder, rows)).collect();
    let Some(script) = binary_files(server, folder) else { return };
    let psql = || {
        server.fresh(&plain);
        let mut psql = Command::new("psql");
        psql.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", url, "-f"]).arg(&script).stdout(Stdio::null());
        assert!(psql.status().unwrap().success());
    };
    let diesel = || {
        server.fresh(&plain);
        let mut connection = connect(url);
        let writer = writer(&mut connection, Mode::Insert);
        encoded.iter().for_each(|encoded| send_chunk(&mut connection, &writer, encoded));
    };
    let mut ways: Vec<Way<'_>> =
        vec![("psql \\copy binary, files of 10,000", Box::new(psql)), ("the same through diesel", Box::new(diesel))];
    compare("Postgres, sending alone (G7, goal 0.90)", data.rows.len(), &mut ways);
}

/// Writes the rows into files, as the server encodes them, and the script that copies them back. None without psql.
fn binary_files(server: &Server<'_>, folder: &Path) -> Option<PathBuf> {
    two_threads(&server.url, server.data, 10_000);
    let mut script = String::new();
    for first in (0..server.data.rows.len()).step_by(10_000) {
        let file = folder.join(format!("{first}.bin"));
        let rows = format!("SELECT * FROM speed WHERE id >= {first} AND id < {}", first + 10_000);
        let to = format!("\\copy ({rows}) TO '{}' (FORMAT binary)", file.display());
        server.psql(&to).then_some(())?;
        writeln!(script, "\\copy speed FROM '{}' (FORMAT binary)", file.display()).ok()?;
    }
    let path = folder.join("binary.sql");
    std::fs::write(&path, script).ok()?;
    Some(path)
}

fn encode_chunk(encoder: &Encoder, rows: &[Row]) -> Encoded {
    let mut encoded = Encoded::default();
    assert!(encoder.encode(rows, &mut encoded).is_empty());
    encoded
}

fn send_chunk(connection: &mut PgConnection, writer: &TableWriter, encoded: &Encoded) {
    connection
        .transaction(|connection| {
            writer.write_encoded(connection, encoded).map_err(|_| diesel::result::Error::NotFound)
        })
        .unwrap();
}

fn upsert(server: &Server<'_>) {
    let Server { url, data } = server;
    let write = |mode: Mode| {
        server.fresh(TABLE);
        one_thread(url, data, 10_000, mode);
    };
    let key = || Mode::Upsert { key: vec!["id".into()] };
    let mut ways: Vec<Way<'_>> = Vec::new();
    ways.push(("insert, chunks of 10,000", Box::new(|| write(Mode::Insert))));
    ways.push(("upsert, chunks of 10,000", Box::new(|| write(key()))));
    compare("Postgres, a table with a primary key", data.rows.len(), &mut ways);
}

fn select(server: &Server<'_>) {
    let Server { url, data } = server;
    let typed = schema();
    let texts = Schema::new(typed.columns().iter().map(|column| Column::new(&*column.name, Type::Str)).collect());
    let mut ways: Vec<Way<'_>> = Vec::new();
    if server.psql("SELECT 1") {
        ways.push(("psql \\copy to csv", Box::new(|| assert!(server.psql("\\copy speed TO STDOUT CSV")))));
    }
    ways.push(("pages of 10,000, binary", Box::new(|| read(&mut connect(url), data, &typed))));
    ways.push(("whole, binary", Box::new(|| read_whole(&mut connect(url), data, &typed))));
    ways.push(("whole, every column cast to text", Box::new(|| read_whole(&mut connect(url), data, &texts))));
    compare("Postgres, reading", data.rows.len(), &mut ways);
}

fn writer<'c>(session: impl Into<Session<'c>>, mode: Mode) -> TableWriter {
    let table = Table::describe(session, &"speed".parse().unwrap()).unwrap();
    TableWriter::new(&table, &schema(), mode).unwrap()
}

fn one_thread(url: &str, data: &Data, chunk: usize, mode: Mode) {
    let mut connection = connect(url);
    let mut writer = writer(&mut connection, mode);
    for rows in data.rows.chunks(chunk) {
        connection
            .transaction(|connection| writer.write(connection, rows).map_err(|_| diesel::result::Error::NotFound))
            .unwrap();
    }
}

fn encode(url: &str, data: &Data) {
    let encoder = writer(&mut connect(url), Mode::Insert).encoder();
    let mut encoded = Encoded::default();
    for rows in data.rows.chunks(10_000) {
        assert!(encoder.encode(rows, &mut encoded).is_empty());
    }
}

/// As a step does it: one thread reads and encodes, the other sends; the memory goes round.
fn two_threads(url: &str, data: &Data, chunk: usize) {
    let mut connection = connect(url);
    let writer = writer(&mut connection, Mode::Insert);
    let encoder = writer.encoder();
    let (full, sent) = sync_channel::<Encoded>(4);
    let (empty, spare) = sync_channel::<Encoded>(8);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for rows in data.rows.chunks(chunk) {
                let mut encoded = spare.try_recv().unwrap_or_default();
                assert!(encoder.encode(rows, &mut encoded).is_empty());
                full.send(encoded).unwrap();
            }
        });
        for encoded in sent {
            send_chunk(&mut connection, &writer, &encoded);
            let _ = empty.try_send(encoded);
        }
    });
}

fn read<'c>(session: impl Into<Session<'c>>, data: &Data, columns: &Arc<Schema>) {
    let mut session = session.into();
    let query = KeysetQuery {
        text: "SELECT * FROM speed".to_owned(),
        parameters: Parameters::new(),
        columns: columns.clone(),
        key: vec!["id".into()],
        page: 10_000,
    };
    let reader = query.open(session.reborrow()).unwrap();
    let (mut rows, mut last, mut count) = (Vec::new(), None, 0);
    loop {
        let page = reader.page(session.reborrow(), last.as_ref(), &mut rows).unwrap();
        count += rows.len();
        if !page.more {
            break;
        }
        last = page.last;
    }
    assert_eq!(count, data.rows.len());
}

fn read_whole<'c>(session: impl Into<Session<'c>>, data: &Data, columns: &Arc<Schema>) {
    let rows = overnight_db::table::read_all(session, "SELECT * FROM speed", &Parameters::new(), columns).unwrap();
    assert_eq!(rows.len(), data.rows.len());
}

fn sqlite(data: &Data, folder: &Path) {
    let file = folder.join("speed.db");
    let table = "(id INTEGER PRIMARY KEY, account TEXT, amount REAL, day TEXT, branch TEXT)";
    let fresh = || {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
        open(&file).batch_execute(&format!("CREATE TABLE speed {table}")).unwrap();
    };
    let import = || {
        let script = format!(".mode csv\n.import '{}' speed\n", data.csv.display());
        let mut shell = Command::new("sqlite3").arg(&file).stdin(Stdio::piped()).spawn().ok()?;
        std::io::Write::write_all(&mut shell.stdin.take()?, script.as_bytes()).ok()?;
        shell.wait().ok().filter(std::process::ExitStatus::success)
    };
    let write = |chunk: usize, mode: Mode| {
        fresh();
        let mut connection = open(&file);
        let mut writer = writer(&mut connection, mode);
        for rows in data.rows.chunks(chunk) {
            connection
                .immediate_transaction(|connection| {
                    writer.write(connection, rows).map_err(|_| diesel::result::Error::NotFound)
                })
                .unwrap();
        }
    };
    fresh();
    let mut ways: Vec<Way<'_>> = Vec::new();
    if import().is_some() {
        ways.push((
            "sqlite3 .import csv",
            Box::new(|| {
                fresh();
                import().unwrap();
            }),
        ));
    }
    ways.push(("insert, chunks of 1,000", Box::new(|| write(1_000, Mode::Insert))));
    ways.push(("insert, chunks of 10,000", Box::new(|| write(10_000, Mode::Insert))));
    ways.push(("upsert, chunks of 1,000", Box::new(|| write(1_000, Mode::Upsert { key: vec!["id".into()] }))));
    compare("SQLite, WAL, synchronous = NORMAL", data.rows.len(), &mut ways);
    let typed = schema();
    compare(
        "SQLite, reading",
        data.rows.len(),
        &mut [("pages of 10,000", Box::new(|| read(&mut open(&file), data, &typed)))],
    );
}

#[expect(clippy::disallowed_methods, reason = "a bench has its own connections")]
fn open(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(&file.display().to_string()).unwrap();
    connection.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").unwrap();
    connection
}
