use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("locked")]
    Locked,
    #[error("busy")]
    #[error_kind("Locked")]
    Busy,
}

fn main() {}
