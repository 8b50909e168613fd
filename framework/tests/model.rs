//! Random sequences of verbs on the store in memory: whatever is called in whatever order, the invariants hold after each.
//!
//! The cases of the suite prove single promises on chosen paths. Here leases are mixed up, lost and used again, orders cross
//! with ends, and time passes. Each verb must answer as the row before it demands, and a refused one must change nothing.

#![expect(clippy::unwrap_used, reason = "this is a test, and its helpers are no less")]

mod model {
    pub(crate) mod verb;
    pub(crate) mod world;
}

use std::sync::Arc;

use overnight_framework::clock::ManualClock;
use overnight_framework::repository::memory::MemoryRepository;
use proptest::collection::vec;
use proptest::prelude::*;

use model::verb::{Outcome, Player, verb};
use model::world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i_1_to_7_13_20_21_hold_after_every_verb(verbs in vec(verb(), 1..80)) {
        let clock = ManualClock::default();
        let repository = MemoryRepository::with_clock(Arc::new(clock.clone()));
        let mut player = Player::new(&repository, &clock);
        let mut before = World::of(&repository);
        for verb in verbs {
            let outcome = player.play(&verb, &before);
            let after = World::of(&repository);
            after.check();
            after.check_moves_since(&before);
            if outcome == Outcome::Refused {
                prop_assert_eq!(&after, &before, "{:?} was refused and changed something", verb);
            }
            before = after;
        }
    }
}
