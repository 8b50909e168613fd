//! Records out of a file: where each begins and ends, on which line, and its text as it stands there.
//!
//! The parser is csv-core, driven directly: the reader of the crate csv counts the lines of CRLF files one too low, knows
//! neither the text of a bad record nor whether its last quote was closed, and reads a file with an unclosed quote into
//! memory to its end. All of these are what a person needs at three in the morning.
//!
//! The parser is lenient where a guess loses rows. It takes text behind a closing quote for more of the field, so that a
//! stray quote joins the records up to the next one; and a CR for the end of a line. So it is told that lines end in LF, and
//! what stands in a record is compared with what came out of it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::error::{FileError, RecordError};
use super::quotes::{self, Fault, OpenQuote};

/// How much is read at once: it stays in the cache of a core.
const BUFFER: usize = 1 << 18;

/// The longest record. Beyond it, a quote that was never closed is the likely reason.
const LONGEST: usize = 64 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The records of an open file, one after the other in the same memory.
pub(super) struct Records {
    path: PathBuf,
    file: File,
    parser: csv_core::Reader,
    delimiter: u8,
    longest: usize,
    /// Whether an empty line is a record of one empty field.
    keeps_empty_lines: bool,
    input: Input,
    fields: Fields,
    /// Where the current record begins.
    start: Place,
    /// Where the next one is looked for.
    next: Place,
    /// The bytes of the current record within the input.
    raw: (usize, usize),
    /// What the parser has guessed in the current record.
    fault: Option<Fault>,
}

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// In bytes, from 0.
    pub(super) offset: u64,
    /// From 1.
    pub(super) line: u64,
}

impl Place {
    pub(super) const BEGIN: Self = Self { offset: 0, line: 1 };
}

/// Bytes of the file.
struct Input {
    bytes: Vec<u8>,
    /// Where the bytes begin that no record has taken.
    free: usize,
    filled: usize,
    ended: bool,
}

/// The fields of the current record without their quotes, one behind the other.
struct Fields {
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Records {
    /// The records of the file from its beginning. It is opened once: another one that gets its name meanwhile is not met.
    pub(super) fn open(path: &Path, delimiter: u8) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        // Before it is opened: that of a pipe waits for somebody who writes into it, and hears no stop.
        let found = fs::metadata(path).map_err(failed)?;
        if found.is_dir() {
            return Err(FileError::Folder { path: path.to_owned() });
        }
        if !found.is_file() {
            return Err(FileError::NotAFile { path: path.to_owned() });
        }
        let mut records = Self {
            path: path.to_owned(),
            file: File::open(path).map_err(failed)?,
            parser: ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build(),
            delimiter,
            longest: LONGEST,
            keeps_empty_lines: false,
            input: Input { bytes: vec![0; BUFFER], free: 0, filled: 0, ended: false },
            fields: Fields { text: vec![0; 1 << 12], ends: vec![0; 64], count: 0 },
            start: Place::BEGIN,
            next: Place::BEGIN,
            raw: (0, 0),
            fault: None,
        };
        records.go_to(Place::BEGIN)?;
        Ok(records)
    }

    /// Goes to a place, which is the beginning of the file or the end of a record.
    pub(super) fn go_to(&mut self, place: Place) -> Result<(), FileError> {
        let sought = self.file.seek(SeekFrom::Start(place.offset.saturating_sub(1)));
        sought.map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        (self.start, self.next, self.raw, self.fault) = (place, place, (0, 0), None);
        (self.input.free, self.input.filled, self.input.ended) = (0, 0, false);
        self.parser.reset();
        // The parser strips a mark from whatever it reads first, which after a restart is in the middle of the file.
        let _ = self.parser.read_record(b"\n", &mut self.fields.text, &mut self.fields.ends);
        self.fields.count = 0;
        if place.offset == 0 { self.skip_mark() } else { self.return_to_line() }
    }

    /// The same for a file whose records have `width` fields: where they have one, an empty line is a record.
    pub(super) fn of_width(self, width: usize) -> Self {
        Self { keeps_empty_lines: width == 1, ..self }
    }

    /// Reads the next record; false at the end of the file, where the last one keeps its extent.
    pub(super) fn read(&mut self) -> Result<bool, FileError> {
        loop {
            match self.line_end()? {
                0 => break,
                length if self.keeps_empty_lines => {
                    self.take_empty_line(length);
                    return Ok(true);
                }
                length => self.skip_line_end(length),
            }
        }
        if self.input.unread().is_empty() {
            return Ok(false);
        }
        self.read_line()?;
        Ok(true)
    }

