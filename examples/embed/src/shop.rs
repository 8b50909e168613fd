//! The shop: its tables, its engine, and the one transaction in which an order and its job come to be.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, RunQueryDsl as _};
use overnight::db::{Database, OpenOptions, Session};
use overnight::engine::{RunHandle, StartJobError};
use overnight::execution::JobExecution;
use overnight::registry::Registry;
use overnight::{Engine, EngineBuilder, LaunchIn as _};
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

use crate::pack::PackOrder;

/// How many orders are packed at once.
const ROOM: usize = 4;

/// How soon what others put into the queue is seen, such as what a `jobctl` of the same store did.
const LOOK: Duration = Duration::from_secs(1);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS shop_order (number BIGINT PRIMARY KEY, items BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS packed (order_number BIGINT NOT NULL, item BIGINT NOT NULL);
";

/// What the service works with.
pub(crate) struct Shop {
    pub(crate) engine: Engine,
    database: Database,
    /// Rung when an order has come.
    bell: Notify,
}

/// An order as a customer sends it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Order {
    pub(crate) number: i64,
    items: i64,
    /// How many milliseconds an item takes.
    #[serde(default)]
    pace: u64,
}

/// Why there is no order.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is one of this number.
    Known,
    /// Its job cannot be.
    Job(StartJobError),
    Broken(Box<dyn Error + Send + Sync>),
}

impl Shop {
    pub(crate) fn open(url: &str) -> Result<Self, Box<dyn Error>> {
        let engine = EngineBuilder::new(Registry::default().job::<PackOrder>()).database(url).open()?;
        let database = Database::connect(url, OpenOptions::default())?;
        database.write(|session| match session {
            Session::Postgres(connection) => connection.batch_execute(TABLES),
            Session::Sqlite(connection) => connection.batch_execute(TABLES),
        })??;
        Ok(Self { engine, database, bell: Notify::new() })
    }

    // ANCHOR: place
    /// Writes an order and the run that packs it, both or neither.
    pub(crate) fn place(&self, order: Order) -> Result<JobExecution, Refused> {
        let Order { number, items, pace } = order;
        let insert = diesel::sql_query("INSERT INTO shop_order (number, items) VALUES ($1, $2)");
        let insert = insert.bind::<BigInt, _>(number).bind::<BigInt, _>(items);
        let params = PackOrder { order: number, items, pace: Duration::from_millis(pace) };
        let run = self.database.write(|session| -> Result<_, Refused> {
            match session {
                Session::Postgres(shop) => shop.transaction(|shop| {
                    insert.execute(shop)?;
                    Ok(self.engine.launch_in(shop, "pack-order", params)?)
                }),
                Session::Sqlite(shop) => shop.immediate_transaction(|shop| {
                    insert.execute(shop)?;
                    Ok(self.engine.launch_in(shop, "pack-order", params)?)
                }),
            }
        });
        let run = run.map_err(Refused::broken)??;
        self.bell.notify_one();
        Ok(run)
    }
    // ANCHOR_END: place

    /// Claims runs until there are as many as there is room for.
    fn claim(&self, running: &mut Vec<RunHandle>) -> Result<(), StartJobError> {
        running.retain(|run| matches!(run.wait_for(Duration::ZERO), Ok(None)));
        let room = ROOM.saturating_sub(running.len());
        running.extend(self.engine.claim(u32::try_from(room).unwrap_or(u32::MAX))?);
        Ok(())
    }
}

// ANCHOR: queue
/// Runs what waits: at once when an order has come, and every second for what others have put there. It ends with the engine.
pub(crate) async fn run_what_waits(shop: Arc<Shop>) -> Result<(), JoinError> {
    let mut running = Vec::new();
    loop {
        let claiming = Arc::clone(&shop);
        let (claimed, under_way) = spawn_blocking(move || (claiming.claim(&mut running), running)).await?;
        running = under_way;
        match claimed {
            Err(StartJobError::Closed) => return Ok(()),
            // The next look may find it well again.
            Err(error) => drop(writeln!(io::stderr(), "the queue cannot be looked at: {error}")),
            Ok(()) => {}
        }
        let _ = timeout(LOOK, shop.bell.notified()).await;
    }
}
// ANCHOR_END: queue

impl Refused {
    fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Broken(error.into())
    }
}

impl From<diesel::result::Error> for Refused {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::DatabaseError(UniqueViolation, _) => Self::Known,
            error => Self::broken(error),
        }
    }
}

impl From<StartJobError> for Refused {
    fn from(error: StartJobError) -> Self {
        Self::Job(error)
    }
}
