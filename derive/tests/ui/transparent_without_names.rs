use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error(transparent)]
    #[error_kind(transparent)]
    Format(std::fmt::Error),
}

fn main() {}
