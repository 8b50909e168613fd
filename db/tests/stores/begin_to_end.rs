//! One run from its launch to its last row, on each store.

use overnight_framework::execution::Counts;
use overnight_framework::repository::{ChunkCommit, Repository};
use overnight_framework::status::{Status, Word};
use serde_json::json;

use crate::support::{self, end, step_end};

#[test]
fn a_run_leaves_its_rows_in_postgres() {
    a_run_leaves_its_rows(&*support::postgres().repository);
}

#[test]
fn a_run_leaves_its_rows_in_sqlite() {
    a_run_leaves_its_rows(&*support::sqlite().repository);
}

fn a_run_leaves_its_rows(repository: &dyn Repository) {
    let run = support::running(repository, "2026-01-31");
    let chunk = repository.begin_chunk(&run.lease).unwrap();
    let counts = Counts { read: 10, write: 10, commit: 1, ..Counts::default() };
    chunk.commit(&ChunkCommit { counts, checkpoint: json!({"line": 10}), progress_total: Some(20) }).unwrap();
    let step = repository.end_step(&run.lease, &step_end(Status::Completed)).unwrap();
    assert_eq!(step.checkpoint, Some(json!({"line": 10})));
    let ended = repository.end(&run.launched.lease, &end(Status::Completed)).unwrap();
    assert_eq!((ended.word(), ended.progress), (Word::Finished, 100));
    assert!(ended.created_at <= ended.started_at.unwrap() && ended.started_at <= ended.ended_at);
    let names: Vec<_> = repository.events(ended.id).unwrap().into_iter().map(|event| event.name).collect();
    assert_eq!(names, ["launch", "claim", "begin", "begin", "end", "end"]);
    assert_eq!(repository.execution(ended.id).unwrap(), Some(ended));
}
