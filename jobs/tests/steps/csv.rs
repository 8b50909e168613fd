//! The reader `csv`: rows, bad records, restarts, and files that are not what they were.

use std::fs;

use overnight::row::{Row, Value};
use overnight::step::chunk::{Batch, ChunkSource, Fill};
use overnight::steps::csv::{CsvReader, INVALID_FILE};
use proptest::prelude::*;

use super::rows::{reader, reader_plan};
use super::runs::{Folder, problems};

const LEDGER: &str = "path: in.csv
columns:
  tx_id: integer
  booked_on: { type: date, from: Booking Date }
  amount: decimal
  memo: { type: string, nullable: true }
";

const RATES: &str = "path: in.csv
columns:
  day: { type: date, from: Date }
  currency: string
  rate: decimal
unpivot: { keep: [Date], name: currency, value: rate }
";

/// A reader over `text`, opened at `from`.
fn open(folder: &Folder, settings: &str, from: Option<&serde_json::Value>) -> Box<dyn ChunkSource<Row>> {
    let mut source = reader(&CsvReader, settings, folder).unwrap();
    source.open(from).unwrap();
    source
}

/// Why a reader over `text` does not open.
fn refused(settings: &str, text: &str) -> String {
    let folder = Folder::with("in.csv", text);
    let mut source = reader(&CsvReader, settings, &folder).unwrap();
    let error = source.open(None).unwrap_err();
    assert_eq!(error.name(), INVALID_FILE);
    error.to_string().replace(&folder.path("").display().to_string(), "")
}

/// What a chunk gave: rows with their places, and the errors of bad records.
#[derive(Debug, Default, PartialEq)]
struct Given {
    rows: Vec<(String, Row)>,
    bad: Vec<(String, String, String)>,
}

fn take(source: &mut dyn ChunkSource<Row>, size: usize, given: &mut Given) -> Fill {
    let mut batch = Batch::default();
    let fill = source.fill(size, &mut batch).unwrap();
    assert!(batch.len() <= size);
    let locate = source.locator();
    let place = |place| {
        let place = locate(place);
        place["column"].as_u64().map_or(place["line"].to_string(), |column| format!("{}:{column}", place["line"]))
    };
    given.rows.extend(batch.places.iter().zip(batch.items).map(|(at, row)| (place(*at), row)));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    given.bad.extend(batch.bad.iter().map(|bad| (place(bad.place), text(&bad.payload.bytes), bad.error.to_string())));
    fill
}

fn all(settings: &str, text: &str) -> Given {
    let folder = Folder::with("in.csv", text);
    let mut source = open(&folder, settings, None);
    let mut given = Given::default();
    while take(source.as_mut(), 3, &mut given) == Fill::More {}
    given
}

fn shown(rows: &[(String, Row)]) -> Vec<String> {
    let cell = |value: &Value| if value.is_null() { "null".to_owned() } else { value.to_string() };
    rows.iter().map(|(place, row)| format!("{place} {}", row.iter().map(cell).collect::<Vec<_>>().join("|"))).collect()
}

#[test]
fn columns_are_found_by_the_header_in_any_order_and_others_are_ignored() {
    let given = all(
        LEDGER,
        "memo,unused,Booking Date,tx_id,amount\nrent,x,2026-03-31,1,-850.00\n\"a, \"\"b\"\"\",,2026-04-01,2,0.10\n,,2026-04-02,3,7\n",
    );
    assert_eq!(
        shown(&given.rows),
        ["2 1|2026-03-31|-850.00|rent", "3 2|2026-04-01|0.10|a, \"b\"", "4 3|2026-04-02|7|null"]
    );
    assert_eq!(given.bad, []);
}

#[test]
fn a_bad_record_keeps_its_text_and_says_which_cell_and_what_was_expected() {
    let given = all(
        LEDGER,
        "tx_id,Booking Date,amount,memo\r\n1,2026-03-31,x,\"two\nlines\"\r\n2,2026-03-31,5\r\n,2026-03-31,5,\r\n4,2026-03-31,5,ok\r\n",
    );
    assert_eq!(
        given.bad,
        [
            (
                "2:14".into(),
                "1,2026-03-31,x,\"two\nlines\"".into(),
                "column `amount` (field 3): expected a decimal such as 0.0375, found \"x\"".into()
            ),
            ("4".into(), "2,2026-03-31,5".into(), "expected 4 fields, found 3".into()),
            (
                "5:1".into(),
                ",2026-03-31,5,".into(),
                "column `tx_id` (field 1): the cell is empty, and the column is not nullable".into()
            ),
        ]
    );
    assert_eq!(shown(&given.rows), ["6 4|2026-03-31|5|ok"]);
}