    /// Reads a record that is no empty line.
    fn read_line(&mut self) -> Result<(), FileError> {
        self.start = self.next;
        self.fields.count = 0;
        let line_before = self.parser.line();
        let mut scanned = self.input.free;
        let mut written = 0;
        loop {
            let unread = self.input.bytes.get(scanned..self.input.filled).unwrap_or_default();
            let (text, ends) = self.fields.room(written);
            let (result, read, copied, ended) = self.parser.read_record(unread, text, ends);
            scanned += read;
            written += copied;
            self.fields.count += ended;
            match result {
                ReadRecordResult::InputEmpty if !self.input.ended => self.more(&mut scanned)?,
                // The parser learns of the end by an empty input, which is what it gets next.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.text.resize(self.fields.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.fields.ends.resize(self.fields.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.raw = (self.input.free, scanned);
        self.next.offset += (scanned - self.input.free) as u64;
        self.next.line += self.parser.line() - line_before;
        self.input.free = scanned;
        self.judge()
    }

    /// The bytes of the current record, from 0, and how many they are.
    pub(super) fn extent(&self) -> (u64, u64) {
        (self.start.offset, (self.raw.1 - self.raw.0) as u64)
    }

    /// Bytes that were read before.
    pub(super) fn bytes_at(&self, (start, length): (u64, u64)) -> Result<Vec<u8>, FileError> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        let read = self.file.read_exact_at(&mut bytes, start);
        read.map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        Ok(bytes)
    }

    /// What the parser has guessed in the current record, as an error.
    #[inline]
    pub(super) fn check(&self) -> Result<(), RecordError> {
        match self.fault {
            None => Ok(()),
            Some(fault) => Err(self.faulty(fault)),
        }
    }

    /// How many fields the current record has.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.fields.count
    }

    /// A field of the current record, from 0; empty beyond the last one.
    #[inline]
    pub(super) fn field(&self, index: usize) -> &[u8] {
        // Beyond them are the ends of earlier records.
        let ends = self.fields.ends.get(..self.fields.count).unwrap_or_default();
        let start = if index == 0 { 0 } else { ends.get(index - 1).copied().unwrap_or_default() };
        let end = ends.get(index).copied().unwrap_or_default();
        self.fields.text.get(start..end).unwrap_or_default()
    }

    /// The current record as it stands in the file, with its line end.
    pub(super) fn raw(&self) -> &[u8] {
        self.input.bytes.get(self.raw.0..self.raw.1).unwrap_or_default()
    }

