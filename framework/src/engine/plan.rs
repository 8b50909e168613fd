//! What a run needs before it is launched: the job, and its parameters bound to it.

use super::Shared;
use super::error::{RestartJobError, StartJobError};
use crate::execution::{JobExecution, Trigger};
use crate::job::Job;
use crate::launch::Wish;
use crate::operator::{FindError, Target};
use crate::params::{GivenParams, InstanceKey, Params};

/// A launch that is about to happen.
pub(super) struct Plan {
    pub(super) job: Job,
    pub(super) params: Params,
    pub(super) wish: Wish,
    pub(super) trigger: Trigger,
    /// The instance, where it is known already.
    pub(super) key: Option<InstanceKey>,
}

impl Plan {
    pub(super) fn start(shared: &Shared, job: &str, given: &GivenParams) -> Result<Self, StartJobError> {
        let job = shared.jobs.current(job, &shared.operator)?;
        let params = job.bind(given)?;
        Ok(Self { job, params, wish: Wish::Start, trigger: Trigger::Library, key: None })
    }

    /// Whichever execution was named, its instance goes on after the last one.
    pub(super) fn restart(shared: &Shared, target: &Target, given: GivenParams) -> Result<Self, RestartJobError> {
        let Shared { operator, jobs, .. } = shared;
        let found = operator.find(target)?;
        let id = found.id;
        let instance = operator.repository().instance(found.instance_id)?.ok_or(FindError::NoExecution(id))?;
        if instance.project != operator.project() {
            return Err(RestartJobError::OtherProject { id, project: instance.project });
        }
        let last = operator.last_of(instance.id)?.unwrap_or(found);
        let job = jobs.pinned(&last, operator)?;
        let names = lost_secrets(&job, &given);
        if !names.is_empty() {
            return Err(RestartJobError::LostSecrets { id, names });
        }
        let params = job.bind_again(given, &last.params)?;
        let (key, given) = (InstanceKey::stored(&instance.params), params.key());
        if !given.has_params_of(&key) {
            let (stored, given) = (instance.params, given.text().to_owned());
            return Err(RestartJobError::OtherInstance { id, stored, given });
        }
        Ok(Self { job, params, wish: Wish::Restart, trigger: Trigger::Restart, key: Some(key) })
    }

    /// A run that was claimed: its job, and its parameters as they were recorded.
    pub(super) fn claimed(shared: &Shared, execution: &JobExecution) -> Result<Self, RestartJobError> {
        let job = shared.jobs.pinned(execution, &shared.operator)?;
        let params = job.bind_again(GivenParams::default(), &execution.params)?;
        Ok(Self { job, params, wish: Wish::Start, trigger: execution.trigger, key: None })
    }
}

/// Secrets are in no row: what was given at the start must be given again, and be it a null.
fn lost_secrets(job: &Job, given: &GivenParams) -> Vec<String> {
    let lost = job.params.iter().filter(|param| param.secret && given.get(&param.name).is_none());
    lost.map(|param| param.name.to_string()).collect()
}
