//! `jobctl` with a reader and a job of its own: all that a program with steps in Rust needs.

mod evens;
mod fatal;
mod naps;
mod numbers;

use std::process::ExitCode;

use overnight::kind::Kinds;
use overnight::registry::Registry;

fn main() -> ExitCode {
    let program = Registry::default()
        .with_kinds(Kinds::default().reader(naps::Naps))
        .component::<fatal::risk>()
        .component::<fatal::risky>()
        .job::<numbers::Numbers>()
        .job::<evens::Evens>()
        .resource(numbers::Greeting("good morning"));
    overnight::cli::main(program)
}
