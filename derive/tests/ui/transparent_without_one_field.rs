use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("both")]
    #[error_kind(transparent)]
    Both(std::fmt::Error, std::fmt::Error),
    #[error("neither")]
    #[error_kind(transparent)]
    Neither,
}

fn main() {}
