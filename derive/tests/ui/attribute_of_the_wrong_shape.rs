use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
enum LedgerError {
    #[error("a")]
    #[error_kind = "InvalidRow"]
    Assigned,
    #[error("b")]
    #[error_kind]
    Bare,
    #[error("c")]
    #[error_kind()]
    Empty,
    #[error("d")]
    #[error_kind("InvalidRow", "Transient")]
    Two,
}

fn main() {}
