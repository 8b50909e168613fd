//! The databases: for steps that read and write them, and for programs that look after their schema.

#[cfg(feature = "sqlite")]
pub use overnight_db::SqliteSetup;
pub use overnight_db::{
    Backend, ChunkConnection, Database, OpenError, OpenOptions, Session, Unreached, chunk_error, enqueue_in, migrate,
    open, without_password,
};
