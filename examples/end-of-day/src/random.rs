//! A small seeded generator of random numbers: SplitMix64 of Steele, Lea and Flood, whose output is the same everywhere.

/// A sequence that its seed determines.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of this seed for one purpose and one thing: different purposes and things do not follow each other.
    pub(crate) fn new(seed: u64, purpose: u64, index: u64) -> Self {
        Self(mixed(mixed(mixed(seed) ^ purpose) ^ index))
    }

    /// A number below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        // The upper half of the product: without the bias and the division of a remainder.
        ((u128::from(mixed(self.0)) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low) + 1) as i64
    }

    /// One of the `items`.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        items[self.below(N as u64) as usize]
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_generator() {
        let mut random = Random(1_234_567);
        let mut next = || {
            random.0 = random.0.wrapping_add(GOLDEN);
            mixed(random.0)
        };
        assert_eq!(
            [next(), next(), next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn both_ends_of_a_range_are_drawn() {
        let mut random = Random::new(1, 2, 3);
        let drawn: Vec<_> = (0..200).map(|_| random.between(-1, 1)).collect();
        assert!([-1, 0, 1].iter().all(|wanted| drawn.contains(wanted)));
        assert!(drawn.iter().all(|number| (-1..=1).contains(number)));
    }
}
