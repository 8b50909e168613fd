use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("bad row")]
    #[error_kind("invalid_row")]
    Row,
    #[error("bad day")]
    #[error_kind("4xx")]
    Day,
    #[error("bad hour")]
    #[error_kind("")]
    Hour,
}

fn main() {}