/// As an editor has it, which goes there.
#[test]
fn the_place_of_a_bad_cell_is_its_line_and_its_column_in_characters() {
    let settings = "{ path: in.csv, columns: { memo: string, n: integer } }";
    let given = all(settings, "memo,n\n\"l1\nl2\nl3\",x\n\"ü,\",y\nok,1\n");
    let places: Vec<_> = given.bad.iter().map(|(place, ..)| place.as_str()).collect();
    assert_eq!((places, shown(&given.rows)), (vec!["4:5", "5:6"], vec!["6 ok|1".to_owned()]));
}

#[test]
fn a_missing_column_is_refused_with_the_nearest_name_and_the_header() {
    assert_eq!(
        refused(LEDGER, "tx_id,Booking Date,ammount,memo\n"),
        "in.csv: the header has no column `amount`; did you mean `ammount`? (it has `tx_id`, `Booking Date`, `ammount`, `memo`)"
    );
}

#[test]
fn what_a_file_is_refused_for_says_what_to_do() {
    let folder = Folder::with("in.csv", b"tx_id,B\xfcchung\n");
    let error = reader(&CsvReader, LEDGER, &folder).unwrap().open(None).unwrap_err();
    assert!(error.message().ends_with("the header is not UTF-8; save the file as UTF-8"), "{error}");
}

#[test]
fn a_column_that_the_header_has_twice_is_refused_only_when_it_is_asked_for() {
    assert_eq!(
        refused(LEDGER, "tx_id,Booking Date,amount,memo,amount\n"),
        "in.csv: the header has `amount` in the fields 3 and 5"
    );
    let given = all(LEDGER, "tx_id,x,Booking Date,amount,x,memo\n1,,2026-03-31,1,,\n");
    assert_eq!(given.rows.len(), 1);
}

#[test]
fn an_empty_file_has_no_header_and_without_one_no_rows() {
    assert_eq!(refused(LEDGER, ""), "in.csv is empty; a header with the names of the columns was expected");
    assert_eq!(all("{ path: in.csv, header: false, columns: { a: integer } }", "").rows, []);
    assert_eq!(all(LEDGER, "tx_id,Booking Date,amount,memo\n").rows, []);
}

#[test]
fn without_a_header_columns_are_numbers() {
    let settings = "path: in.csv\nheader: false\ndelimiter: ';'\ncolumns: { a: { type: integer, from: 2 }, b: { type: string, from: 1 } }";
    assert_eq!(shown(&all(settings, "x;1;\ny;2;\n").rows), ["1 1|x", "2 2|y"]);
    assert_eq!(refused(settings, "x\n"), "in.csv: field 2 is asked for, and the first record has 1");
    let given = all("path: in.csv\nheader: false\ncolumns: { a: integer, b: string }", "1,x\n2,y\n");
    assert_eq!(shown(&given.rows), ["1 1|x", "2 2|y"]);
}

#[test]
fn a_wide_file_gives_one_row_for_each_cell() {
    let given = all(RATES, "Date,USD,JPY,\n2024-01-02,1.0956,155.29,\n2024-01-03,1.0919,N/A,\nx,1,2,\n");
    assert_eq!(
        shown(&given.rows),
        ["2:12 2024-01-02|USD|1.0956", "2:19 2024-01-02|JPY|155.29", "3:12 2024-01-03|USD|1.0919"]
    );
    assert_eq!(
        given.bad,
        [
            (
                "3:19".into(),
                "2024-01-03,1.0919,N/A,".into(),
                "column `JPY` (field 3): expected a decimal such as 0.0375, found \"N/A\"".into()
            ),
            (
                "4:1".into(),
                "x,1,2,".into(),
                "column `day` (field 1): expected a date such as 2026-01-31, found \"x\"".into()
            ),
        ]
    );
    assert_eq!(refused(RATES, "Date,\n"), "in.csv: there is nothing to unpivot: all columns of the header are kept");
    assert_eq!(refused(RATES, "Date,USD,USD\n"), "in.csv: the header has `USD` in the fields 2 and 3");
}

