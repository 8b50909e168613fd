//! Records as they come out of a file, whatever the file looks like.

use proptest::prelude::*;

use super::super::input::BUFFER;
use super::*;

/// Each record as its line, its fields and its text.
fn read_from(text: &[u8], place: Place) -> Result<Vec<(u64, Vec<String>, String)>, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    fs::write(&path, text).unwrap();
    let mut records = Records::open(&path, b',')?;
    records.go_to(place)?;
    let mut all = Vec::new();
    while records.read()? {
        let fields = (0..records.len()).map(|at| String::from_utf8_lossy(records.cells().get(at).bytes()).into_owned());
        all.push((records.start().line, fields.collect(), String::from_utf8_lossy(records.raw()).into_owned()));
    }
    Ok(all)
}

fn lines(text: &[u8]) -> Vec<(u64, Vec<String>)> {
    read_from(text, Place::BEGIN).unwrap().into_iter().map(|(line, fields, _)| (line, fields)).collect()
}

fn strings(fields: &[&str]) -> Vec<String> {
    fields.iter().map(ToString::to_string).collect()
}

#[test]
fn every_record_knows_its_line_with_any_line_ends() {
    for text in ["a,b\nc,\"d\ne\"\n\nf,g", "a,b\r\nc,\"d\ne\"\r\n\r\nf,g\r\n"] {
        let expected = [(1, strings(&["a", "b"])), (2, strings(&["c", "d\ne"])), (5, strings(&["f", "g"]))];
        assert_eq!(lines(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_field() {
    assert_eq!(lines(b"\xef\xbb\xbfa,b\n1,2\n"), [(1, strings(&["a", "b"])), (2, strings(&["1", "2"]))]);
    assert_eq!(lines(b"\xef\xbb\xbf"), []);
    assert_eq!(lines(b""), []);
}

#[test]
fn a_record_is_known_as_it_stands_in_the_file() {
    let read = read_from(b"a,\"b\"\"c\"\r\nd,e", Place::BEGIN).unwrap();
    assert_eq!(read[0].2, "a,\"b\"\"c\"\r\n");
    assert_eq!(read[1].2, "d,e");
}

#[test]
fn a_quote_that_is_never_closed_is_told_with_its_line() {
    for (text, line) in [("a,b\nc,\"d\ne,f\n", 2), ("a,\"b\n\",\"c", 2), ("\"a\"\"", 1), ("\"a\"\"\n,", 1), ("\"", 1)] {
        let error = read_from(text.as_bytes(), Place::BEGIN).unwrap_err();
        assert!(matches!(error, FileError::OpenQuote { line: found, .. } if found == line), "{text:?}: {error}");
    }
    for text in ["a,\"b\"\"\"", "a,b\"c", "a,\"\"", "\"a\"b\"", "a,b\"\"c", "a,\"b\nc\"\n"] {
        assert!(read_from(text.as_bytes(), Place::BEGIN).is_ok(), "{text:?}");
    }
}

#[test]
fn records_longer_than_the_buffer_are_whole() {
    let long = "x".repeat(3 * BUFFER + 7);
    let text = format!("{}\n{long},1\n{}2,\"{long}\"\n", "a,b\n".repeat(BUFFER / 5), "c,d\r\n".repeat(100));
    let read = lines(text.as_bytes());
    assert_eq!(read.len(), BUFFER / 5 + 102);
    assert!(read.iter().any(|(_, fields)| fields == &strings(&[&long, "1"])));
    assert_eq!(read.last().unwrap().1, strings(&["2", &long]));
}

#[test]
fn a_record_without_end_does_not_fill_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    fs::write(&path, format!("a\n\"{}", "x\n".repeat(BUFFER))).unwrap();
    let mut records = Records::open(&path, b',').unwrap();
    records.input.longest = BUFFER;
    assert!(records.read().unwrap());
    assert!(matches!(records.read(), Err(FileError::TooLong { line: 2, .. })));
}

#[test]
fn a_file_opened_at_the_end_of_a_record_goes_on_there() {
    let text = "a,b\r\n\r\n\"c\nd\",e\n\u{feff}f,g\n";
    let all = read_from(text.as_bytes(), Place::BEGIN).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    fs::write(&path, text).unwrap();
    let mut records = Records::open(&path, b',').unwrap();
    let mut number = 0;
    while records.read().unwrap() {
        number += 1;
        assert_eq!(read_from(text.as_bytes(), records.end()).unwrap(), all[number..]);
    }
    assert_eq!(number, 3);
}

#[test]
fn the_fields_of_a_record_know_their_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    fs::write(&path, "\u{feff}a,ü,\"x,\"\"\ny\",,\u{1f980},z\r\n1,2,\r\n").unwrap();
    let mut records = Records::open(&path, b',').unwrap();
    let mut next = || records.read().unwrap().then(|| records.places().collect::<Vec<_>>());
    assert_eq!(next(), Some(vec![(1, 1), (1, 3), (1, 5), (2, 4), (2, 5), (2, 7)]));
    assert_eq!(next(), Some(vec![(3, 1), (3, 3), (3, 5)]));
    assert_eq!(next(), None);
}

#[test]
fn a_record_has_no_fields_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.csv");
    fs::write(&path, "a,b,c\nd\n").unwrap();
    let mut records = Records::open(&path, b',').unwrap();
    assert!(records.read().unwrap() && records.read().unwrap());
    assert_eq!([0, 1, 2].map(|index| records.cells().get(index).bytes()), [&b"d"[..], b"", b""]);
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Records::open(folder.path(), b','), Err(FileError::Folder { .. })));
    let missing = Records::open(&folder.path().join("no.csv"), b',').err().unwrap();
    assert!(matches!(missing, FileError::Io { .. }));
}

#[test]
fn a_pipe_is_refused_before_anybody_waits_for_its_other_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (sender, opened) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(Records::open(&path, b',').err()));
    let error = opened.recv_timeout(std::time::Duration::from_secs(10));
    assert!(matches!(error, Ok(Some(FileError::NotAFile { .. }))), "{error:?}");
}

/// What the crate csv makes of a text, each record as its fields.
fn records_of_csv(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).terminator(csv::Terminator::Any(b'\n'));
    let strings = |record: csv::ByteRecord| record.iter().map(|field| String::from_utf8_lossy(field).into()).collect();
    reader.from_reader(text).byte_records().map(|record| strings(record.unwrap())).collect()
}

proptest! {
    /// Whether a line is taken apart where it stands or by the parser must not be seen.
    #[test]
    fn records_are_those_of_the_parser(text in "[ab,,\"\n\nü]{0,60}") {
        if let Ok(read) = read_from(text.as_bytes(), Place::BEGIN) {
            let fields: Vec<_> = read.into_iter().map(|(_, fields, _)| fields).collect();
            prop_assert_eq!(fields, records_of_csv(text.as_bytes()));
        }
    }

    #[test]
    fn a_carriage_return_before_the_line_feed_is_no_part_of_a_field(rows in prop::collection::vec("[ab,]{1,9}", 0..9)) {
        let (with, without) = (rows.join("\r\n") + "\r\n", rows.join("\n") + "\n");
        prop_assert_eq!(lines(with.as_bytes()), lines(without.as_bytes()));
    }
}
