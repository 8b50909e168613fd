//! Triggers on the twin: what they take, what they refuse, and the topics that they wait at.

use chrono::{DateTime, Utc};

use super::records::{MessageRow, Records, Watched};
use crate::execution::JobExecution;
use crate::repository::{
    Fire, FireOutcome, FireRecord, Fired, Firing, LaunchError, MessageId, NewMessage, Reject, StoreError,
    StoredMessage, StoredReject, TriggerKey, TriggerSummary, TriggerWatch, clean,
};

impl Records {
    pub(super) fn fire(&mut self, fire: &Fire<'_>, now: DateTime<Utc>) -> Result<Fired, StoreError> {
        if !self.has_message(fire.message) {
            return Ok(Fired::Gone);
        }
        let same = |record: &&FireRecord| record.trigger == fire.trigger && record.key == clean(&fire.key);
        if let Some(known) = self.fires.iter().find(same).cloned() {
            self.take_message(fire.message);
            return Ok(Fired::Known(known));
        }
        let (outcome, execution, reason) = self.outcome(fire, now)?;
        let record = FireRecord {
            trigger: fire.trigger.clone(),
            key: clean(&fire.key).into_owned(),
            scheduled_at: fire.scheduled_at,
            outcome,
            execution: execution.map(|execution| execution.id),
            reason,
            at: now,
        };
        self.fires.insert(|_| record.clone());
        self.take_message(fire.message);
        Ok(Fired::New(record))
    }

    fn outcome(
        &mut self,
        fire: &Fire<'_>,
        now: DateTime<Utc>,
    ) -> Result<(FireOutcome, Option<JobExecution>, Option<String>), StoreError> {
        let (request, unless_running) = match &fire.what {
            Firing::Pass { outcome, reason } => return Ok((*outcome, None, Some(clean(reason).into_owned()))),
            Firing::Launch { request, unless_running } => (request, *unless_running),
        };
        if let Some(other) = self.running(&fire.trigger).filter(|_| unless_running) {
            return Ok((FireOutcome::Skipped, None, Some(other.keeps_others_away())));
        }
        match self.enqueue(request, now) {
            Ok(execution) => Ok((FireOutcome::Launched, Some(execution), None)),
            Err(LaunchError::Refused(refusal)) => Ok((FireOutcome::of(&refusal), None, Some(refusal.to_string()))),
            Err(LaunchError::Store(error)) => Err(error),
        }
    }

    /// The newest run of the job of a trigger that waits or is under way.
    fn running(&self, trigger: &TriggerKey) -> Option<&JobExecution> {
        let of_job = |row: &&JobExecution| row.project == trigger.project && row.job_name == trigger.job;
        self.executions.iter().rev().filter(of_job).find(|row| row.status.blocks_instance() && !row.status.is_ended())
    }

    pub(super) fn reject(&mut self, reject: &Reject, now: DateTime<Utc>) -> bool {
        if !self.has_message(reject.message) {
            return false;
        }
        self.take_message(reject.message);
        let row = StoredReject {
            id: 0,
            trigger: reject.trigger.clone(),
            key: reject.key.as_deref().map(|key| clean(key).into_owned()),
            payload: reject.kept_payload(),
            reason: clean(&reject.reason).into_owned(),
            path: reject.path.clone(),
            at: now,
        };
        let is_same = |known: &StoredReject| match &row.key {
            Some(_) => known.key == row.key,
            None => reject.again && known.key.is_none() && known.payload == row.payload,
        };
        if self.rejects.iter().any(|known| known.trigger == row.trigger && is_same(known)) {
            return false;
        }
        self.rejects.insert(|id| StoredReject { id, ..row });
        true
    }

    pub(super) fn watch(&mut self, watch: &TriggerWatch, now: DateTime<Utc>) -> DateTime<Utc> {
        let known = self.watched.get(&watch.trigger);
        let since = match known {
            Some(known) if known.enabled == watch.enabled && known.source == watch.source => known.since,
            _ => now,
        };
        let watched = Watched { enabled: watch.enabled, source: watch.source.clone(), since };
        self.watched.insert(watch.trigger.clone(), watched);
        let last = self.fires_of(&watch.trigger).filter_map(|record| record.scheduled_at).max();
        last.map_or(since, |last| last.max(since))
    }

    pub(super) fn publish(&mut self, message: &NewMessage, now: DateTime<Utc>) -> MessageId {
        let message = NewMessage { key: clean(&message.key).into_owned(), ..message.clone() };
        MessageId(self.messages.insert(|_| MessageRow { message, at: now, is_taken: false }))
    }

    pub(super) fn messages(&self, (project, topic): (&str, &str), after: MessageId, limit: u32) -> Vec<StoredMessage> {
        let numbered = (1..).zip(self.messages.iter());
        let waiting = numbered.filter(|(id, row)| {
            let message = &row.message;
            *id > after.0 && !row.is_taken && message.project == project && message.topic == topic
        });
        let stored = |(id, row): (i64, &MessageRow)| StoredMessage {
            id: MessageId(id),
            key: row.message.key.clone(),
            body: row.message.body.clone(),
            at: row.at,
        };
        waiting.take(limit as usize).map(stored).collect()
    }

    pub(super) fn triggers(&self, project: &str) -> Vec<TriggerSummary> {
        let of_project = self.watched.iter().filter(|(key, _)| key.project == project);
        let summary = |(key, watched): (&TriggerKey, &Watched)| TriggerSummary {
            trigger: key.clone(),
            enabled: watched.enabled,
            source: watched.source.clone(),
            since: watched.since,
            last: self.fires_of(key).last().cloned(),
            fires: self.fires_of(key).count() as u64,
            rejects: self.rejects_of(key).count() as u64,
        };
        of_project.map(summary).collect()
    }

    pub(super) fn fires_of(&self, trigger: &TriggerKey) -> impl DoubleEndedIterator<Item = &FireRecord> {
        self.fires.iter().filter(move |record| record.trigger == *trigger)
    }

    pub(super) fn rejects_of(&self, trigger: &TriggerKey) -> impl DoubleEndedIterator<Item = &StoredReject> {
        self.rejects.iter().filter(move |reject| reject.trigger == *trigger)
    }

    /// Whether the message that shall be taken waits; there is nothing to wait for where none is named.
    fn has_message(&self, message: Option<MessageId>) -> bool {
        message.is_none_or(|id| self.messages.get(id.0).is_some_and(|row| !row.is_taken))
    }

    fn take_message(&mut self, message: Option<MessageId>) {
        if let Some(row) = message.and_then(|id| self.messages.get_mut(id.0)) {
            row.is_taken = true;
        }
    }
}
