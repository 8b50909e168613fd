use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("bad row")]
    #[error_kind(InvalidRow)]
    Row,
}

fn main() {}
