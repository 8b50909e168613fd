//! What a step written as a function may ask for: its arguments.

use std::sync::Arc;

use crate::error::BatchError;
use crate::execution::JobExecution;
use crate::params::Params;
use crate::resource::{Need, Res};
use crate::step::StepContext;
use crate::stop::StopToken;

/// Something that a step can ask for as an argument.
///
/// Beside what is listed here, a step may take `&mut StepContext<'_>` as its last argument. What a program needs again and
/// again it makes an argument of its own:
///
/// ```
/// use overnight_framework::BatchError;
/// use overnight_framework::resource::{Need, Res};
/// use overnight_framework::step::{FromStep, StepContext};
///
/// struct Config { branch: String }
///
/// /// The branch that this program works for.
/// struct Branch(String);
///
/// impl FromStep for Branch {
///     fn needs() -> Option<Need> {
///         Res::<Config>::needs()
///     }
///
///     fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
///         Ok(Self(Res::<Config>::from_step(step)?.branch.clone()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a step",
    label = "no argument of a step",
    note = "a step takes `Res<T>` for what the program gives, `Option<Res<T>>` where it may be missing, `StopToken`, \
            `JobExecution`, and last `&mut StepContext<'_>`",
    note = "to use a `{Self}` of the program, register it with `.resource(…)` and write `Res<{Self}>`",
    note = "a function that job files name takes its settings, a struct with `#[derive(overnight::Settings)]`, as `With<{Self}>`"
)]
pub trait FromStep: Sized {
    /// The resource without which it cannot be made; a program that lacks it is told before anything runs.
    #[must_use]
    fn needs() -> Option<Need> {
        None
    }

    /// Makes it, for one attempt of a step.
    ///
    /// # Errors
    /// When it cannot be made; the attempt has failed then.
    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError>;
}

impl<T: ?Sized + Send + Sync + 'static> FromStep for Res<T> {
    fn needs() -> Option<Need> {
        Some(Need::of::<T>())
    }

    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
        step.job.resources.get()
    }
}

impl<T: ?Sized + Send + Sync + 'static> FromStep for Option<Res<T>> {
    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
        Ok(step.job.resources.get().ok())
    }
}

impl<T: ?Sized + Send + Sync + 'static> FromStep for Arc<T> {
    fn needs() -> Option<Need> {
        Res::<T>::needs()
    }

    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
        Res::from_step(step).map(Self::from)
    }
}

/// The request to end this step.
impl FromStep for StopToken {
    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
        Ok(step.stop_token().clone())
    }
}

/// The execution around the step, as it was when its first step began.
impl FromStep for JobExecution {
    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
        Ok(step.job.execution.clone())
    }
}

/// The parameters as they were bound.
impl FromStep for Params {
    fn from_step(step: &StepContext<'_>) -> Result<Self, BatchError> {
        Ok(step.job.params.clone())
    }
}
