//! The job of an order: its items are packed, one after the other.

use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use overnight::db::{ChunkConnection as _, chunk_error};
use overnight::error::Result;
use overnight::repository::ChunkError;
use overnight::step::chunk::{Chunk, Items, WriteContext};
use overnight::stop::StopToken;
use overnight::{Params, job};

// ANCHOR: job
/// Packs the items of an order.
#[derive(Params)]
pub(crate) struct PackOrder {
    /// The number of the order.
    pub(crate) order: i64,
    /// How many items it has.
    #[param(range = 1..=10_000, identifying = false)]
    pub(crate) items: i64,
    /// How long it takes to pack one.
    #[param(default = "0s", identifying = false)]
    pub(crate) pace: Duration,
}

#[job]
impl PackOrder {
    /// Each item is a transaction: the row of the item, and how far the job is.
    #[step(chunk = 1)]
    fn pack(&self, stop: StopToken) -> Result<Chunk> {
        let (order, pace) = (self.order, self.pace);
        let pack = move |item: &i64| {
            // A stop cuts the wait short.
            let _ = stop.wait(pace);
            Ok(Some((order, *item)))
        };
        Ok(Chunk::read(Items::of(1..=self.items)).process(pack).write(insert))
    }
}
// ANCHOR_END: job

fn insert(items: &[(i64, i64)], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
    for (order, item) in items {
        let packed = diesel::sql_query("INSERT INTO packed (order_number, item) VALUES ($1, $2)");
        let packed = packed.bind::<BigInt, _>(order).bind::<BigInt, _>(item);
        let written = if let Some(connection) = context.transaction.postgres() {
            packed.execute(connection)
        } else if let Some(connection) = context.transaction.sqlite() {
            packed.execute(connection)
        } else {
            return Err(ChunkError::Failed("this store takes no SQL".into()));
        };
        written.map_err(chunk_error)?;
    }
    Ok(())
}
