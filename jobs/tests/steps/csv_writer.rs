//! The writer `csv`: whole files only, whatever happens on the way.

use std::fs;
use std::sync::Arc;

use overnight::error::names;
use overnight::execution::Counts;
use overnight::policy::{ErrorNames, SkipLimit, SkipPolicy};
use overnight::repository::ChunkError;
use overnight::row::{Column, Row, Schema, Type, Value, decimal};
use overnight::status::{Status, StopIntent};
use overnight::step::chunk::ItemWriter;
use overnight::steps::csv::{CsvReader, CsvWriter, INVALID_FILE};

use super::rows::{copy, reader_plan, write_elsewhere, writer, writer_plan};
use super::runs::{Folder, Runner, problems, step};

const SETTINGS: &str = "path: out/day.csv";
const FILE: &str = "out/day.csv";
const PART: &str = "out/.day.csv.part";

fn schema() -> Arc<Schema> {
    Schema::new(vec![Column::new("id", Type::Int), Column::new("memo", Type::Str).nullable()])
}

fn row(id: i64) -> Row {
    vec![Value::Int(id), Value::from(format!("m{id}").as_str())]
}

fn open(folder: &Folder, from: Option<&serde_json::Value>) -> Box<dyn ItemWriter<Row>> {
    let mut writer = writer(&CsvWriter, SETTINGS, &schema(), folder).unwrap();
    writer.open(from).unwrap();
    writer
}

/// Writes a chunk and commits it; the checkpoint went through the database as text.
fn commit(writer: &mut dyn ItemWriter<Row>, rows: &[Row]) -> serde_json::Value {
    write_elsewhere(writer, rows).unwrap();
    let checkpoint = writer.checkpoint().unwrap().unwrap();
    writer.committed();
    serde_json::from_str(&checkpoint.to_string()).unwrap()
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path(name)).unwrap()
}

#[test]
fn the_file_appears_whole_under_its_name_and_only_at_the_end() {
    let folder = Folder::new();
    let mut writer = open(&folder, None);
    commit(writer.as_mut(), &[row(1)]);
    assert!(!folder.path(FILE).exists());
    assert_eq!(read(&folder, PART), "id,memo\n1,m1\n");
    writer.finish().unwrap();
    assert_eq!(read(&folder, FILE), "id,memo\n1,m1\n");
    assert!(!folder.path(PART).exists());
    writer.finish().unwrap();
}

#[test]
fn cells_are_quoted_where_they_need_it_and_keep_their_digits() {
    let folder = Folder::new();
    let schema = Schema::new(
        [("t", Type::Str), ("d", Type::Decimal), ("n", Type::Int), ("i", Type::DateTime), ("x", Type::Bool)]
            .map(|(name, kind)| Column::new(name, kind))
            .into(),
    );
    let settings = "{ path: out/day.csv, delimiter: ';', columns: [d, t, i, n] }";
    let mut writer = writer(&CsvWriter, settings, &schema, &folder).unwrap();
    writer.open(None).unwrap();
    let instant = Value::DateTime("2026-03-31T22:15:00Z".parse().unwrap());
    let cells = |text: &str| {
        vec![
            Value::from(text),
            Value::Decimal(decimal::parse("1250.00").unwrap()),
            Value::Null,
            instant.clone(),
            Value::Bool(true),
        ]
    };
    commit(writer.as_mut(), &[cells("a;b"), cells("say \"x\""), cells("two\nlines"), cells("ü,")]);
    writer.finish().unwrap();
    let day = "2026-03-31T22:15:00Z";
    let expected =
        ["\"a;b\"", "\"say \"\"x\"\"\"", "\"two\nlines\"", "ü,"].map(|text| format!("1250.00;{text};{day};\n"));
    assert_eq!(read(&folder, FILE), format!("d;t;i;n\n{}", expected.concat()));
}

#[test]
fn a_row_of_one_null_is_not_an_empty_line() {
    let folder = Folder::new();
    let schema = Schema::new(vec![Column::new("a", Type::Str).nullable()]);
    let mut writer = writer(&CsvWriter, "{ path: out/day.csv, header: false }", &schema, &folder).unwrap();
    writer.open(None).unwrap();
    commit(writer.as_mut(), &[vec![Value::Null], vec![Value::from("x")]]);
    writer.finish().unwrap();
    assert_eq!(read(&folder, FILE), "\"\"\nx\n");
}

#[test]
fn a_step_without_rows_publishes_the_header() {
    let folder = Folder::new();
    open(&folder, None).finish().unwrap();
    assert_eq!(read(&folder, FILE), "id,memo\n");
}

#[test]
fn an_earlier_file_stays_until_the_new_one_is_whole() {
    let folder = Folder::new();
    fs::create_dir(folder.path("out")).unwrap();
    fs::write(folder.path(FILE), "yesterday").unwrap();
    let mut writer = open(&folder, None);
    commit(writer.as_mut(), &[row(1)]);
    assert_eq!(read(&folder, FILE), "yesterday");
    writer.finish().unwrap();
    assert_eq!(read(&folder, FILE), "id,memo\n1,m1\n");
}

