//! Records out of a file: where each begins and ends, on which line, and its text as it stands there.
//!
//! The parser is csv-core, driven directly: the reader of the crate csv counts the lines of CRLF files one too low, knows
//! neither the text of a bad record nor whether its last quote was closed, and reads a file with an unclosed quote into
//! memory to its end. All of these are what a person needs at three in the morning.
//!
//! The parser is lenient where a guess loses rows. It takes text behind a closing quote for more of the field, so that a
//! stray quote joins the records up to the next one; and a CR for the end of a line. So it is told that lines end in LF, and
//! what stands in a record is compared with what came out of it.
//!
//! Most lines have neither quotes nor carriage returns within. Those need no parser: they are taken apart where they stand, which
//! takes a third of the time.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::error::{FileError, RecordError};
use super::fields::{Cells, Fields};
use super::input::{BUFFER, Input, Shortage};
use super::quotes::{self, Fault, OpenQuote};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The records of an open file, one after the other in the same memory.
pub(super) struct Records {
    path: PathBuf,
    file: File,
    parser: csv_core::Reader,
    delimiter: u8,
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
            keeps_empty_lines: false,
            input: Input::new(),
            fields: Fields::new(),
            start: Place::BEGIN,
            next: Place::BEGIN,
            raw: (0, 0),
            fault: None,
        };
        records.go_to(Place::BEGIN)?;
        Ok(records)
    }

    /// Goes to a place, as [`go_to`](Self::go_to) does, and goes on from the checksum of what stands before it. With `expected` that must
    /// be the checksum.
    pub(super) fn resume_at(&mut self, place: Place, expected: Option<u32>) -> Result<(), FileError> {
        let sum = self.sum_before(place.offset)?;
        if expected.is_some_and(|expected| expected != sum.clone().finalize()) {
            return Err(FileError::Changed { path: self.path.clone(), how: "what was read of it is another text now" });
        }
        self.go_to(place)?;
        // Behind the place a mark or the end of a line may have been passed over.
        let passed = usize::try_from(self.next.offset - place.offset).unwrap_or_default();
        self.input.sum_from(self.input.free() - passed, sum);
        Ok(())
    }

    fn sum_before(&mut self, offset: u64) -> Result<Hasher, FileError> {
        let failed = |source| FileError::Io { path: self.path.clone(), source };
        let (mut sum, mut block) = (Hasher::new(), vec![0; BUFFER]);
        self.file.rewind().map_err(failed)?;
        let mut before = (&self.file).take(offset);
        loop {
            match before.read(&mut block).map_err(failed)? {
                0 => return Ok(sum),
                length => sum.update(block.get(..length).unwrap_or_default()),
            }
        }
    }

    /// The checksum of the file up to the current record, or behind it.
    pub(super) fn sum(&mut self, is_behind: bool) -> u32 {
        self.input.sum_to(if is_behind { self.input.free() } else { self.raw.0 })
    }

    /// Goes to a place, which is the beginning of the file or the end of a record.
    pub(super) fn go_to(&mut self, place: Place) -> Result<(), FileError> {
        let sought = self.file.seek(SeekFrom::Start(place.offset.saturating_sub(1)));
        sought.map_err(|source| FileError::Io { path: self.path.clone(), source })?;
        (self.start, self.next, self.raw, self.fault) = (place, place, (0, 0), None);
        self.input.clear();
        self.parser.reset();
        // The parser strips a mark from whatever it reads first, which after a restart is in the middle of the file.
        let (text, ends) = self.fields.begin();
        let _ = self.parser.read_record(b"\n", text, ends);
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
        self.start = self.next;
        if !self.take_line() {
            self.parse()?;
        }
        Ok(true)
    }

    /// Takes the line that stands next apart where it stands; false when that is a matter for the parser.
    fn take_line(&mut self) -> bool {
        let plain = self.input.plain();
        let (body, split) = (plain.len(), self.fields.split(plain, self.delimiter));
        let length = match (split, self.input.unread().get(body..)) {
            (Some(end), _) => end + 1,
            (None, Some([b'\r', b'\n', ..])) => body + 2,
            (None, _) => return false,
        };
        self.fault = None;
        self.raw = (self.input.free(), self.input.free() + length);
        self.skip_line_end(length);
        true
    }

    /// Has the parser read the record that stands next, which is no empty line.
    fn parse(&mut self) -> Result<(), FileError> {
        let line_before = self.parser.line();
        let mut scanned = 0;
        self.fields.begin();
        loop {
            let unread = self.input.unread().get(scanned..).unwrap_or_default();
            let (text, ends) = self.fields.room();
            let (result, read, copied, ended) = self.parser.read_record(unread, text, ends);
            scanned += read;
            self.fields.add(copied, ended);
            match result {
                ReadRecordResult::InputEmpty if !self.input.ended() => self.more()?,
                // The parser learns of the end by an empty input, which is what it gets next.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.fields.make_room_for_text(),
                ReadRecordResult::OutputEndsFull => self.fields.make_room_for_ends(),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        let free = self.input.free();
        self.raw = (free, free + scanned);
        self.next.offset += scanned as u64;
        self.next.line += self.parser.line() - line_before;
        self.input.take(scanned);
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
        self.fields.len()
    }

    /// The fields of the current record.
    #[inline]
    pub(super) fn cells(&self) -> Cells<'_> {
        self.fields.cells(self.raw())
    }

    /// The current record as it stands in the file, with its line end.
    pub(super) fn raw(&self) -> &[u8] {
        self.input.bytes(self.raw)
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

    /// Reads more of the file.
    fn more(&mut self) -> Result<(), FileError> {
        match self.input.more(&mut self.file) {
            Ok(()) => Ok(()),
            Err(Shortage::TooLong(limit)) => {
                Err(FileError::TooLong { path: self.path.clone(), line: self.start.line, limit })
            }
            Err(Shortage::Io(source)) => Err(FileError::Io { path: self.path.clone(), source }),
        }
    }

    fn skip_mark(&mut self) -> Result<(), FileError> {
        while self.input.unread().len() < BYTE_ORDER_MARK.len() && !self.input.ended() {
            self.more()?;
        }
        if self.input.unread().starts_with(BYTE_ORDER_MARK) {
            self.input.take(BYTE_ORDER_MARK.len());
            self.next.offset = BYTE_ORDER_MARK.len() as u64;
        }
        Ok(())
    }

    /// Goes back to the place where it is to begin, from the byte before it. A last line that had no end when it was read may
    /// have got one since: that is no empty line.
    fn return_to_line(&mut self) -> Result<(), FileError> {
        while self.input.unread().is_empty() && !self.input.ended() {
            self.more()?;
        }
        let is_within_line = self.input.unread().first().is_some_and(|byte| *byte != b'\n');
        self.input.take(self.input.unread().len().min(1));
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
                [] | [b'\r'] if !self.input.ended() => self.more()?,
                _ => return Ok(0),
            }
        }
    }

    /// Goes behind the end of a line, which is so many bytes away.
    fn skip_line_end(&mut self, length: usize) {
        self.input.take(length);
        self.next.offset += length as u64;
        self.next.line += 1;
    }

    /// Makes the empty line that stands next the current record.
    fn take_empty_line(&mut self, length: usize) {
        self.start = self.next;
        self.raw = (self.input.free(), self.input.free() + length);
        self.fault = None;
        self.fields.make_empty();
        self.skip_line_end(length);
    }

    /// Compares the current record with what the parser has made of it.
    fn judge(&mut self) -> Result<(), FileError> {
        let body = match self.input.bytes(self.raw) {
            [body @ .., b'\r', b'\n'] => {
                self.fields.drop_carriage_return();
                body
            }
            [body @ .., b'\n'] => body,
            body => body,
        };
        // The parser takes the end of the file for the end of a quote. What stands in such a record is lost rows.
        let lost = |OpenQuote(place)| FileError::OpenQuote { path: self.path.clone(), line: self.line_of(place) };
        self.fault = quotes::fault(body, self.delimiter).map_err(lost)?;
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

#[cfg(test)]
mod tests;
