//! `jobctl`, the command line of overnight.

use std::process::ExitCode;

/// Threads of one step hand rows to each other, and give them back: the allocator of the system waits for locks there.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    overnight::cli::main(overnight::registry::Registry::default())
}
