//! `jobctl` with parts of its own that job files may name.

mod convert;
mod fixed;
mod tell;

use std::process::ExitCode;

use overnight::registry::Registry;

fn main() -> ExitCode {
    let program = Registry::default()
        .component::<fixed::fixed>()
        .component::<convert::convert>()
        .component::<tell::tell>()
        .errors_of::<convert::RateError>()
        .resource(convert::Rates::of_the_day());
    overnight::cli::main(program)
}