#[test]
fn a_chunk_that_is_rolled_back_leaves_nothing() {
    let folder = Folder::new();
    let mut writer = open(&folder, None);
    write_elsewhere(writer.as_mut(), &[row(9)]).unwrap();
    writer.rolled_back().unwrap();
    assert_eq!(read(&folder, PART), "id,memo\n");
    commit(writer.as_mut(), &[row(1)]);
    write_elsewhere(writer.as_mut(), &[row(8)]).unwrap();
    writer.checkpoint().unwrap();
    writer.rolled_back().unwrap();
    let checkpoint = commit(writer.as_mut(), &[row(2)]);
    assert_eq!(read(&folder, PART), "id,memo\n1,m1\n2,m2\n");
    drop(writer);
    open(&folder, Some(&checkpoint)).finish().unwrap();
}

#[test]
fn a_restart_cuts_what_was_not_committed_and_goes_on() {
    let folder = Folder::new();
    let mut writer = open(&folder, None);
    let first = commit(writer.as_mut(), &[row(1)]);
    write_elsewhere(writer.as_mut(), &[row(8), row(9)]).unwrap();
    drop(writer);
    let mut writer = open(&folder, Some(&first));
    assert_eq!(read(&folder, PART), "id,memo\n1,m1\n");
    commit(writer.as_mut(), &[row(2)]);
    writer.finish().unwrap();
    assert_eq!(read(&folder, FILE), "id,memo\n1,m1\n2,m2\n");
}

#[test]
fn a_restart_after_the_rename_has_nothing_left_to_do() {
    let folder = Folder::new();
    let mut writer = open(&folder, None);
    let last = commit(writer.as_mut(), &[row(1)]);
    writer.finish().unwrap();
    drop(writer);
    let mut writer = open(&folder, Some(&last));
    writer.finish().unwrap();
    assert_eq!(read(&folder, FILE), "id,memo\n1,m1\n");
    let error = write_elsewhere(writer.as_mut(), &[row(2)]).unwrap_err();
    assert!(matches!(&error, ChunkError::Failed(error) if error.message().contains("finished")), "{error}");
}

#[test]
fn files_that_are_not_those_of_the_run_are_left_alone() {
    let folder = Folder::new();
    let mut first = open(&folder, None);
    let checkpoint = commit(first.as_mut(), &[row(1)]);
    drop(first);
    let refused = |why: &str| {
        let mut writer = writer(&CsvWriter, SETTINGS, &schema(), &folder).unwrap();
        let error = writer.open(Some(&checkpoint)).unwrap_err();
        assert_eq!(error.name(), INVALID_FILE);
        let message = error.message();
        assert!(message.contains(why) && message.contains(PART) && message.contains("/day.csv"), "{message}");
    };
    fs::write(folder.path(PART), "id,memo\n1,m").unwrap();
    refused("11 bytes are left of 13");
    fs::write(folder.path(PART), "id,memo\n2,m2\n3,m3\n").unwrap();
    refused("other bytes");
    fs::remove_file(folder.path(PART)).unwrap();
    refused("neither is there");
    fs::write(folder.path(FILE), "id,memo\n1,m1\n2,m2\n").unwrap();
    refused("another one");
    assert_eq!(read(&folder, FILE), "id,memo\n1,m1\n2,m2\n");
}

#[test]
fn two_writers_do_not_share_a_part() {
    let folder = Folder::new();
    let first = open(&folder, None);
    let mut second = writer(&CsvWriter, SETTINGS, &schema(), &folder).unwrap();
    let error = second.open(None).unwrap_err();
    assert_eq!(error.name(), names::TRANSIENT);
    drop(first);
    second.open(None).unwrap();
}

#[test]
fn a_full_disk_is_told_and_leaves_no_file() {
    // The device that is always full, under the name of the part.
    let folder = Folder::new();
    fs::create_dir(folder.path("out")).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path(PART)).unwrap();
    let mut writer = writer(&CsvWriter, "{ path: out/day.csv, header: false }", &schema(), &folder).unwrap();
    let error = match writer.open(None) {
        Err(error) => error,
        Ok(()) => match write_elsewhere(writer.as_mut(), &[row(1)]).unwrap_err() {
            ChunkError::Failed(error) => error,
            other => panic!("{other}"),
        },
    };
    assert_eq!(error.name(), names::IO);
    assert!(format!("{error:#}").starts_with("cannot write "), "{error:#}");
    assert!(!folder.path(FILE).exists());
}

