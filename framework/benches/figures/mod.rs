//! What benches have in common: medians of rounds by turns, and the place where figures are printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::cmp::Ordering;
use std::fmt::Display;

/// Prints a line of the answer.
pub(crate) fn print(line: impl Display) {
    println!("{line}");
}

/// The medians of so many rounds, in each of which everybody has a turn: a machine that is busy for a while hurts all alike.
pub(crate) fn by_turns<T: PartialOrd, const N: usize>(rounds: usize, mut ways: [&mut dyn FnMut() -> T; N]) -> [T; N] {
    let mut measured = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (way, measured) in ways.iter_mut().zip(&mut measured) {
            measured.push(way());
        }
    }
    measured.map(median)
}

/// The one in the middle.
pub(crate) fn median<T: PartialOrd>(mut measured: Vec<T>) -> T {
    measured.sort_by(|one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal));
    measured.swap_remove(measured.len() / 2)
}
