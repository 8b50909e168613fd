//! A process that serves jobs: ticks and messages become runs that wait, runs that wait are run, and what dead processes left
//! goes on.
//!
//! It is a list of services, each a loop on a thread of its own over the store. They share nothing but the bell that wakes those
//! who look for work and the request to leave; any number of such processes do the same over one store, because the store takes
//! each tick, each message and each run once.

#[cfg(feature = "amqp")]
mod brokers;
mod claims;
mod left;
mod served;
mod waiters;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};
use std::time::Duration;

use overnight_framework::clock::SystemClock;
use overnight_framework::execution::{ExecutionId, JobExecution};
use overnight_framework::operator::StartError;
use overnight_framework::repository::StoreError;
use overnight_framework::status::StopIntent;
use overnight_framework::stop::StopToken;

use self::left::LookAfter;
use self::served::is_amqp;
pub(crate) use self::served::{JobsFrom, Served, ServedError, check_topics};
use self::waiters::{Ticks, Topics};
use crate::chain::chain;
use crate::wiring::Context;

/// How long a service waits at most before it looks again, where nothing woke it.
const POLL: Duration = Duration::from_millis(500);

/// The longest wait for a store that does not answer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What one look of a service found.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Whether there was anything.
    is_new: bool,
    /// How long nobody needs to look again.
    pause: Duration,
}

/// A process that serves jobs.
pub(crate) struct Server<'a> {
    context: &'a Context,
    served: Served<'a>,
    /// How many runs at once.
    concurrency: u32,
    journal: &'a (dyn Fn(&str) + Sync),
    clock: SystemClock,
    doors: Arc<Doors>,
    /// Ends the process with the threads that do not end.
    abandon: fn() -> !,
}

/// What ends a server, from whatever thread.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    bell: Bell,
    leaving: StopToken,
    /// The requests to end of the runs that are under way.
    runs: Mutex<BTreeMap<ExecutionId, StopToken>>,
    /// Those that have ended without their threads, which may never come back.
    behind: Mutex<BTreeSet<ExecutionId>>,
    /// How these ended, as long as the journal does not have it.
    left: Mutex<Vec<(ExecutionId, Result<JobExecution, StoreError>)>>,
}

impl<'a> Server<'a> {
    /// A server of these jobs, which tells `journal` a line about everything that happens. It serves until it is
    /// [told to leave](Doors::leave) at its `doors`; where a step does not end then, it ends the process with `abandon`.
    pub(crate) fn new(
        context: &'a Context,
        served: Served<'a>,
        concurrency: u32,
        journal: &'a (dyn Fn(&str) + Sync),
        doors: Arc<Doors>,
        abandon: fn() -> !,
    ) -> Self {
        Self { context, served, concurrency, journal, clock: SystemClock::default(), doors, abandon }
    }

    /// Serves until it is [told to leave](Doors::leave), and until the last of its runs has ended then.
    pub(crate) fn run(&self) {
        let (mut left, mut ticks, mut topics) = (LookAfter::default(), Ticks::default(), Topics::default());
        thread::scope(|scope| {
            self.begin(scope, "left", move || self.repeat("runs of dead processes", || left.look(self)));
            self.begin(scope, "jobs", move || self.repeat("jobs", || self.served.look(&|line| (self.journal)(line))));
            self.begin(scope, "ticks", move || self.repeat("schedules", || ticks.look(self)));
            self.begin(scope, "topics", move || self.repeat("topics", || topics.look(self)));
            #[cfg(feature = "amqp")]
            {
                let mut brokers = brokers::Brokers::default();
                self.begin(scope, "queues", move || self.repeat("queues", || brokers.look(self, scope)));
            }
            let mut failing = false;
            while !self.leaves() {
                let begun = claims::begin_what_waits(self, scope);
                match &begun {
                    Err(error) if !failing => (self.journal)(&format!("runs that wait: {}", chain(error))),
                    Ok(_) if failing => (self.journal)("runs that wait: the store answers again"),
                    _ => {}
                }
                failing = begun.is_err();
                self.pause();
            }
            self.wait_for_runs();
        });
    }

