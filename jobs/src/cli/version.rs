//! `jobctl version`.

use super::exit::Exit;
use super::output::Output;

pub(super) fn run(output: &Output) -> Exit {
    output.text(concat!("jobctl ", env!("CARGO_PKG_VERSION"), "\n"));
    Exit::Done
}