    /// Where each field of the current record begins as people count: line and column, in characters, from 1.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        let (mut line, mut column, mut counted) = (self.start.line, 1, 0);
        quotes::beginnings(self.raw(), self.delimiter).map(move |beginning| {
            for byte in self.raw().get(counted..beginning).unwrap_or_default() {
                match byte {
                    b'\n' => (line, column) = (line + 1, 1),
                    // Within a character.
                    0x80..0xc0 => {}
                    _ => column += 1,
                }
            }
            counted = beginning;
            (line, column)
        })
    }

    /// Where the current record begins.
    #[inline]
    pub(super) fn start(&self) -> Place {
        self.start
    }

    /// Where the current record ends: a good place to open the file at again.
    pub(super) fn end(&self) -> Place {
        self.next
    }

    /// How many bytes the file has now.
    pub(super) fn size(&self) -> Result<u64, FileError> {
        let metadata = self.file.metadata();
        Ok(metadata.map_err(|source| FileError::Io { path: self.path.clone(), source })?.len())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Reads more of the file. The bytes that no record has taken yet move to the front first.
    fn more(&mut self, scanned: &mut usize) -> Result<(), FileError> {
        let input = &mut self.input;
        if input.free > 0 {
            input.bytes.copy_within(input.free..input.filled, 0);
            input.filled -= input.free;
            *scanned -= input.free;
            input.free = 0;
        }
        if input.filled == input.bytes.len() {
            if input.filled >= self.longest {
                let (path, line, limit) = (self.path.clone(), self.start.line, self.longest);
                return Err(FileError::TooLong { path, line, limit });
            }
            input.bytes.resize(input.bytes.len() * 2, 0);
        }
        let room = input.bytes.get_mut(input.filled..).unwrap_or_default();
        let read = loop {
            match self.file.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let read = read.map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        input.filled += read;
        input.ended = read == 0;
        Ok(())
    }

    fn skip_mark(&mut self) -> Result<(), FileError> {
        while self.input.filled < BYTE_ORDER_MARK.len() && !self.input.ended {
            self.more(&mut 0)?;
        }
        if self.input.bytes.get(..self.input.filled).is_some_and(|bytes| bytes.starts_with(BYTE_ORDER_MARK)) {
            self.input.free = BYTE_ORDER_MARK.len();
            self.next.offset = BYTE_ORDER_MARK.len() as u64;
        }
        Ok(())
    }

    /// Goes back to the place where it is to begin, from the byte before it. A last line that had no end when it was read may
    /// have got one since: that is no empty line.
    fn return_to_line(&mut self) -> Result<(), FileError> {
        while self.input.unread().is_empty() && !self.input.ended {
            self.more(&mut 0)?;
        }
        let is_within_line = self.input.unread().first().is_some_and(|byte| *byte != b'\n');
        self.input.free = self.input.filled.min(1);
        match self.line_end()? {
            length if length > 0 && is_within_line => self.skip_line_end(length),
            _ => {}
        }
        Ok(())
    }

    /// How long the line end is that stands next; 0 when something else does.
    fn line_end(&mut self) -> Result<usize, FileError> {
        loop {
            match self.input.unread() {
                [b'\n', ..] => return Ok(1),
                [b'\r', b'\n', ..] => return Ok(2),
                [] | [b'\r'] if !self.input.ended => {
                    let mut free = self.input.free;
                    self.more(&mut free)?;
                }
                _ => return Ok(0),
            }
        }
    }

    fn skip_line_end(&mut self, length: usize) {
        self.input.free += length;
        self.next.offset += length as u64;
        self.next.line += 1;
    }

    /// Makes the empty line that stands next the current record.
    fn take_empty_line(&mut self, length: usize) {
        self.start = self.next;
        self.raw = (self.input.free, self.input.free + length);
        self.fault = None;
        self.fields.make_empty();
        self.skip_line_end(length);
    }

    /// Compares the current record with what the parser has made of it.
    fn judge(&mut self) -> Result<(), FileError> {
        let raw = self.input.bytes.get(self.raw.0..self.raw.1).unwrap_or_default();
        let body = match raw {
            [body @ .., b'\r', b'\n'] => {
                self.fields.drop_carriage_return();
                body
            }
            [body @ .., b'\n'] => body,
            body => body,
        };
        // Of a record without quotes around fields only the delimiters are gone. Most are such ones, and need no second look;
        // but where the file ends, what looks like the end of a line may stand in quotes.
        let is_last = self.input.ended && self.input.unread().is_empty();
        let is_plain = !is_last && self.fields.length() + self.fields.count == body.len() + 1;
        let fault = if is_plain && !body.contains(&b'\r') { Ok(None) } else { quotes::fault(body, self.delimiter) };
        // The parser takes the end of the file for the end of a quote. What stands in such a record is lost rows.
        let lost = |OpenQuote(place)| FileError::OpenQuote { path: self.path.clone(), line: self.line_of(place) };
        self.fault = fault.map_err(lost)?;
        Ok(())
    }

    #[cold]
    fn faulty(&self, fault: Fault) -> RecordError {
        match fault {
            Fault::Behind(place) => RecordError::BehindQuote { line: self.line_of(place) },
            Fault::Return => RecordError::CarriageReturn,
        }
    }

    /// The line of a byte of the current record.
    fn line_of(&self, place: usize) -> u64 {
        let before = self.raw().get(..place).unwrap_or_default();
        self.start.line + before.iter().filter(|byte| **byte == b'\n').count() as u64
    }
}

impl Input {
    /// The bytes that no record has taken.
    #[inline]
    fn unread(&self) -> &[u8] {
        self.bytes.get(self.free..self.filled).unwrap_or_default()
    }
}

impl Fields {
    /// The memory for what the parser has not written yet.
    #[inline]
    fn room(&mut self, written: usize) -> (&mut [u8], &mut [usize]) {
        let text = self.text.get_mut(written..).unwrap_or_default();
        let ends = self.ends.get_mut(self.count..).unwrap_or_default();
        (text, ends)
    }

    /// How many bytes all fields have.
    #[inline]
    fn length(&self) -> usize {
        self.ends.get(self.count.wrapping_sub(1)).copied().unwrap_or_default()
    }

    /// Makes them one field without text.
    fn make_empty(&mut self) {
        self.count = 1;
        if let Some(end) = self.ends.first_mut() {
            *end = 0;
        }
    }

    /// The parser knows LF alone as the end of a line, so that the CR before it stands at the end of the last field.
    fn drop_carriage_return(&mut self) {
        if let Some(end) = self.ends.get_mut(self.count.wrapping_sub(1)) {
            *end = end.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
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
            let fields = (0..records.len()).map(|at| String::from_utf8_lossy(records.field(at)).into_owned());
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
        for (text, line) in
            [("a,b\nc,\"d\ne,f\n", 2), ("a,\"b\n\",\"c", 2), ("\"a\"\"", 1), ("\"a\"\"\n,", 1), ("\"", 1)]
        {
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
        records.longest = BUFFER;
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
        assert_eq!((records.field(0), records.field(1), records.field(2)), (&b"d"[..], &b""[..], &b""[..]));
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
}
