//! The stores of overnight: PostgreSQL, and SQLite embedded, behind the port of its engine; and the tables of users that declared
//! steps read and write.
//!
//! The modules stand in the order of their dependencies: each one uses only those above it.

#[cfg(feature = "testing")]
pub mod testing;

mod instant;
mod schema;
mod models;
mod error;
mod statements;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod transaction;
mod pool;
mod chunk;
mod repository;
mod migration;
mod session;
mod database;
pub mod migrate;
pub mod table;

pub use self::chunk::ChunkConnection;
#[cfg(feature = "sqlite")]
pub use self::database::SqliteSetup;
pub use self::database::{Database, OpenError, OpenOptions, Unreached, open, without_password};
pub use self::error::chunk_error;
pub use self::session::{Backend, Session};