#[test]
fn a_folder_is_not_overwritten() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path(FILE)).unwrap();
    let error = writer(&CsvWriter, SETTINGS, &schema(), &folder).unwrap().open(None).unwrap_err();
    assert!(error.message().ends_with("is a folder; the path names the file to write"), "{error}");
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let folder = Folder::new();
    fs::create_dir(folder.path("out")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path(FILE)).unwrap();
    let refused = |why: &str| {
        let mut writer = writer(&CsvWriter, SETTINGS, &schema(), &folder).unwrap();
        for from in [None, Some(serde_json::json!({ "offset": 0, "sha256": "" }))] {
            let error = writer.open(from.as_ref()).unwrap_err();
            assert_eq!(error.name(), INVALID_FILE);
            assert!(error.message().ends_with(why), "{error}");
        }
        assert!(!folder.path(PART).exists());
    };
    refused("out/day.csv is a device, a pipe or a socket, and is not replaced by a file");
    fs::remove_file(folder.path(FILE)).unwrap();
    std::os::unix::fs::symlink("/dev/null", folder.path(FILE)).unwrap();
    refused("/dev/null is a device, a pipe or a socket, and is not replaced by a file");
}

#[test]
fn a_link_stays_and_the_file_that_it_names_is_replaced() {
    let folder = Folder::new();
    fs::create_dir(folder.path("out")).unwrap();
    fs::create_dir(folder.path("kept")).unwrap();
    fs::write(folder.path("kept/report.csv"), "yesterday").unwrap();
    std::os::unix::fs::symlink("latest.csv", folder.path(FILE)).unwrap();
    for (link, existing) in [("../kept/report.csv", "kept/report.csv"), ("../kept/new.csv", "kept/new.csv")] {
        let _ = fs::remove_file(folder.path("out/latest.csv"));
        std::os::unix::fs::symlink(link, folder.path("out/latest.csv")).unwrap();
        let mut writer = open(&folder, None);
        let checkpoint = commit(writer.as_mut(), &[row(1)]);
        drop(writer);
        let mut writer = open(&folder, Some(&checkpoint));
        commit(writer.as_mut(), &[row(2)]);
        writer.finish().unwrap();
        assert_eq!(read(&folder, existing), "id,memo\n1,m1\n2,m2\n");
        assert!(fs::symlink_metadata(folder.path(FILE)).unwrap().is_symlink());
        assert!(fs::symlink_metadata(folder.path("out/latest.csv")).unwrap().is_symlink());
    }
}

#[test]
fn a_link_to_itself_is_told() {
    let folder = Folder::new();
    fs::create_dir(folder.path("out")).unwrap();
    std::os::unix::fs::symlink("day.csv", folder.path(FILE)).unwrap();
    let error = writer(&CsvWriter, SETTINGS, &schema(), &folder).unwrap().open(None).unwrap_err();
    assert_eq!(error.name(), names::IO);
}

#[test]
fn a_chunk_is_large_enough_that_the_disk_is_not_what_a_copy_waits_for() {
    assert_eq!(writer_plan(&CsvWriter, SETTINGS, &schema()).unwrap().chunk_size(), 10_000);
}

#[test]
fn a_column_that_the_rows_do_not_have_is_refused_with_the_nearest_name() {
    let found = problems(writer_plan(&CsvWriter, "{ path: x, columns: [id, mem, id] }", &schema()));
    assert_eq!(found, ["job.yaml:1:26: columns[1]: the rows have no column `mem`; did you mean `memo`?"]);
    let found = problems(writer_plan(&CsvWriter, "{ path: x, columns: [id, id] }", &schema()));
    assert!(found[0].contains("the column `id` stands here twice"), "{found:?}");
}

#[test]
fn a_copy_that_is_stopped_after_every_chunk_makes_the_same_file() {
    let folder = Folder::new();
    let rows: String =
        (0..9).map(|id| if id == 4 { "x,bad\n".into() } else { format!("{id},\"m\n{id}\"\n") }).collect();
    fs::write(folder.path("in.csv"), format!("id,memo\n{rows}")).unwrap();
    let runner = Runner::in_memory();
    let skip = SkipPolicy { limit: SkipLimit::Count(1), errors: ErrorNames::Any };
    let mut runs = 0;
    let mut counts = Counts::default();
    loop {
        runs += 1;
        let read = "{ path: in.csv, columns: { id: integer, memo: { type: string, nullable: true } } }";
        let reader = reader_plan(&CsvReader, read).unwrap();
        let writer = writer_plan(&CsvWriter, SETTINGS, &schema()).unwrap();
        let copied = copy(reader, writer, &folder).size(2).skip(skip.clone());
        let ran = runner.watched(step(copied), &|event, stop| {
            if let overnight::monitor::RunEvent::Progress { .. } = event {
                stop.request(StopIntent::Stopped);
            }
        });
        counts += ran.step.counts;
        if ran.execution.status == Status::Completed {
            break;
        }
        assert_eq!(ran.execution.status, Status::Stopped, "{:?}", ran.step.error);
        assert!(!folder.path(FILE).exists());
    }
    assert!(runs > 3, "{runs} runs");
    assert_eq!((counts.read, counts.write, counts.read_skip), (9, 8, 1));
    assert_eq!(read(&folder, FILE), format!("id,memo\n{}", rows.replace("x,bad\n", "")));
}
