//! A PostgreSQL for tests: started by the first test, shared by all, gone a few seconds after the last.
//!
//! Nothing has to run beforehand, and nothing is left running. Each test gets a database of its own, a copy of a template that
//! was migrated once, in about a tenth of a second:
//!
//! ```no_run
//! use std::path::Path;
//! use overnight_db::testing::{Template, TestDatabase};
//!
//! let folder = Path::new("target/tmp/postgres");
//! let template = Template { version: "20260101", migrate: &|url| Ok(println!("migrating {url}")) };
//! let database = TestDatabase::create(folder, &template)?;
//! println!("{}", database.url());
//! # Ok::<(), overnight_db::testing::TestingError>(())
//! ```
//!
//! A test that takes its database away, to see what a worker does then, starts a [`PrivateServer`].
//!
//! # How the server is shared
//!
//! nextest runs each test in a process of its own, and a process may be killed at any moment, so that nobody can be trusted to
//! count. The kernel does: every user holds a shared lock on `users.lock` in the folder, and a lock ends with its process.
//!
//! - **Start.** Under an exclusive lock on `start.lock` the first comer makes a cluster under the temporary folder (a socket's
//!   path must be short, and a dropped user must be able to get there), starts it, and writes into `server` where it is.
//! - **End.** A watcher, a shell of a dozen lines, is started before the cluster is made. It waits for an exclusive lock on
//!   `users.lock`, gets one when nobody is left, gives the next test some seconds to come, and takes the cluster away *while it
//!   holds that lock*: who comes in between waits, and then finds no server and starts one. The watcher itself holds a
//!   lock in the cluster's folder, so that each user can see whether there still is one.
//! - **Root** may not run PostgreSQL: then server and watcher run as the user `postgres`, or `nobody` where there is none.
//!
//! The data are worth nothing, therefore nothing is forced to the disk. The server listens on the loopback address only and asks
//! for a random password, because a superuser of PostgreSQL can run programs, and other people may work on the machine.

mod cluster;
mod database;
mod error;
mod private;
mod programs;
#[cfg(feature = "sqlite")]
mod setup;
mod shared;
mod system;
mod watcher;

pub use database::{Template, TestDatabase};
pub use error::{AnyError, TestingError};
pub use private::PrivateServer;
#[cfg(feature = "sqlite")]
pub use setup::SQLITE_SETUP;
#[cfg(feature = "sqlite")]
pub(crate) use setup::sqlite_setup;
