//! The tables of the keys of a job file, but for the settings of its kinds, which have their own.

mod chunk;
mod habits;
mod job;
mod params;
mod policies;
mod step;
mod trials;
mod triggers;

pub(super) use self::chunk::{CHUNK, OPERATION, VALIDATION};
pub(super) use self::job::JOB;
pub(super) use self::params::PARAM;
pub(super) use self::policies::{DEFAULTS, RETRY, SKIP};
pub(super) use self::step::{REGISTERED, STEP};
pub(super) use self::trials::{EXPECTED_ERROR, EXPECTED_JOB, EXPECTED_REJECT, EXPECTED_STEP, TEST};
pub(super) use self::triggers::{AMQP, MISSED, QUEUE, TRIGGER};

use crate::yaml::Shape;

/// What `timeout` takes.
const TIMEOUT: Shape = Shape::Duration;

/// How the name of an error is written.
const ERROR_NAME: &str = "^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$";

/// What names errors: their names are those that the kinds and the rules of the file give.
const ERRORS: Shape = Shape::ListOrOne(&Shape::Form("the name of an error such as `InvalidRow`", ERROR_NAME), 1);

/// An instant.
const DATETIME: Shape = Shape::Form(
    "an instant with its zone such as 2026-10-30T22:00:00Z",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*([Zz]|[+-][0-9]{2}:?[0-9]{2})$",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamType;
    use crate::yaml::Mapping;

    #[test]
    fn a_habit_is_no_key_and_means_keys() {
        for table in [&JOB, &PARAM, &STEP, &CHUNK, &RETRY, &SKIP, &TRIGGER] {
            assert!(!table.habits.is_empty(), "{}", table.name);
            for habit in table.habits {
                assert!(table.field(habit.word).is_none(), "{}: {}", table.name, habit.word);
                assert!(habit.meant.iter().all(|key| table.field(key).is_some()), "{}: {habit:?}", table.name);
            }
        }
    }

    #[test]
    fn the_types_of_parameters_and_outputs_are_those_of_the_tables() {
        let words = |table: &Mapping, key: &str| match table.field(key).map(|field| field.shape) {
            Some(Shape::Word(words)) => words.to_vec(),
            Some(Shape::Either([_, Shape::Map(_, Shape::Word(words))])) => words.to_vec(),
            other => panic!("{other:?}"),
        };
        let types = ParamType::ALL.map(ParamType::name);
        assert_eq!(words(&PARAM, "type"), types);
        let cases: Vec<_> = PARAM.cases.unwrap().cases.iter().map(|(word, _)| *word).collect();
        assert!(types.iter().all(|kind| cases.contains(kind)) && cases.len() == types.len(), "{cases:?}");
        let of_outputs: Vec<_> = types.into_iter().filter(|kind| *kind != ParamType::Path.name()).collect();
        assert_eq!(words(&STEP, "outputs"), of_outputs);
    }
}
