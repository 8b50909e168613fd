//! The tables of the keys of a job file, but for the settings of its kinds, which have their own.

mod chunk;
mod habits;
mod job;
mod params;
mod policies;
mod step;
mod trials;

pub(super) use self::chunk::{CHUNK, OPERATION, VALIDATION};
pub(super) use self::job::JOB;
pub(super) use self::params::PARAM;
pub(super) use self::policies::{DEFAULTS, RETRY, SKIP};
pub(super) use self::step::{REGISTERED, STEP};
pub(super) use self::trials::{EXPECTED_ERROR, EXPECTED_JOB, EXPECTED_REJECT, EXPECTED_STEP, TEST};

use crate::yaml::Shape;

/// What `timeout` takes.
const TIMEOUT: Shape = Shape::Duration;

/// What names errors: their names are those that the kinds and the rules of the file give.
const ERRORS: Shape = Shape::ListOrOne(
    &Shape::Form("the name of an error such as `InvalidRow`", "^[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*$"),
    1,
);
