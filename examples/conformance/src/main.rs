//! `jobctl` with a reader of its own: all that a program with steps in Rust needs.

mod naps;

use std::process::ExitCode;

use overnight::kind::Kinds;

fn main() -> ExitCode {
    overnight::cli::main(Kinds::default().reader(naps::Naps))
}