    /// Does what is due, what waits, and what follows from it, and ends when nothing is left to do. Queues of brokers are left
    /// alone: nobody can say when the last message of one has come.
    ///
    /// # Errors
    /// When the store fails. The runs that are under way have ended then.
    pub(crate) fn run_until_idle(&self) -> Result<(), StartError> {
        let (mut left, mut ticks, mut topics) = (LookAfter::default(), Ticks::default(), Topics::default());
        for job in &*current(&self.served.jobs) {
            for trigger in job.triggers.iter().filter(|trigger| is_amqp(trigger)) {
                let (job, trigger) = (&job.name, &trigger.name);
                (self.journal)(&format!("{job}: trigger {trigger} waits at a broker, for a server that stays"));
            }
        }
        thread::scope(|scope| {
            let mut look = || -> Result<bool, StartError> {
                let looks = [left.look(self)?, ticks.look(self)?, topics.look(self)?];
                let begun = claims::begin_what_waits(self, scope)?;
                Ok(begun > 0 || !lock(&self.doors.runs).is_empty() || looks.iter().any(|look| look.is_new))
            };
            let mut is_busy = Ok(true);
            while !self.leaves() && matches!(is_busy, Ok(true)) {
                is_busy = look();
                if matches!(is_busy, Ok(true)) {
                    self.pause();
                }
            }
            self.wait_for_runs();
            is_busy.map(drop)
        })
    }

    /// Waits until there may be something to do.
    fn pause(&self) {
        self.doors.bell.wait(POLL);
        self.tell_of_left();
    }

    fn tell_of_left(&self) {
        for (id, ended) in std::mem::take(&mut *lock(&self.doors.left)) {
            claims::tell_of_left(self, id, &ended);
        }
    }

    /// Waits for the runs that are under way. With a step that does not end, only the process can end.
    fn wait_for_runs(&self) {
        while !lock(&self.doors.runs).is_empty() {
            self.pause();
        }
        self.tell_of_left();
        if !lock(&self.doors.behind).is_empty() {
            (self.abandon)();
        }
    }

    /// Begins a service on a thread of its own.
    fn begin<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, name: &str, serve: impl FnOnce() + Send + 'scope) {
        if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, serve) {
            (self.journal)(&format!("cannot begin to serve: {error}"));
            self.doors.leave(StopIntent::Interrupted);
        }
    }

    fn leaves(&self) -> bool {
        self.doors.leaving.requested().is_some()
    }

    /// Repeats `look` until the server leaves, as often as its answers say. One that failed is repeated less and less often; the
    /// journal hears of the first failure, and when it is over.
    fn repeat<E: std::error::Error>(&self, what: &str, mut look: impl FnMut() -> Result<Look, E>) {
        let mut failing: Option<Duration> = None;
        while !self.leaves() {
            let pause = match look() {
                Ok(look) => {
                    if failing.take().is_some() {
                        (self.journal)(&format!("{what}: the store answers again"));
                    }
                    if look.is_new {
                        self.doors.bell.ring();
                    }
                    look.pause
                }
                Err(error) => {
                    if failing.is_none() {
                        (self.journal)(&format!("{what}: {}", chain(&error)));
                    }
                    let wait = failing.map_or(POLL, |wait| (wait * 2).min(LONGEST_WAIT));
                    failing = Some(wait);
                    wait
                }
            };
            let _ = self.doors.leaving.wait(pause);
        }
    }
}

impl Doors {
    /// Ends every service, and asks every run to end at its next safe point, or at once.
    pub(crate) fn leave(&self, intent: StopIntent) {
        self.leaving.request(intent);
        for stop in lock(&self.runs).values() {
            stop.request(intent);
        }
        self.bell.ring();
    }

    /// A run has ended, and its thread has not: its room is free.
    fn leave_behind(&self, id: ExecutionId, ended: Result<JobExecution, StoreError>) {
        lock(&self.left).push((id, ended));
        if lock(&self.runs).remove(&id).is_some() {
            lock(&self.behind).insert(id);
        }
        self.bell.ring();
    }
}

/// Wakes whoever looks for runs that wait.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *lock(&self.rung) = true;
        self.changed.notify_all();
    }

    /// Waits until it is rung, at most for `limit`.
    fn wait(&self, limit: Duration) {
        let waited = self.changed.wait_timeout_while(lock(&self.rung), limit, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}

/// What a poisoned lock guards here is never half written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shares a clone of what `mutex` holds at this moment.
fn current<T>(mutex: &Mutex<Arc<T>>) -> Arc<T> {
    Arc::clone(&lock(mutex))
}
