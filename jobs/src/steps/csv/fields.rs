//! The fields of one record: as they stand in the file where that is possible, else as the parser has written them.

use super::cell::Cell;

/// Where the fields of the current record are.
pub(super) struct Fields {
    source: Source,
    /// What the parser has written: the fields without their quotes, one behind the other.
    text: Vec<u8>,
    /// How much of that.
    written: usize,
    /// Where each field ends; behind those of the current record are those of earlier ones.
    ends: Vec<usize>,
    count: usize,
}

/// In which bytes the ends count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// In those of the record, where a delimiter stands between two fields.
    Record,
    /// In what the parser has written.
    Parser,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self { source: Source::Parser, text: vec![0; 1 << 12], written: 0, ends: vec![0; 64], count: 0 }
    }

    /// Takes the first line of `plain` apart at its delimiters, and answers where it ends. Without a line end all of it is
    /// taken for fields, of which the last one goes on behind it.
    #[inline]
    pub(super) fn split(&mut self, plain: &[u8], delimiter: u8) -> Option<usize> {
        self.source = Source::Record;
        self.count = 0;
        for place in memchr::memchr2_iter(delimiter, b'\n', plain) {
            self.end_at(place);
            if plain.get(place) == Some(&b'\n') {
                return Some(place);
            }
        }
        self.end_at(plain.len());
        None
    }

    #[inline]
    fn end_at(&mut self, place: usize) {
        match self.ends.get_mut(self.count) {
            Some(end) => *end = place,
            None => self.ends.push(place),
        }
        self.count += 1;
    }

    /// Begins a record of the parser, and gives it all the memory there is.
    pub(super) fn begin(&mut self) -> (&mut [u8], &mut [usize]) {
        (self.source, self.written, self.count) = (Source::Parser, 0, 0);
        self.room()
    }

    /// The memory for what the parser has not written yet.
    #[inline]
    pub(super) fn room(&mut self) -> (&mut [u8], &mut [usize]) {
        let text = self.text.get_mut(self.written..).unwrap_or_default();
        let ends = self.ends.get_mut(self.count..).unwrap_or_default();
        (text, ends)
    }

    /// Takes note of what the parser has written.
    #[inline]
    pub(super) fn add(&mut self, written: usize, ended: usize) {
        self.written += written;
        self.count += ended;
    }

    pub(super) fn make_room_for_text(&mut self) {
        self.text.resize(self.text.len() * 2, 0);
    }

    pub(super) fn make_room_for_ends(&mut self) {
        self.ends.resize(self.ends.len() * 2, 0);
    }

    /// How many there are.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The fields, to be read. `record` are the bytes of the record.
    #[inline]
    pub(super) fn cells<'a>(&'a self, record: &'a [u8]) -> Cells<'a> {
        let (bytes, gap) = match self.source {
            Source::Record => (record, 1),
            Source::Parser => (self.text.get(..self.written).unwrap_or_default(), 0),
        };
        Cells { whole: Cell::Bytes(bytes), gap, ends: self.ends.get(..self.count).unwrap_or_default() }
    }

    /// Makes them one field without text.
    pub(super) fn make_empty(&mut self) {
        self.begin();
        self.end_at(0);
    }

    /// The parser knows LF alone as the end of a line, so that the CR before it stands at the end of the last field.
    pub(super) fn drop_carriage_return(&mut self) {
        if let Some(end) = self.ends.get_mut(self.count.wrapping_sub(1)) {
            *end = end.saturating_sub(1);
        }
    }
}

/// The fields of a record, to be read.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    whole: Cell<'a>,
    /// How many bytes stand between two fields.
    gap: usize,
    ends: &'a [usize],
}

impl<'a> Cells<'a> {
    /// The same as texts, where all of it is text: looked at once, it need not be looked at again cell by cell.
    #[inline]
    pub(super) fn as_text(self) -> Self {
        Self { whole: self.whole.text().map_or(self.whole, Cell::Text), ..self }
    }

    /// A field, from 0; empty beyond the last one.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Cell<'a> {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).map_or(0, |end| end + self.gap) };
        self.whole.part(start, self.ends.get(index).copied().unwrap_or_default())
    }
}
