use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
#[error_kind("InvalidRow")]
enum LedgerError {
    #[error("bad row")]
    #[batch_error(crate = overnight_framework)]
    Row,
    #[error("bad day")]
    Day {
        #[error_kind("InvalidRow")]
        text: String,
    },
}

fn main() {}
