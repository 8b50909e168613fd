//! The heartbeat: one statement renews everything that a worker holds, and brings every order back.

use std::marker::PhantomData;

use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use overnight_framework::repository::Beat;

use super::given::Given;
use crate::models::BeatRow;

/// A row that another transaction has locked is not waited for: its lease keeps its end, and the next beat comes soon.
const BODY: &str = "\
lease AS MATERIALIZED (
  SELECT l.id, l.token, l.place FROM given, unnest(given.ids, given.tokens) WITH ORDINALITY l (id, token, place)
), alive AS (
  UPDATE overnight.worker w SET last_heartbeat = overnight.now() FROM given
   WHERE w.id = given.worker_id AND w.death_at IS NULL
  RETURNING w.id
), mine AS MATERIALIZED (
  SELECT e.id FROM overnight.job_execution e JOIN lease ON e.id = lease.id AND e.lease_token = lease.token
   WHERE e.worker_id = (SELECT id FROM alive) AND e.status IN ('STARTING', 'STARTED', 'STOPPING')
   ORDER BY e.id FOR NO KEY UPDATE OF e SKIP LOCKED
), renewed AS (
  UPDATE overnight.job_execution e SET lease_until = overnight.after(given.duration) FROM mine, given
   WHERE e.id = mine.id
  RETURNING e.id
)
SELECT coalesce(e.lease_token = lease.token AND e.worker_id = given.worker_id
                AND e.status IN ('STARTING', 'STARTED', 'STOPPING'), false),
       renewed.id IS NOT NULL, e.stop_intent
  FROM lease CROSS JOIN given
  LEFT JOIN overnight.job_execution e ON e.id = lease.id
  LEFT JOIN renewed ON renewed.id = lease.id
 ORDER BY lease.place";

/// What became of each lease, in their order.
pub(super) fn beat(connection: &mut PgConnection, _: super::now, beat: &Beat) -> QueryResult<Vec<BeatRow>> {
    let ids: Vec<i64> = beat.leases.iter().map(|lease| lease.execution.0).collect();
    // The lease of another worker is never held by this one; no row has a negative token.
    let token =
        |lease: &overnight_framework::repository::Lease| if lease.worker == beat.worker { lease.token } else { -1 };
    let tokens: Vec<i64> = beat.leases.iter().map(token).collect();
    let values = (
        AsExpression::<BigInt>::as_expression(beat.worker.0),
        AsExpression::<BigInt>::as_expression(i64::try_from(beat.duration.as_micros()).unwrap_or(i64::MAX)),
        AsExpression::<Array<BigInt>>::as_expression(ids),
        AsExpression::<Array<BigInt>>::as_expression(tokens),
    );
    let row: PhantomData<(Bool, Bool, Nullable<Text>)> = PhantomData;
    Given { names: "worker_id, duration, ids, tokens", values, body: BODY, row }.get_results(connection)
}
