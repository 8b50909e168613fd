//! The launch of a new instance in one statement: one round trip, and one commit.

use std::marker::PhantomData;

use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::query_builder::AsQuery;
use diesel::sql_types::{BigInt, Bool, Json, Nullable, Text};
use overnight_framework::repository::{LaunchRequest, LaunchWorker, Revision, WorkerIdentity};

use super::given::Given;
use crate::models::{ExecutionRow, LaunchTexts};
use crate::schema::postgres::job_execution;

/// A column of the row that a statement is given.
macro_rules! values {
    ($($type:ty: $value:expr),* $(,)?) => { ($(AsExpression::<$type>::as_expression($value),)*) };
}

const NAMES: &str = "project, module, job_name, target, job_key, identifying, params, labels, base_dir, abortable, \
    definition_id, yaml, sha256, trigger_kind, triggered_by, reason, worker_id, worker_name, session, host, pid, lock_path, \
    build, lease";

/// Everything hangs on the new instance: when its row is there already, or comes from another process first, no other row is
/// written. Ids are not spent on instances that are there.
const BODY: &str = "\
instance AS (
  INSERT INTO overnight.job_instance (project, job_name, job_key, generation, params, created_at)
  SELECT project, job_name, job_key, 1, identifying, overnight.now() FROM given
   WHERE NOT EXISTS (SELECT 1 FROM overnight.job_instance i
                      WHERE i.project = given.project AND i.job_name = given.job_name AND i.job_key = given.job_key)
  ON CONFLICT DO NOTHING
  RETURNING id
), known AS (
  SELECT d.id FROM overnight.job_definition d, given
   WHERE d.project = given.project AND d.name = given.job_name AND d.sha256 = given.sha256
), recorded AS (
  INSERT INTO overnight.job_definition (project, name, revision, yaml, sha256, created_at)
  SELECT project, job_name, 1 + coalesce((SELECT max(d.revision) FROM overnight.job_definition d
                                           WHERE d.project = given.project AND d.name = given.job_name), 0),
         yaml, sha256, overnight.now()
    FROM given, instance
   WHERE definition_id IS NULL AND NOT EXISTS (SELECT 1 FROM known)
  ON CONFLICT (project, name, sha256) DO UPDATE SET sha256 = excluded.sha256
  RETURNING id
), registered AS (
  INSERT INTO overnight.worker (name, session, host, pid, lock_path, build, birth_at, last_heartbeat)
  SELECT worker_name, session, host, pid, lock_path, build, overnight.now(), overnight.now()
    FROM given, instance WHERE worker_id IS NULL
  ON CONFLICT (session) DO UPDATE SET last_heartbeat = excluded.last_heartbeat
  RETURNING id
), execution AS (
  INSERT INTO overnight.job_execution (instance_id, definition_id, project, module, job_name, target, params, labels,
         base_dir, status, context, abortable, trigger_kind, triggered_by, attempt, worker_id, worker_name, lease_token,
         lease_until, reason, created_at)
  SELECT instance.id, coalesce(definition_id, (SELECT id FROM known), (SELECT id FROM recorded)), project, module,
         job_name, target, params, labels, base_dir, 'STARTING', '{}', abortable, trigger_kind, triggered_by, 1,
         coalesce(worker_id, (SELECT id FROM registered)), worker_name, 1, overnight.after(lease), reason, overnight.now()
    FROM given, instance
  RETURNING *
), logged AS (
  INSERT INTO overnight.event (execution_id, at, actor, name, to_status, reason)
  SELECT id, created_at, triggered_by, 'launch', status, reason FROM execution
   UNION ALL
  SELECT id, created_at, worker_name, 'claim', NULL, NULL FROM execution
)
SELECT * FROM execution";

/// The execution, when the instance is new.
pub(super) fn at_once(connection: &mut PgConnection, request: &LaunchRequest) -> QueryResult<Option<ExecutionRow>> {
    let texts = LaunchTexts::of(request);
    let (definition, yaml, sha256) = match &request.revision {
        Revision::Stored(id) => (Some(id.0), None, None),
        Revision::Text { yaml, sha256 } => (None, Some(yaml), Some(sha256)),
    };
    let (worker, name, new) = match &request.worker {
        LaunchWorker::Known { id, name } => (Some(id.0), name, None),
        LaunchWorker::New(identity) => (None, &identity.name, Some(identity)),
        LaunchWorker::Nobody => return Ok(None),
    };
    let values = values![
        Text: &request.project,
        Text: &request.module,
        Text: &request.job_name,
        Text: &request.target,
        Text: request.key.hash(),
        Text: request.key.text(),
        Json: &texts.params,
        Json: &texts.labels,
        Nullable<Text>: request.base_dir.as_deref(),
        Bool: request.abortable,
        Nullable<BigInt>: definition,
        Nullable<Text>: yaml,
        Nullable<Text>: sha256,
        Text: request.trigger.as_str(),
        Text: &*texts.triggered_by,
        Nullable<Text>: texts.reason.as_deref(),
        Nullable<BigInt>: worker,
        Text: name,
        Nullable<Text>: new.map(|WorkerIdentity { session, .. }| session),
        Nullable<Text>: new.map(|WorkerIdentity { host, .. }| host),
        Nullable<BigInt>: new.map(|WorkerIdentity { pid, .. }| i64::from(*pid)),
        Nullable<Text>: new.and_then(|WorkerIdentity { lock_path, .. }| lock_path.as_deref()),
        Nullable<Text>: new.map(|WorkerIdentity { build, .. }| build),
        BigInt: i64::try_from(request.lease.as_micros()).unwrap_or(i64::MAX),
    ];
    let row: PhantomData<<job_execution::table as AsQuery>::SqlType> = PhantomData;
    Given { names: NAMES, values, body: BODY, row }.get_result(connection).optional()
}
