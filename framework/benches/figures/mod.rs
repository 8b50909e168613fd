//! What benches have in common: rounds by turns, and the place where figures are printed.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fmt::Display;

/// Prints a line of the answer.
pub(crate) fn print(line: impl Display) {
    println!("{line}");
}

/// A way to do the work: it answers a time or a rate, in a unit of the benchmark.
pub(crate) type Way<'a> = &'a mut dyn FnMut() -> f64;

/// What several ways have answered in some rounds.
pub(crate) struct Turns {
    rounds: Vec<Vec<f64>>,
}

/// Lets every way have a turn in every round.
pub(crate) fn by_turns(rounds: usize, ways: &mut [Way<'_>]) -> Turns {
    Turns { rounds: (0..rounds).map(|_| ways.iter_mut().map(|way| way()).collect()).collect() }
}

impl Turns {
    /// What a way has answered in the round in the middle.
    pub(crate) fn median(&self, way: usize) -> f64 {
        self.middle(|round| round[way])
    }

    /// What a way has answered as a multiple of what another has in the same round, and of all rounds the one in the middle: a
    /// machine that is slower for a while is so for both.
    pub(crate) fn ratio(&self, way: usize, to: usize) -> f64 {
        self.middle(|round| round[way] / round[to])
    }

    /// What comes out of a round; of all rounds the one in the middle.
    pub(crate) fn middle(&self, of: impl Fn(&[f64]) -> f64) -> f64 {
        let mut all: Vec<_> = self.rounds.iter().map(|round| of(round)).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }
}
