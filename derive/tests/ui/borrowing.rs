use overnight::BatchError;
use thiserror::Error;

#[derive(Debug, Error, BatchError)]
#[error("bad row {0}")]
struct Row<'a>(&'a str);

fn main() {}
