use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("bad row")]
    #[error_kind("bad row")]
    Row,
}

fn step() -> Result<(), BatchError> {
    Err(LedgerError::Row)?
}

fn main() {
    let _ = step();
}
