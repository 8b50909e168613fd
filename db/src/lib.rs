//! The stores of overnight, PostgreSQL and SQLite, behind the port of its engine; and the tables that declared steps read and write.

mod chunk;
mod database;
mod error;
mod instant;
pub mod migrate;
mod models;
mod pool;
#[cfg(feature = "postgres")]
mod postgres;
mod repository;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
#[cfg(feature = "testing")]
pub mod testing;
pub mod table;
mod transaction;

pub use self::chunk::ChunkConnection;
#[cfg(feature = "sqlite")]
pub use self::database::SqliteSetup;
pub use self::database::{AnyConnection, Database, Kind, OpenError, OpenOptions, open};
pub use self::error::chunk_error;
