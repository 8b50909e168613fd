//! Ticks and messages: each taken once, with the run that it asks for.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use overnight_framework::repository::{
    Fire, FireOutcome, Fired, Firing, LaunchError, Reject, StoreError, TriggerKey, TriggerSummary, TriggerWatch, clean,
};

use super::launch::{Setback, until_not_overtaken, wait_in_queue};
use super::{Records, refuse};
use crate::error::Stored;
use crate::models::WatchedRow;
use crate::statements::{Settled, Store};

/// Takes a tick or a message, or tells that it was taken.
pub(super) fn fire<C: Store>(records: &Records<C>, fire: &Fire<'_>) -> Result<Fired, StoreError> {
    let taken = until_not_overtaken(|| records.write(|connection, now| take(connection, now, fire)));
    taken.map_err(|error| match error {
        LaunchError::Store(error) => error,
        other => refuse(other.to_string()),
    })
}

fn take<C: Store>(connection: &mut C, now: C::Now, fire: &Fire<'_>) -> Result<Fired, Setback> {
    if let Some(message) = fire.message
        && !connection.take_message(message.0).stored()?
    {
        return Ok(Fired::Gone);
    }
    let key = clean(&fire.key);
    let Some(id) = connection.insert_fire(now, fire, &key).stored()? else {
        // Whoever had it first has committed by now.
        let known = connection.fire_with_key(&fire.trigger, &key).stored()?.ok_or(Setback::Overtaken)?;
        return Ok(Fired::Known(known.into_value()?));
    };
    let (outcome, execution, reason) = outcome(connection, now, fire)?;
    let settled = Settled { outcome: outcome.as_str(), execution, reason: reason.as_deref() };
    Ok(Fired::New(connection.settle_fire(id, &settled).stored()?.into_value()?))
}

/// What becomes of one that is new. A launch that is refused has written nothing; what refuses it is kept with the record.
fn outcome<C: Store>(
    connection: &mut C,
    now: C::Now,
    fire: &Fire<'_>,
) -> Result<(FireOutcome, Option<i64>, Option<String>), Setback> {
    let (request, unless_running) = match &fire.what {
        Firing::Pass { outcome, reason } => return Ok((*outcome, None, Some(clean(reason).into_owned()))),
        Firing::Launch { request, unless_running } => (request, *unless_running),
    };
    if unless_running && let Some(other) = connection.running_of_job(&request.project, &request.job_name).stored()? {
        return Ok((FireOutcome::Skipped, None, Some(other.into_value()?.keeps_others_away())));
    }
    match wait_in_queue(connection, now, request) {
        Ok(row) => Ok((FireOutcome::Launched, Some(row.id), None)),
        Err(Setback::Final(LaunchError::Refused(refusal))) => {
            Ok((FireOutcome::of(&refusal), None, Some(refusal.to_string())))
        }
        Err(setback) => Err(setback),
    }
}

/// Keeps a message that cannot be used.
pub(super) fn reject<C: Store>(connection: &mut C, now: C::Now, reject: &Reject) -> Result<bool, StoreError> {
    if let Some(message) = reject.message
        && !connection.take_message(message.0).stored()?
    {
        return Ok(false);
    }
    let payload = reject.kept_payload();
    if reject.key.is_none() && reject.again && connection.has_refused(&reject.trigger, &payload).stored()? {
        return Ok(false);
    }
    connection.insert_reject(now, reject, &payload).stored()
}

/// Notes that a trigger is served, and tells the instant after which its ticks are to be decided.
pub(super) fn watch<C: Store>(
    connection: &mut C,
    now: C::Now,
    watch: &TriggerWatch,
) -> Result<DateTime<Utc>, StoreError> {
    let known = connection.lock_watched(&watch.trigger).stored()?;
    let same = |known: &WatchedRow| known.enabled == watch.enabled && known.source == watch.source;
    let since = match known.filter(same) {
        Some(known) => known.since,
        None => connection.upsert_watched(now, watch).stored()?,
    };
    let last = connection.last_tick(&watch.trigger).stored()?;
    Ok(last.map_or(since, |last| last.max(since)).into())
}

/// The triggers of a project, by job and name.
pub(super) fn triggers<C: Store>(records: &Records<C>, project: &str) -> Result<Vec<TriggerSummary>, StoreError> {
    let rows = records.read(|connection| connection.watched(project))?;
    let fires = counted(records.read(|connection| connection.count_fires(project))?);
    let rejects = counted(records.read(|connection| connection.count_rejects(project))?);
    let count = |counts: &HashMap<_, _>, trigger: &TriggerKey| {
        counts.get(&(trigger.job.clone(), trigger.name.clone())).copied().unwrap_or_default()
    };
    let summary = |row: WatchedRow| {
        let trigger = row.key();
        let last = records.read(|connection| connection.fires(&trigger, 1))?.pop();
        Ok(TriggerSummary {
            enabled: row.enabled,
            source: row.source,
            since: row.since.into(),
            last: last.map(|last| last.into_value()).transpose()?,
            fires: count(&fires, &trigger),
            rejects: count(&rejects, &trigger),
            trigger,
        })
    };
    let mut triggers = rows.into_iter().map(summary).collect::<Result<Vec<_>, StoreError>>()?;
    // The databases sort texts by rules of their own.
    triggers.sort_by(|one, other| one.trigger.cmp(&other.trigger));
    Ok(triggers)
}

fn counted(counts: Vec<(String, String, i64)>) -> HashMap<(String, String), u64> {
    counts.into_iter().map(|(job, trigger, count)| ((job, trigger), count.unsigned_abs())).collect()
}
