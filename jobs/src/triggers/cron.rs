//! The ticks of schedules: which are due, which were missed, and when the next one comes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use overnight_framework::repository::{FireOutcome, FireRecord, Fired, StoreError, TriggerKey, TriggerWatch};
use overnight_framework::trigger::{CronSource, MissedPolicy, Source};

use super::fires::Firer;

/// How late a tick may be and still be on time: a process that is busy, or waits for its store, is not away.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// How many missed ticks of a trigger are recorded, the newest: a schedule of every second, and a process that was away over the
/// holidays, must not fill the table.
const RECORDED: usize = 100;

/// How far the first look back goes.
const FIRST_LOOK_BACK: TimeDelta = TimeDelta::hours(1);

/// What shall become of one tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// It starts a run.
    Launch(DateTime<Utc>),
    /// It was missed, and this is why nobody makes up for it.
    Missed(DateTime<Utc>, String),
}

/// Where each schedule stands that this process serves.
#[derive(Debug, Default)]
pub(crate) struct Clockwork {
    /// What each trigger waits for, and the tick after which the next one is to be decided.
    after: BTreeMap<TriggerKey, (TriggerWatch, DateTime<Utc>)>,
}

impl Clockwork {
    /// Takes every tick of these triggers that is due at `now`, on the clock of the store, oldest first. The answer is what was
    /// new, and when to look again.
    pub(crate) fn advance(
        &mut self,
        triggers: &[Firer<'_>],
        now: DateTime<Utc>,
    ) -> Result<(Vec<FireRecord>, Option<DateTime<Utc>>), StoreError> {
        let (mut new, mut next) = (Vec::new(), None);
        for firer in triggers {
            let Source::Cron(cron) = &firer.trigger.source else { continue };
            let after = self.watched(firer)?;
            if !firer.trigger.enabled {
                continue;
            }
            for due in due(cron, after, now) {
                let (at, fired) = take(firer, due)?;
                self.passed(&firer.key(), at);
                new.extend(match fired {
                    Fired::New(record) => Some(record),
                    Fired::Known(_) | Fired::Gone => None,
                });
            }
            next = [next, cron.schedule.next(now)].into_iter().flatten().min();
        }
        Ok((new, next))
    }

    /// The instant after which the ticks of a trigger are to be decided. The store is asked when the trigger is new here, or
    /// edited.
    fn watched(&mut self, firer: &Firer<'_>) -> Result<DateTime<Utc>, StoreError> {
        let watch = firer.watch();
        if let Some((known, after)) = self.after.get(&watch.trigger)
            && *known == watch
        {
            return Ok(*after);
        }
        let after = firer.operator.repository().watch(&watch)?;
        self.after.insert(watch.trigger.clone(), (watch, after));
        Ok(after)
    }

    fn passed(&mut self, key: &TriggerKey, at: DateTime<Utc>) {
        if let Some((_, after)) = self.after.get_mut(key) {
            *after = at;
        }
    }
}

fn take(firer: &Firer<'_>, due: Due) -> Result<(DateTime<Utc>, Fired), StoreError> {
    match due {
        Due::Launch(at) => Ok((at, firer.tick(at)?)),
        Due::Missed(at, reason) => Ok((at, firer.pass(at, FireOutcome::Missed, reason)?)),
    }
}

/// The ticks after `after` until `now`, oldest first. They are taken in this order: the newest tick in the store is what a process
/// that comes later goes on from, so none before it may be open.
///
/// What is on time starts a run. Of what was missed the last one does, where the trigger makes up for it and nothing newer is due.
fn due(cron: &CronSource, after: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Due> {
    let within = TimeDelta::from_std(cron.missed.within).unwrap_or(TimeDelta::MAX);
    let (mut missed, on_time) = newest(cron, after, now);
    let makes_up = |tick: &DateTime<Utc>| {
        on_time.is_empty() && matches!(cron.missed.policy, MissedPolicy::Last) && now - *tick <= within
    };
    let last = missed.pop_back_if(|tick| makes_up(tick));
    let why = why_missed(cron, last.is_some() || !on_time.is_empty());
    let passed = missed.into_iter().map(|tick| Due::Missed(tick, why.clone()));
    passed.chain(last.into_iter().chain(on_time).map(Due::Launch)).collect()
}

/// The newest ticks that were missed, as many as are recorded, and those that are on time. The look back grows until it finds them:
/// a schedule of every second and one of every year may have been left alone for as long.
fn newest(
    cron: &CronSource,
    after: DateTime<Utc>,
    now: DateTime<Utc>,
) -> (VecDeque<DateTime<Utc>>, Vec<DateTime<Utc>>) {
    let mut back = FIRST_LOOK_BACK;
    loop {
        let from = now.checked_sub_signed(back).map_or(after, |from| from.max(after));
        let (mut missed, mut on_time) = (VecDeque::new(), Vec::new());
        for tick in cron.schedule.between(from, now) {
            if now - tick <= GRACE {
                on_time.push(tick);
                continue;
            }
            if missed.len() == RECORDED {
                missed.pop_front();
            }
            missed.push_back(tick);
        }
        if from == after || missed.len() == RECORDED {
            return (missed, on_time);
        }
        back = back.checked_mul(8).unwrap_or(TimeDelta::MAX);
    }
}

fn why_missed(cron: &CronSource, is_followed: bool) -> String {
    let nobody = "no server took it within a minute";
    match cron.missed.policy {
        MissedPolicy::Last if is_followed => format!("{nobody}; a later tick stands for it"),
        MissedPolicy::Last => format!("{nobody}, and it is older than `within`"),
        _ => format!("{nobody}, and the trigger says `missed: skip`"),
    }
}

/// How long to wait for `next` when it is `now`, at most `longest`: the jobs may be others by then, and clocks are set.
pub(crate) fn pause(next: Option<DateTime<Utc>>, now: DateTime<Utc>, longest: Duration) -> Duration {
    next.and_then(|next| (next - now).to_std().ok()).unwrap_or(longest).min(longest)
}
