//! Launching: everything is known and checked, now the rows are written.

use std::time::Duration;

use thiserror::Error;

use super::takeover::Verdict;
use super::{Operator, Ready};
use crate::error::BatchError;
use crate::execution::Trigger;
use crate::job::{Instances, Job, JobError};
use crate::launch::{Refusal, Wish};
use crate::params::{InstanceKey, Params};
use crate::repository::{LaunchError, LaunchRequest, LaunchWorker, Launched, StoreError};
use crate::step::caught;
use crate::stop::StopToken;
use crate::worker::{Worker, new_session};

/// A launch that is about to happen.
#[derive(Debug)]
pub struct Launching<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its bound parameters.
    pub params: &'a Params,
    /// Start or restart.
    pub wish: Wish,
    /// What asked for it.
    pub trigger: Trigger,
    /// Why, if a reason was given.
    pub reason: Option<&'a str>,
    /// The instance, where it is not the one that the parameters make: a restart of a job with many instances.
    pub key: Option<InstanceKey>,
}

/// Why nothing was started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The instance does not allow it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The job could never run.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Something that the job declares cannot be computed from the parameters.
    #[error("cannot compute `{what}`")]
    Declared {
        /// The key of the job file.
        what: &'static str,
        /// Why not.
        #[source]
        source: BatchError,
    },
    /// The operator was made without a worker.
    #[error("this operator launches nothing: it has no worker")]
    NoWorker,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LaunchError> for StartError {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Refused(refusal) => Self::Refused(refusal),
            LaunchError::Store(error) => Self::Store(error),
        }
    }
}

impl Operator {
    /// Records a STARTING execution, leased to this process, which must run it now.
    ///
    /// An execution of a process that is dead is ended first: at once when its life lock shows it, after one whole lease
    /// without a renewal otherwise; `on_wait` is told what is waited for, and for how long at most.
    ///
    /// # Errors
    /// When the job could never run, or when the instance is running, complete, in doubt or not restartable; nothing is
    /// written then.
    pub fn launch(&self, launching: &Launching<'_>, on_wait: &dyn Fn(Refusal, Duration)) -> Result<Ready, StartError> {
        let worker = self.worker.as_ref().ok_or(StartError::NoWorker)?;
        let mut sent = Duration::ZERO;
        let request = self.request(launching, worker.for_launch())?;
        let launched = self.until_decided(request, on_wait, |request| {
            sent = worker.clock().elapsed();
            worker.launch(|worker| {
                request.worker = worker;
                self.repository.launch(request)
            })
        })?;
        Ok(ready(launched, worker, sent))
    }

    /// Sends a launch until it is written or refused for good.
    pub(super) fn until_decided(
        &self,
        mut request: LaunchRequest,
        on_wait: &dyn Fn(Refusal, Duration),
        mut launch: impl FnMut(&mut LaunchRequest) -> Result<Launched, LaunchError>,
    ) -> Result<Launched, StartError> {
        loop {
            match launch(&mut request) {
                Ok(launched) => return Ok(launched),
                Err(LaunchError::Store(error)) => return Err(error.into()),
                Err(LaunchError::Refused(refusal)) => match self.look_at_owner(refusal, on_wait)? {
                    Verdict::Refused(refusal) => return Err(refusal.into()),
                    // The dead execution is ended; what was asked for is decided anew.
                    Verdict::Ended => {}
                },
            }
        }
    }

    pub(super) fn request(&self, launching: &Launching<'_>, worker: LaunchWorker) -> Result<LaunchRequest, StartError> {
        let Launching { job, params, .. } = launching;
        job.check()?;
        let target = job.target.as_ref().map_or(Ok(String::new()), |target| caught(|| target(params)));
        let key = launching.key.clone().unwrap_or_else(|| match job.instances {
            Instances::Unique => params.key(),
            Instances::Many => params.key().with_run(&new_session()),
        });
        Ok(LaunchRequest {
            project: self.project.clone(),
            module: job.module.clone(),
            job_name: job.name.clone(),
            target: target.map_err(|source| StartError::Declared { what: "target", source })?,
            key,
            params: params.to_json(),
            labels: job.labels.clone(),
            base_dir: Some(job.base_dir.to_string_lossy().into_owned()).filter(|path| !path.is_empty()),
            abortable: job.abortable,
            restartability: job.restartability,
            wish: launching.wish,
            revision: job.revision.clone(),
            trigger: launching.trigger,
            triggered_by: self.actor.clone(),
            reason: launching.reason.map(str::to_owned),
            worker,
            lease: self.seat.timing.lease,
        })
    }
}

pub(super) fn ready(launched: Launched, worker: &Worker, sent: Duration) -> Ready {
    let stop = StopToken::default();
    let hold = worker.hold(launched.lease, &stop, sent);
    Ready { launched, hold, stop, goes_on: false, on_left: None }
}
