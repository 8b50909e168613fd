//! Statements of a chunk: the fence and the dead letters.

use diesel::QueryResult;
use overnight_framework::repository::{ChunkCommit, DeadLetter, StepLease};

use super::Backing;
use crate::models::StepPlace;

/// How many dead letters one statement takes: both databases limit the values of a statement.
pub(crate) const LETTERS_AT_ONCE: usize = 500;

/// The statements of a chunk. They are repeated with every chunk, therefore diesel must be able to keep them prepared:
/// none is a `sql_query` or an UPDATE of diesel's own, and none has a list whose length changes its text.
pub(crate) trait ChunkStatements: Backing {
    /// Writes counters and checkpoint on the row of the step, if the lease is still the one of the row and the chunk is
    /// the next one; `None` when nothing was written.
    fn fence(&mut self, lease: &StepLease, chunk: &ChunkCommit) -> QueryResult<Option<Fenced>>;

    /// What dead letters keep of the step.
    fn place_of_step(&mut self, step: i64) -> QueryResult<StepPlace>;

    /// Records skipped items.
    fn insert_dead_letters(&mut self, now: Self::Now, step: &StepPlace, letters: &[DeadLetter]) -> QueryResult<()>;
}

/// What the fence brings back.
#[derive(Debug)]
pub(crate) struct Fenced {
    /// The intent of a stop that was requested.
    pub(crate) intent: Option<String>,
    /// Whether the transaction is still the one that was begun for the chunk, as far as the fence itself can tell.
    pub(crate) is_of_chunk: bool,
}

/// `$fenced` is a macro that carries the fenced UPDATE out and makes a [`Fenced`] of the row that it changed.
macro_rules! chunk_statements {
    ($store:ident, $fenced:ident) => {
        fn fence(&mut self, lease: &StepLease, chunk: &ChunkCommit) -> QueryResult<Option<Fenced>> {
            use crate::schema::$store::step_execution::dsl;
            let counts = CountColumns::from(&chunk.counts);
            let next = (dsl::id.eq(lease.step.0))
                .and(dsl::lease_token.eq(lease.lease.token))
                .and(dsl::worker_id.eq(lease.lease.worker.0))
                .and(dsl::commit_count.eq(counts.commit - 1))
                .and(dsl::status.eq(Status::Started.as_str()).or(dsl::status.eq(Status::Stopping.as_str())));
            let counted = (
                dsl::read_count.eq(counts.read),
                dsl::write_count.eq(counts.write),
                dsl::filter_count.eq(counts.filter),
                dsl::read_skip_count.eq(counts.read_skip),
                dsl::process_skip_count.eq(counts.process_skip),
                dsl::write_skip_count.eq(counts.write_skip),
                dsl::commit_count.eq(counts.commit),
                dsl::rollback_count.eq(counts.rollback),
                dsl::retry_count.eq(counts.retry),
                dsl::progress_total.eq(chunk.progress_total.map(to_column)),
                dsl::checkpoint.eq(&chunk.checkpoint),
            );
            $fenced!(self, lease, update_kept(&dsl::step_execution, next, counted))
        }

        fn place_of_step(&mut self, step: i64) -> QueryResult<StepPlace> {
            use crate::schema::$store::{job_execution, step_execution};
            step_execution::table
                .inner_join(job_execution::table)
                .filter(step_execution::id.eq(step))
                .select((step_execution::id, step_execution::step_key, job_execution::instance_id))
                .get_result(self)
        }

        fn insert_dead_letters(&mut self, now: Self::Now, step: &StepPlace, letters: &[DeadLetter]) -> QueryResult<()> {
            use crate::schema::$store::dead_letter::dsl;
            for some in letters.chunks(LETTERS_AT_ONCE) {
                let rows: Vec<_> = some
                    .iter()
                    .map(|letter| {
                        let error = letter.error.cleaned();
                        (
                            dsl::instance_id.eq(step.instance_id),
                            dsl::step_execution_id.eq(step.step_execution_id),
                            dsl::step_key.eq(&step.step_key),
                            dsl::phase.eq(letter.phase.as_str()),
                            dsl::position.eq(cleaned_json(&letter.position)),
                            dsl::payload.eq(&letter.payload.bytes),
                            dsl::payload_kind.eq(letter.payload.kind),
                            dsl::error.eq(error_document(&error)),
                            dsl::error_name.eq(error.name),
                            dsl::created_at.eq(now),
                        )
                    })
                    .collect();
                diesel::insert_into(dsl::dead_letter).values(rows).execute(self)?;
            }
            Ok(())
        }
    };
}

pub(crate) use chunk_statements;
