//! The reader `fixed`: payments out of lines whose fields have fixed places, as old systems write them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use overnight::error::{BatchError, Result, ResultExt as _, names};
use overnight::kind::With;
use overnight::repository::Payload;
use overnight::step::chunk::{ItemReader, ReadError};
use overnight::{Row, Settings, reader};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Where the lines are.
#[derive(Debug, Settings)]
pub(crate) struct Fixed {
    /// The file; a relative path starts at the folder of the job file.
    path: PathBuf,
}

/// The columns of the rows: expressions of the job file see them by these names.
#[derive(Debug, PartialEq, Row)]
pub(crate) struct Payment {
    id: i64,
    currency: String,
    amount: Decimal,
    reference: Option<String>,
}

/// It is called when its step begins. What it answers is opened, read and closed by the engine.
#[reader]
pub(crate) fn fixed(with: &With<Fixed>) -> Result<impl ItemReader<Payment> + use<>> {
    let file = File::open(&with.path).context(format_args!("cannot read {}", with.path.display()))?;
    Ok(Lines { lines: BufReader::new(file), read: 0 })
}

struct Lines<R> {
    lines: R,
    /// How many lines were read: the position that is committed with each chunk.
    read: u64,
}

impl<R: BufRead + Send> ItemReader<Payment> for Lines<R> {
    fn open(&mut self, from: Option<&Value>) -> Result<()> {
        let passed = from.and_then(Value::as_u64).unwrap_or(0);
        while self.read < passed && self.line()?.is_some() {}
        Ok(())
    }

    fn read(&mut self) -> Result<Option<Payment>, ReadError> {
        let Some(line) = self.line()? else { return Ok(None) };
        match payment(&line) {
            Some(payment) => Ok(Some(payment)),
            // A bad line is for the skip policy of the step; the next one may be good.
            None => Err(ReadError::Record {
                error: BatchError::new(names::INVALID_ROW, format!("line {} is no payment", self.read)),
                payload: Payload { kind: "text", bytes: line.into_bytes() },
            }),
        }
    }

    fn checkpoint(&self) -> Value {
        json!(self.read)
    }
}

impl<R: BufRead> Lines<R> {
    fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        self.read += 1;
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// Six digits of a number, three letters of a currency, ten digits of hundredths, and whatever the payer wrote.
fn payment(line: &str) -> Option<Payment> {
    let reference = line.get(19..)?.trim();
    Some(Payment {
        id: line.get(..6)?.parse().ok()?,
        currency: line.get(6..9)?.to_owned(),
        amount: Decimal::new(line.get(9..19)?.parse().ok()?, 2),
        reference: (!reference.is_empty()).then(|| reference.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "000001EUR0000012345rent\n000002USD0000000100\nnothing\n";

    fn lines() -> Lines<&'static [u8]> {
        Lines { lines: LINES.as_bytes(), read: 0 }
    }

    #[test]
    fn a_line_becomes_a_payment_and_a_bad_one_is_kept_as_it_is() {
        let mut lines = lines();
        let rent = lines.read().unwrap().unwrap();
        assert_eq!((rent.id, rent.amount, rent.reference.as_deref()), (1, Decimal::new(12345, 2), Some("rent")));
        assert_eq!(lines.read().unwrap().unwrap().reference, None);
        let Err(ReadError::Record { payload, error }) = lines.read() else { panic!("`nothing` is no payment") };
        assert_eq!((payload.bytes.as_slice(), error.message()), (&b"nothing"[..], "line 3 is no payment"));
    }

    #[test]
    fn a_restart_goes_on_behind_the_last_line_that_was_committed() {
        let mut lines = lines();
        lines.open(Some(&json!(1))).unwrap();
        assert_eq!(lines.read().unwrap().unwrap().id, 2);
    }
}
