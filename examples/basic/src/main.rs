//! A job of two steps in one screen, and a program that runs it.

use std::error::Error;
use std::io::{self, Write};

use overnight::engine::Notice;
use overnight::monitor::Happened;
use overnight::registry::Registry;
use overnight::step::StepContext;
use overnight::{EngineBuilder, Params, job};

// ANCHOR: job
/// Greets a guest, and shows him the garden if he has come far.
#[derive(Params)]
struct Welcome {
    /// Who has come.
    guest: String,
    /// How far, in kilometres.
    #[param(default = 10, range = 0..=20_000)]
    distance: i64,
}

#[job]
impl Welcome {
    /// Says good evening.
    #[step]
    fn greet(&self, step: &mut StepContext<'_>) {
        step.output(&format!("Good evening, {}.", self.guest));
    }

    /// Only for those who have come far.
    #[step(when = "params.distance > 100")]
    fn garden(&self, step: &mut StepContext<'_>) {
        step.output(&format!("This is the garden, {}.", self.guest));
    }
}
// ANCHOR_END: job

// ANCHOR: program
fn main() -> Result<(), Box<dyn Error>> {
    let database = std::env::args().nth(1).unwrap_or_else(|| "sqlite:basic.db".to_owned());
    let engine = EngineBuilder::new(Registry::default().job::<Welcome>()).database(database).open()?;
    let heard = engine.subscribe();
    let ran = engine.start("welcome", Welcome { guest: "Ada".to_owned(), distance: 900 })?;
    drop(engine);
    for notice in heard {
        if let Notice::Event(event) = notice
            && let Happened::Output { step, line } = &event.happened
        {
            writeln!(io::stdout(), "{step}: {line}")?;
        }
    }
    writeln!(io::stdout(), "job {} is {}", ran.id, ran.word())?;
    Ok(())
}
// ANCHOR_END: program

#[cfg(test)]
mod tests {
    use overnight::builder::JobSpec as _;
    use overnight::testing;

    use super::*;

    // ANCHOR: test
    #[test]
    fn only_a_guest_who_has_come_far_is_shown_the_garden() {
        let job = Welcome::job().unwrap();
        let near = testing::run(&job).param("guest", "Ada").go();
        near.assert_completed();
        assert_eq!(near.output(), ["Good evening, Ada."]);

        let far = testing::run(&job).param("guest", "Ada").param("distance", 101).go();
        far.assert_completed().step("garden").assert_completed();
        assert_eq!(far.output().last(), Some(&"This is the garden, Ada."));
    }
    // ANCHOR_END: test
}