#[test]
fn a_quote_that_is_never_closed_fails_instead_of_losing_the_rest_of_the_file() {
    let folder = Folder::with("in.csv", "tx_id,Booking Date,amount,memo\n1,2026-03-31,1,\"rent\n2,2026-03-31,1,\n");
    let mut source = open(&folder, LEDGER, None);
    let error = source.fill(10, &mut Batch::default()).unwrap_err();
    assert!(error.to_string().ends_with("in.csv:2: the quote that is opened here is never closed"), "{error}");
}

#[test]
fn a_stray_quote_swallows_no_records_without_a_word() {
    let settings = "{ path: in.csv, columns: { id: integer, memo: string, n: integer } }";
    let given = all(settings, "id,memo,n\n1,\"open,5\n2,x,6\n3,\"y\",7\n4,z,8\n5,\"a\"b,9\n6,c\"d,1\n7,\"e\"\"f\",2\n");
    let swallowed = "1,\"open,5\n2,x,6\n3,\"y\",7";
    let why = |line| format!("text stands behind the closing quote of the field that begins on line {line}");
    assert_eq!(given.bad, [("2".into(), swallowed.into(), why(2)), ("6".into(), "5,\"a\"b,9".into(), why(6))]);
    assert_eq!(shown(&given.rows), ["5 4|z|8", "7 6|c\"d|1", "8 7|e\"f|2"]);
    let given = all(settings, "id,memo,n\n1,\"two\nlines\",5\"\n2,\"a\nb\",\"5\nc\"d\n");
    assert_eq!(given.bad[1].2, why(5));
    assert_eq!(
        refused(settings, "id,\"memo\"x,n\n"),
        "in.csv:1: text stands behind the closing quote of the field that begins on line 1"
    );
}

#[test]
fn a_carriage_return_alone_ends_no_record() {
    let settings = "{ path: in.csv, columns: { id: integer, memo: string } }";
    let given = all(settings, "id,memo\r\n1,one\rtwo\r\n2,\"three\rfour\"\r\n3,\"five\"\r\r\n4,six\r\n5,seven\r");
    assert_eq!(shown(&given.rows), ["3 2|three\rfour", "5 4|six"]);
    let bad: Vec<_> = given.bad.iter().map(|(line, text, why)| (line.as_str(), text.as_str(), why.as_str())).collect();
    let why = "a carriage return stands alone, outside quotes and without a line feed behind it";
    let behind = "text stands behind the closing quote of the field that begins on line 4";
    assert_eq!(bad, [("2", "1,one\rtwo", why), ("4", "3,\"five\"\r", behind), ("6", "5,seven\r", why)]);
    assert_eq!(
        refused(settings, "id,memo\r1,one\r"),
        "in.csv:1: a carriage return stands alone, outside quotes and without a line feed behind it"
    );
}

#[test]
fn an_empty_line_is_an_empty_cell_where_a_file_has_one_column() {
    let settings = "{ path: in.csv, columns: { memo: { type: string, nullable: true } } }";
    for end in ["\n", "\r\n"] {
        let text = ["\u{feff}memo", "a", "", "\"\"", "b", "", ""].join(end);
        let expected = ["2 a", "3 null", "4 null", "5 b", "6 null"];
        assert_eq!(shown(&all(settings, &text).rows), expected, "{text:?}");
        for size in 1..4 {
            restart_everywhere(settings, text.as_bytes(), size);
        }
    }
    let settings = "{ path: in.csv, header: false, columns: { n: { type: integer, nullable: true } } }";
    assert_eq!(shown(&all(settings, "\n\n1\n\n").rows), ["1 null", "2 null", "3 1", "4 null"]);
    for (text, rows) in [("\n\n\n", 3), ("\r\n\r\n", 2), ("\u{feff}\n", 1), ("\u{feff}", 0)] {
        assert_eq!(all(settings, text).rows.len(), rows, "{text:?}");
        restart_everywhere(settings, text.as_bytes(), 1);
    }
    let wide = "{ path: in.csv, header: false, columns: { n: { type: integer, nullable: true, from: 2 } } }";
    assert_eq!(all(wide, "\n\n\n").rows, []);
    let bad = all("{ path: in.csv, columns: { n: integer } }", "n\n\n1\n").bad;
    assert_eq!(bad[0].2, "column `n` (field 1): the cell is empty, and the column is not nullable");
}

