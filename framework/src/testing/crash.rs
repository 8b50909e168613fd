//! The death of a process at every point, one after the other.

use super::events::Events;
use super::faulty::Crash;
use super::ran::Ran;
use super::run::driven;
use super::world::{Machine, Unended, World};
use crate::execution::JobExecution;
use crate::job::Job;
use crate::launch::Refusal;
use crate::monitor::Unwatched;
use crate::operator::StartError;
use crate::params::{GivenParams, IntoParams, Params};
use crate::repository::memory::MemoryTables;
use crate::status::Status;

/// More verbs than a job under test calls: a run that never comes past its crash has gone wrong.
const MOST: usize = 100_000;

/// A point at which a process died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashPoint {
    /// The number of the point, from 0: what makes the parameters of one point differ from those of another.
    pub number: usize,
    /// Where it is.
    pub crash: Crash,
}

/// Kills the process of `job` at every verb that it sends to its store, before the verb does its work and after: at every
/// statement of a writer and at every COMMIT. Each time a new process starts the job again, which must complete; then `check`
/// looks at what is there. The answer is the number of points.
///
/// Each point has a store in memory of its own; [`Machine::crash_everywhere`] does the same over any store.
///
/// # Panics
/// When the job does not complete without a crash or after one, when the parameters are wrong, and where `check` does.
#[track_caller]
pub fn crash_everywhere(job: &Job, params: impl IntoParams, mut check: impl FnMut(&Ran)) -> usize {
    let given = params.into_params().unwrap_or_else(|error| panic!("{error}"));
    let (job, params) = (driven(job), job.bind(&given).unwrap_or_else(|error| panic!("{error}")));
    enumerate(|crash| {
        let world = World::new();
        let survived = world.survive(&job, &params, crash)?;
        check(&world.ran(&survived, world.memory.tables()));
        Some(())
    })
}

impl Machine {
    /// As [`crash_everywhere`], over the store of this machine. `params` gives the parameters of each point: they must make an
    /// instance of its own, because what an earlier point left is there.
    ///
    /// # Panics
    /// As [`crash_everywhere`].
    #[track_caller]
    pub fn crash_everywhere<P: IntoParams>(
        &self,
        job: &Job,
        mut params: impl FnMut(CrashPoint) -> P,
        mut check: impl FnMut(CrashPoint, &Ran),
    ) -> usize {
        let (job, mut number) = (driven(job), 0);
        enumerate(|crash| {
            let point = CrashPoint { number, crash };
            let given: GivenParams = params(point).into_params().unwrap_or_else(|error| panic!("{error}"));
            let params = job.bind(&given).unwrap_or_else(|error| panic!("{error}"));
            let survived = self.survive(&job, &params, crash)?;
            check(point, &self.ran(&survived, MemoryTables::default()));
            number += 1;
            Some(())
        })
    }

    /// One process dies at `crash`, the next one goes on. `None` when the first one came to its end before.
    fn survive(&self, job: &Job, params: &Params, crash: Crash) -> Option<JobExecution> {
        let first = self.process().crashing(crash);
        let ended = first.start(job, params, &Unwatched);
        if !first.store.is_dead() {
            return match ended {
                Ok(ended) if ended.status == Status::Completed => None,
                ended => panic!("without a crash the job does not complete: {ended:?}"),
            };
        }
        // Its life lock is free from here on.
        drop(first);
        let next = self.process();
        let ended = match next.start(job, params, &Unwatched) {
            Ok(ended) => ended,
            // The first one died with its last row written.
            Err(Unended::Start(StartError::Refused(Refusal::AlreadyComplete { id }))) => {
                match self.store().execution(id) {
                    Ok(Some(ended)) => ended,
                    other => panic!("after {crash:?}: {other:?}"),
                }
            }
            Err(error) => panic!("after {crash:?} the job does not go on: {error}"),
        };
        assert_eq!(ended.status, Status::Completed, "after {crash:?}: {:?}", ended.error);
        Some(ended)
    }

    fn ran(&self, ended: &JobExecution, tables: MemoryTables) -> Ran {
        Ran::read(self.store(), ended.id, tables, Events::default().all()).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Every point in turn, until one is not met any more.
fn enumerate(mut at: impl FnMut(Crash) -> Option<()>) -> usize {
    let mut points = 0;
    for after in 0..MOST {
        for done in [false, true] {
            if at(Crash { after, done }).is_none() {
                return points;
            }
            points += 1;
        }
    }
    panic!("the job sends more than {MOST} verbs")
}
