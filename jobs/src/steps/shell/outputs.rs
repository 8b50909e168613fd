//! The values that a command gives to later steps: lines `name=value` in a file that only it can see.

use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use overnight_framework::execution::JsonObject;
use overnight_framework::yaml::is_name;
use thiserror::Error;

use super::tail::Mask;

/// The variable that names the file.
pub(super) const OUTPUT_VARIABLE: &str = "OVERNIGHT_OUTPUT";

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The file, removed when the value is dropped.
#[derive(Debug)]
pub(super) struct OutputFile(PathBuf);

/// Why there are no outputs.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum OutputError {
    #[error("cannot create {} for the outputs; is TMPDIR there and writable?", .path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("cannot read what the command wrote to ${OUTPUT_VARIABLE}")]
    Io(#[from] io::Error),
    #[error("the command put something else in the place of the file ${OUTPUT_VARIABLE}")]
    NotAFile,
    #[error("the command wrote more than {} KiB to ${OUTPUT_VARIABLE}", LARGEST >> 10)]
    TooLarge,
    #[error("what the command wrote to ${OUTPUT_VARIABLE} is not UTF-8")]
    Encoding,
    #[error("line {line} of ${OUTPUT_VARIABLE} is not `name=value`: {text:?}")]
    Line { line: usize, text: String },
}

impl OutputFile {
    /// A new empty file that only this user can read.
    pub(super) fn create() -> Result<Self, OutputError> {
        Self::create_in(&std::env::temp_dir())
    }

    fn create_in(folder: &Path) -> Result<Self, OutputError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("overnight-output-{}-{number}", std::process::id()));
            // Never a file that is there already: it may be a link that somebody laid out.
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(OutputError::Create { path, source }),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The outputs, all of them texts, as they were written: whoever stores them refuses those that hold a secret, because
    /// one with a hole in it would mislead later steps. Of a name that stands there twice, the last value.
    pub(super) fn read(&self, mask: &Mask) -> Result<JsonObject, OutputError> {
        let mut bytes = Vec::new();
        // Before it is opened: a pipe that the command put there would wait for somebody who writes into it.
        if !fs::symlink_metadata(&self.0)?.is_file() {
            return Err(OutputError::NotAFile);
        }
        fs::File::open(&self.0)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(OutputError::TooLarge);
        }
        parse(&String::from_utf8(bytes).map_err(|_| OutputError::Encoding)?, mask)
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // A command may have removed it.
        let _ = fs::remove_file(&self.0);
    }
}

fn parse(text: &str, mask: &Mask) -> Result<JsonObject, OutputError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(index, line)| match line.split_once('=') {
        Some((name, value)) if is_name(name) => Ok((name.to_owned(), value.into())),
        _ => Err(OutputError::Line { line: index + 1, text: mask.text(line) }),
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn parsed(text: &str) -> Result<JsonObject, String> {
        parse(text, &Mask::new(&Default::default())).map_err(|error| error.to_string())
    }

    #[test]
    fn every_line_is_a_name_and_its_value() {
        let outputs = parsed("file=a=b c\r\n\nrows=1\nrows=2\nempty=\n").unwrap();
        assert_eq!(serde_json::Value::from(outputs), serde_json::json!({"file": "a=b c", "rows": "2", "empty": ""}));
        assert_eq!(
            parsed("rows=1\nRows: 2\n").unwrap_err(),
            "line 2 of $OVERNIGHT_OUTPUT is not `name=value`: \"Rows: 2\""
        );
    }

    #[test]
    fn the_file_is_private_and_goes_with_the_value() {
        let file = OutputFile::create().unwrap();
        let path = file.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_file_any_more_is_not_waited_for() {
        let file = OutputFile::create().unwrap();
        fs::remove_file(file.path()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(file.path()).status().unwrap();
        assert!(made.success());
        let refused = file.read(&Mask::new(&Default::default())).unwrap_err();
        assert_eq!(refused.to_string(), "the command put something else in the place of the file $OVERNIGHT_OUTPUT");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_with_the_variable_to_look_at() {
        let error = OutputFile::create_in(Path::new("/nowhere")).unwrap_err().to_string();
        let (path, advice) = error.split_once(" for the outputs; ").unwrap();
        assert!(path.starts_with("cannot create /nowhere/overnight-output-"), "{error}");
        assert_eq!(advice, "is TMPDIR there and writable?");
    }
}