#[test]
fn rows_use_the_memory_of_earlier_ones() {
    let plain = "{ path: in.csv, columns: { a: integer, b: { type: string, nullable: true } } }";
    let wide = "path: in.csv
columns: { a: integer, n: string, v: { type: string, nullable: true } }
unpivot: { keep: [a], name: n, value: v }
";
    let rows = [vec![Value::Int(1), Value::Null], vec![Value::Int(1), Value::from("b"), Value::Null]];
    for (settings, row) in [plain, wide].into_iter().zip(rows) {
        let folder = Folder::with("in.csv", "a,b\n1,\n");
        let mut source = open(&folder, settings, None);
        let mut old: Row = Vec::with_capacity(57);
        old.extend([Value::from("text"), Value::Int(7), Value::from("more"), Value::Null]);
        let mut batch = Batch::default();
        batch.spare.push(old);
        source.fill(10, &mut batch).unwrap();
        assert_eq!((&batch.items[0], batch.items[0].capacity()), (&row, 57), "{settings}");
    }
}

/// Reads in chunks of `size`, and after each chunk once more with a reader that is opened at its checkpoint.
fn restart_everywhere(settings: &str, text: &[u8], size: usize) {
    let folder = Folder::with("in.csv", text);
    let mut source = open(&folder, settings, None);
    let mut given = Given::default();
    let mut checkpoints = vec![(source.checkpoint(), 0, 0)];
    while take(source.as_mut(), size, &mut given) == Fill::More {
        // A checkpoint goes through the database as text.
        let checkpoint = serde_json::from_str(&source.checkpoint().to_string()).unwrap();
        checkpoints.push((checkpoint, given.rows.len(), given.bad.len()));
    }
    checkpoints.push((source.checkpoint(), given.rows.len(), given.bad.len()));
    for (checkpoint, rows, bad) in checkpoints {
        let mut source = open(&folder, settings, Some(&checkpoint));
        assert_eq!(source.checkpoint(), checkpoint);
        let mut rest = Given::default();
        while take(source.as_mut(), size + 1, &mut rest) == Fill::More {}
        assert_eq!(rest.rows, given.rows[rows..], "from {checkpoint}");
        assert_eq!(rest.bad, given.bad[bad..], "from {checkpoint}");
    }
}

#[test]
fn a_restart_at_any_checkpoint_gives_the_rest_of_the_rows() {
    let ledger = "\u{feff}tx_id,Booking Date,amount,memo\r\n1,2026-03-31,1.0,\"a\r\nb\"\r\n\r\n2,2026-03-31,x,\n3,2026-03-31,2,\u{feff}c\n4,2026-03-31\n5,2026-03-31,3,\"\"\"\"";
    let rates =
        "Date,USD,JPY,,CHF\n2024-01-02,1.1,155,x,0.9\n2024-01-03,1,y,,2\nz,1,2,,3\n2024-01-04,1,2\n2024-01-05,4,5,,6";
    for size in 1..6 {
        restart_everywhere(LEDGER, ledger.as_bytes(), size);
        restart_everywhere(RATES, rates.as_bytes(), size);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Mutated files are read to their end or refused, and restarts agree with what was read in one go.
    #[test]
    fn a_restart_gives_the_rest_of_any_file(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "1", "2", ",", ",", "\n", "\r\n", "\"", "\"\"", "x", "2024-01-01", "\u{feff}", "ü", ",,", "\r",
        ]), 0..60),
        size in 1_usize..5,
    ) {
        let settings = "{ path: in.csv, header: false, columns: { a: string } }";
        let text = pieces.concat();
        let folder = Folder::with("in.csv", &text);
        let mut source = reader(&CsvReader, settings, &folder).unwrap();
        if source.open(None).is_ok() {
            let mut readable = true;
            loop {
                match source.fill(3, &mut Batch::default()) {
                    Ok(Fill::More) => {}
                    Ok(Fill::End) => break,
                    Err(_) => { readable = false; break }
                }
            }
            if readable {
                restart_everywhere(settings, text.as_bytes(), size);
            }
        }
    }

    /// What csv-core and the crate csv around it read is what we read, but for records that we refuse.
    #[test]
    fn the_crate_csv_reads_the_same_fields(
        pieces in prop::collection::vec(prop::sample::select(vec!["1", ",", "\n", "\r\n", "\"", "\"\"", "x", "ü"]), 0..60),
    ) {
        let text = format!("a,b\n{}", pieces.concat());
        let folder = Folder::with("in.csv", &text);
        let settings = "{ path: in.csv, header: false, columns: { a: string, b: string } }";
        let mut oracle = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<_> = oracle.records().map(Result::unwrap).collect();
        let mut source = reader(&CsvReader, settings, &folder).unwrap();
        source.open(None).unwrap();
        let mut batch = Batch::default();
        if source.fill(1000, &mut batch).is_ok() {
            let mut ours: Vec<_> = batch.places.iter().copied().zip(batch.items.into_iter().map(Ok)).collect();
            ours.extend(batch.bad.into_iter().map(|bad| (bad.place, Err(bad.error.to_string()))));
            ours.sort_by_key(|(place, _)| *place);
            prop_assert_eq!(ours.len(), expected.len());
            for ((_, ours), record) in ours.into_iter().zip(expected) {
                match ours {
                    Ok(row) => prop_assert_eq!(row, record.iter().map(Value::from).collect::<Row>()),
                    Err(error) => prop_assert!(record.len() != 2 || error.contains("behind the closing quote"), "{}", error),
                }
            }
        }
    }
}

