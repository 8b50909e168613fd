use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("error")]
    Error,
    #[error("panic")]
    #[error_kind("Panic")]
    Panicked,
    #[error("store")]
    StoreError,
    #[error("late")]
    Timeout,
}

fn main() {}
