//! `jobctl version`.

use serde_json::json;

use super::exit::Exit;
use super::output::Output;

pub(super) fn run(output: &Output) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    output.answer_text(|| format!("jobctl {version}\n"), || json!({ "name": "jobctl", "version": version }));
    Exit::Done
}
