use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("failed")]
    #[error_kind("FAILED")]
    Failed,
    #[error("file")]
    IO,
}

fn main() {}
