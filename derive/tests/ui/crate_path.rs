use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
#[batch_error(path = overnight_framework)]
#[error("nothing")]
struct Nothing;

fn main() {}
