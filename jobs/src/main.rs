//! `jobctl`, the command line of overnight.

use std::process::ExitCode;

fn main() -> ExitCode {
    overnight::cli::main(overnight::registry::Registry::default())
}
