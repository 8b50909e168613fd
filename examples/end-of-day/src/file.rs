//! CSV files that are written once and know their checksum.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// A CSV file in the making: UTF-8, lines ended by LF, cells in quotes only where they must be.
pub(crate) struct CsvFile {
    file: BufWriter<File>,
    hash: Sha256,
    line: String,
}

impl CsvFile {
    /// A new file that begins with this header. What was there before is gone.
    pub(crate) fn create(path: &Path, header: &[&str]) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, File::create(path)?);
        let mut csv = Self { file, hash: Sha256::new(), line: String::new() };
        csv.write(header)?;
        Ok(csv)
    }

    /// Adds a line.
    pub(crate) fn write(&mut self, cells: &[impl AsRef<str>]) -> io::Result<()> {
        self.line.clear();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.line.push(',');
            }
            push_cell(&mut self.line, cell.as_ref());
        }
        self.line.push('\n');
        self.hash.update(&self.line);
        self.file.write_all(self.line.as_bytes())
    }

    /// Ends the file and answers its SHA-256.
    pub(crate) fn finish(mut self) -> io::Result<String> {
        self.file.flush()?;
        Ok(hexadecimal(self.hash))
    }
}

/// The SHA-256 of a text.
pub(crate) fn checksum(text: &str) -> String {
    hexadecimal(Sha256::new().chain_update(text))
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn push_cell(line: &mut String, cell: &str) {
    if cell.contains([',', '"', '\r', '\n']) {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        let quoted = |cell: &str| {
            let mut line = String::new();
            push_cell(&mut line, cell);
            line
        };
        assert_eq!(quoted("plain; 'text'"), "plain; 'text'");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(quoted("two\nlines"), "\"two\nlines\"");
    }

    #[test]
    fn the_checksum_is_that_of_sha256sum() {
        assert_eq!(checksum("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
