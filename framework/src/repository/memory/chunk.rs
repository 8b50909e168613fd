//! The chunk of the twin: everything is staged, and the commit applies it under the lock.

use std::any::Any;
use std::thread::{self, ThreadId};

use chrono::{DateTime, Utc};

use super::records::{LetterRow, Records, refuse};
use super::tables::MemoryTables;
use super::{MemoryRepository, State};
use crate::execution::InstanceId;
use crate::repository::{
    ChunkCommit, ChunkError, ChunkTransaction, Committed, DeadLetter, StepLease, StoredDeadLetter, cleaned_json,
};

/// An open chunk. What it did stands in `tables` and `letters` until the commit.
#[derive(Debug)]
pub(super) struct MemoryChunk<'a> {
    repository: &'a MemoryRepository,
    lease: StepLease,
    tables: MemoryTables,
    letters: Vec<DeadLetter>,
    savepoints: Vec<Savepoint>,
    thread: ThreadId,
}

/// How much was done when it was set.
#[derive(Debug)]
struct Savepoint {
    name: String,
    changes: usize,
    letters: usize,
}

impl<'a> MemoryChunk<'a> {
    pub(super) fn new(repository: &'a MemoryRepository, lease: StepLease, tables: MemoryTables) -> Self {
        let thread = thread::current().id();
        Self { repository, lease, tables, letters: Vec::new(), savepoints: Vec::new(), thread }
    }

    /// Takes the newest savepoint of this name off, and all that were set after it.
    fn take(&mut self, name: &str) -> Result<Savepoint, ChunkError> {
        let position = self.savepoints.iter().rposition(|savepoint| savepoint.name == name);
        let savepoint = position.and_then(|position| self.savepoints.drain(position..).next());
        savepoint.ok_or_else(|| refuse(format!("there is no savepoint {name:?}")).into())
    }
}

impl ChunkTransaction for MemoryChunk<'_> {
    fn connection(&mut self) -> &mut dyn Any {
        &mut self.tables
    }

    fn savepoint(&mut self, name: &str) -> Result<(), ChunkError> {
        let (changes, letters) = (self.tables.position(), self.letters.len());
        self.savepoints.push(Savepoint { name: name.to_owned(), changes, letters });
        Ok(())
    }

    fn rollback_to(&mut self, name: &str) -> Result<(), ChunkError> {
        let savepoint = self.take(name)?;
        self.tables.undo_to(savepoint.changes);
        self.letters.truncate(savepoint.letters);
        Ok(())
    }

    fn release(&mut self, name: &str) -> Result<(), ChunkError> {
        self.take(name).map(drop)
    }

    fn dead_letters(&mut self, letters: &[DeadLetter]) -> Result<(), ChunkError> {
        self.letters.extend_from_slice(letters);
        Ok(())
    }

    fn commit(mut self: Box<Self>, chunk: &ChunkCommit) -> Result<Committed, ChunkError> {
        if !self.savepoints.is_empty() {
            return Err(ChunkError::NotOpen);
        }
        let changes = std::mem::take(&mut self.tables).into_changes();
        let letters = std::mem::take(&mut self.letters);
        let now = self.repository.now();
        let State { records, tables, .. } = &mut *self.repository.lock();
        let (committed, instance) = records.commit_chunk(&self.lease, chunk)?;
        records.keep(&self.lease, instance, letters, now);
        tables.apply(changes);
        Ok(committed)
    }
}

impl Drop for MemoryChunk<'_> {
    fn drop(&mut self) {
        self.repository.lock().writers.remove(&self.thread);
    }
}

impl Records {
    /// The fenced write of the step's row, and the instance that its dead letters belong to.
    fn commit_chunk(&mut self, lease: &StepLease, chunk: &ChunkCommit) -> Result<(Committed, InstanceId), ChunkError> {
        let execution = self.executions.get(lease.lease.execution.0).map(|execution| execution.instance_id);
        let instance = execution.ok_or(ChunkError::LeaseLost)?;
        let step = &mut self.held_step(lease).ok_or(ChunkError::LeaseLost)?.step;
        if step.counts.commit + 1 != chunk.counts.commit {
            return Err(ChunkError::OutOfTurn);
        }
        step.counts = chunk.counts;
        step.checkpoint = Some(chunk.checkpoint.clone());
        step.progress_total = chunk.progress_total;
        Ok((Committed { stop: step.stop_intent, renewed: false }, instance))
    }

    fn keep(&mut self, lease: &StepLease, instance: InstanceId, letters: Vec<DeadLetter>, now: DateTime<Utc>) {
        let step_key = self.steps.get(lease.step.0).map_or_else(String::new, |row| row.step.step_key.clone());
        for letter in letters {
            let stored = StoredDeadLetter {
                id: 0,
                step_execution_id: lease.step,
                step_key: step_key.clone(),
                phase: letter.phase,
                position: cleaned_json(&letter.position),
                payload: letter.payload.bytes,
                payload_kind: letter.payload.kind.to_owned(),
                error: letter.error.cleaned(),
                created_at: now,
            };
            self.dead_letters.insert(|id| LetterRow { letter: StoredDeadLetter { id, ..stored }, instance });
        }
    }
}