#[test]
fn another_file_under_the_same_name_is_not_read_on() {
    let text = "a,b\n1,1\n2,2\n3,3\n4,4\n";
    let settings = "{ path: in.csv, columns: { a: integer } }";
    let folder = Folder::with("in.csv", text);
    let mut source = open(&folder, settings, None);
    source.fill(2, &mut Batch::default()).unwrap();
    let checkpoint = source.checkpoint();
    for (other, why) in [
        ("b,a\n1,1\n2,2\n3,3\n4,4\n", "begins with another record"),
        ("a,b\n1,1\n2,", "is shorter than what was read"),
        ("a,b\n1,1\n0,0\n2,2\n3,3\n", "another record stands"),
        ("a,b\n1,7\n2,2\n3,3\n4,4\n", "what was read of it is another text now"),
    ] {
        fs::write(folder.path("in.csv"), other).unwrap();
        let error = reader(&CsvReader, settings, &folder).unwrap().open(Some(&checkpoint)).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    for (mended, rows) in [(format!("{text}5,5\n"), &["4 3", "5 4", "6 5"][..]), (text.replace("4,4\n", ""), &["4 3"])]
    {
        fs::write(folder.path("in.csv"), mended).unwrap();
        let mut given = Given::default();
        take(open(&folder, settings, Some(&checkpoint)).as_mut(), 10, &mut given);
        assert_eq!(shown(&given.rows), rows, "what stands behind the position was not read yet, and may change");
    }
}

#[test]
fn another_file_is_not_read_on_either_when_the_last_chunk_was_read() {
    let settings = "{ path: in.csv, columns: { a: integer } }";
    for size in [2, 3, 4, 5] {
        let folder = Folder::with("in.csv", "a,b\n1,1\n2,2\n3,3\n4,4\n");
        let mut source = open(&folder, settings, None);
        while source.fill(size, &mut Batch::default()).unwrap() == Fill::More {}
        let checkpoint = source.checkpoint();
        fs::write(folder.path("in.csv"), "a,b\n5,5\n6,6\n7,7\n8,8\n9,9\n").unwrap();
        let error = reader(&CsvReader, settings, &folder).unwrap().open(Some(&checkpoint)).unwrap_err();
        assert!(error.to_string().contains("another record stands"), "chunks of {size}: {error}");
    }
}

/// Of a file that is read in many pieces, from its beginning and from any checkpoint.
#[test]
fn one_byte_that_was_changed_in_what_was_read_is_noticed() {
    let settings = "{ path: in.csv, columns: { id: integer, text: string } }";
    let line = |id: i32| match id % 7 {
        0 => format!("{id},\"two\nlines, {id}\"\r\n"),
        _ => format!("{id},line {id}\n"),
    };
    let text = format!("\u{feff}id,text\r\n{}", (0..40_000).map(line).collect::<Vec<_>>().concat());
    let folder = Folder::with("in.csv", &text);
    let mut source = open(&folder, settings, None);
    let mut checkpoints = Vec::new();
    while source.fill(5_000, &mut Batch::default()).unwrap() == Fill::More {
        checkpoints.push(source.checkpoint());
        // The next one is made by a restart.
        source = open(&folder, settings, checkpoints.last());
    }
    assert_eq!(checkpoints.len(), 8);
    let changed = text.replacen("line 1\n", "line 2\n", 1);
    for (checkpoint, last) in checkpoints.iter().zip(1..) {
        fs::write(folder.path("in.csv"), &changed).unwrap();
        let error = reader(&CsvReader, settings, &folder).unwrap().open(Some(checkpoint)).unwrap_err();
        assert!(error.to_string().contains("is another text now"), "{error}");
        // What was not read yet may change.
        fs::write(folder.path("in.csv"), format!("{text}40000,more\n")).unwrap();
        assert_eq!(all_from(&folder, settings, checkpoint), 40_001 - last * 5_000);
    }
}

/// How many rows there are behind a checkpoint.
fn all_from(folder: &Folder, settings: &str, checkpoint: &serde_json::Value) -> usize {
    let mut given = Given::default();
    let mut source = open(folder, settings, Some(checkpoint));
    while take(source.as_mut(), 10_000, &mut given) == Fill::More {}
    given.rows.len()
}

#[test]
fn a_last_line_that_grew_is_not_taken_for_a_new_record() {
    let settings = "{ path: in.csv, columns: { a: integer } }";
    let folder = Folder::with("in.csv", "a\n1\n2");
    let mut source = open(&folder, settings, None);
    assert_eq!(source.fill(5, &mut Batch::default()).unwrap(), Fill::End);
    let checkpoint = source.checkpoint();
    fs::write(folder.path("in.csv"), "a\n1\n20\n").unwrap();
    let error = reader(&CsvReader, settings, &folder).unwrap().open(Some(&checkpoint)).unwrap_err();
    assert!(error.to_string().contains("its last line has grown"), "{error}");
    fs::write(folder.path("in.csv"), "a\n1\n2\n3\n").unwrap();
    let mut given = Given::default();
    take(open(&folder, settings, Some(&checkpoint)).as_mut(), 10, &mut given);
    assert_eq!(shown(&given.rows), ["4 3"]);
}

#[test]
fn settings_are_checked_with_their_places() {
    assert_eq!(
        problems(reader_plan(&CsvReader, "path: in.csv\ncolumns: { a: integr }\ndelimter: ','")),
        [
            "job.yaml:2:15: columns.a: expected `boolean`, `integer`, `decimal`, `float`, `string`, `date`, `datetime`, \
             `bytes` or `json`, found `integr`; did you mean `integer`?",
            "job.yaml:3:1: unknown key `delimter` in a csv reader; did you mean `delimiter`?",
        ]
    );
    for (settings, problem) in [
        ("columns: { a: integer }", "a csv reader needs the key `path`"),
        ("{ path: x, columns: {} }", "at least one column is needed"),
        ("{ path: x, columns: { a: integer }, delimiter: '::' }", "the delimiter is one ASCII character"),
        ("{ path: x, header: false, columns: { a: { type: integer, from: id } } }", "is taken from `id`"),
        (
            "{ path: x, columns: { a: string, b: string, c: date }, unpivot: { keep: [], name: a, value: b } }",
            "`c` is not among those kept",
        ),
        (
            "{ path: x, columns: { a: integer, b: string }, unpivot: { keep: [], name: a, value: b } }",
            "gets the names of columns",
        ),
        (
            "{ path: x, columns: { a: { type: string, from: A }, b: string }, unpivot: { keep: [], name: a, value: b } }",
            "the column `a` is taken from `A`",
        ),
        (
            "{ path: x, columns: { a: string, b: { type: string, from: B } }, unpivot: { keep: [], name: a, value: b } }",
            "the column `b` is taken from `B`",
        ),
        (
            "{ path: x, columns: { a: string, b: string }, unpivot: { keep: [], name: a, value: v } }",
            "there is no column `v`",
        ),
    ] {
        let found = problems(reader_plan(&CsvReader, settings));
        assert!(found.iter().any(|line| line.contains(problem)), "{settings}: {found:?}");
    }
}
