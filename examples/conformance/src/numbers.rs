//! A job in Rust: numbers go into a table, exactly once, and their sum is told.

use std::time::Duration;

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use overnight::db::{ChunkConnection as _, chunk_error};
use overnight::error::{BatchError, Result, ResultExt as _};
use overnight::repository::ChunkError;
use overnight::resource::Res;
use overnight::step::chunk::{Chunk, ItemWriter, Items, WriteContext};
use overnight::step::{Json, StepContext};
use overnight::stop::StopToken;
use overnight::{Params, job};
use serde::Serialize;

/// Puts numbers into the table `numbers`.
#[derive(Params)]
pub(crate) struct Numbers {
    /// The last number; the first one is 1.
    #[param(range = 0..=1_000_000)]
    to: i64,
    /// How long each number takes.
    #[param(default = "0s", identifying = false)]
    nap: Duration,
    /// A number that cannot be written.
    #[param(identifying = false)]
    bad: Option<i64>,
}

/// What the program gives to its jobs.
pub(crate) struct Greeting(pub(crate) &'static str);

#[derive(Serialize)]
struct Sum {
    sum: i64,
}

#[job(module = "arithmetic")]
impl Numbers {
    /// Says what will be done.
    #[step]
    fn announce(&self, greeting: &Res<Greeting>, step: &mut StepContext<'_>) -> Json<Sum> {
        step.output(&format!("{}, numbers up to {}", greeting.0, self.to));
        Json(Sum { sum: self.to * (self.to + 1) / 2 })
    }

    #[step(chunk = 10, retry = 2, when = "params.to > 0")]
    fn load(&self, stop: StopToken) -> Result<Chunk> {
        let (nap, bad) = (self.nap, self.bad);
        let wait = move |number: &i64| {
            let _ = stop.wait(nap);
            if bad == Some(*number) {
                Err(BatchError::new("BadNumber", format!("{number} is bad")))
            } else {
                Ok(Some(*number))
            }
        };
        Ok(Chunk::read(Items::of(1..=self.to)).process(wait).write(Insert))
    }

    /// Waits for another task, as programs of the network do.
    #[step]
    async fn settle(&self) -> Result<()> {
        tokio::spawn(async {}).await.or_fail()
    }
}

/// Writes in the transaction of the chunk: the numbers are there when the checkpoint says so, and never twice.
struct Insert;

impl ItemWriter<i64> for Insert {
    fn write(&mut self, numbers: &[i64], context: &mut WriteContext<'_>) -> Result<(), ChunkError> {
        for number in numbers {
            let written = if let Some(connection) = context.transaction.postgres() {
                diesel::sql_query("INSERT INTO numbers (number) VALUES ($1)")
                    .bind::<BigInt, _>(number)
                    .execute(connection)
            } else if let Some(connection) = context.transaction.sqlite() {
                diesel::sql_query("INSERT INTO numbers (number) VALUES (?)")
                    .bind::<BigInt, _>(number)
                    .execute(connection)
            } else {
                return Err(ChunkError::Failed("this store takes no SQL".into()));
            };
            written.map_err(chunk_error)?;
        }
        Ok(())
    }
}
