//! The stores of [overnight](https://docs.rs/overnight): PostgreSQL, and SQLite embedded, behind the port of its engine; and the
//! tables of users that declared steps read and write.
//!
//! Programs depend on `overnight`, which hands this on as its module `db`; its page is the way in. What a step of one's own takes from
//! here is a [`Database`] to read and write, the connection of its chunk by [`ChunkConnection`], and [`chunk_error`] to say what was
//! refused. The feature `postgres` brings one store, `sqlite` the other; one has to be there.

// The modules stand in the order of their dependencies: each one uses only those above it.

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("the records of overnight are kept in a database: turn on its feature `sqlite`, `postgres`, or both");

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
pub use self::database::{Database, OpenError, OpenOptions, Unreached, enqueue_in, open, without_password};
pub use self::error::chunk_error;
pub use self::session::{Backend, Session};
