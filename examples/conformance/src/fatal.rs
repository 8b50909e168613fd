//! Parts that do not come back: they end the process, fall without a ground, or go on for ever.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::thread;

use overnight::kind::With;
use overnight::{Row, Settings, processor, step};

/// What happens to the step.
#[derive(Debug, Settings)]
pub(crate) struct Fate {
    /// The file that says it, once: `exit`, `overflow` or `hang`.
    file: PathBuf,
}

/// What happens to a row.
#[derive(Debug, Settings)]
pub(crate) struct FateOfRow {
    /// The file that says it, once: `exit`, `overflow` or `hang`.
    file: PathBuf,
    /// The id of the row.
    at: i64,
}

/// A row, whatever else it has.
#[derive(Clone, Debug, PartialEq, Row)]
pub(crate) struct Item {
    id: i64,
}

/// Does once what a file says.
#[step]
pub(crate) fn risk(with: &With<Fate>) {
    meet(&with.file);
}

/// Gives what it takes, and does once what a file says.
#[processor]
pub(crate) fn risky(item: &Item, with: &With<FateOfRow>) -> Item {
    if item.id == with.at {
        meet(&with.file);
    }
    item.clone()
}

#[expect(clippy::disallowed_methods, reason = "code of others may do it at any time")]
fn meet(file: &Path) {
    let fate = fs::read_to_string(file).unwrap_or_default();
    // The next one who comes here passes, and whoever waits for it sees that it happens now.
    let _ = fs::remove_file(file);
    match fate.as_str() {
        "exit" => std::process::exit(42),
        "overflow" => drop(black_box(fall(0))),
        "hang" => loop {
            thread::park();
        },
        _ => {}
    }
}

/// Every call keeps a part of the stack, and none comes back.
fn fall(depth: u64) -> u64 {
    let kept = black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { fall(depth + 1) + kept[0] }
}
