//! A run that comes to be in the caller's own transaction.

use overnight_db::{Session, enqueue_in};
use overnight_framework::clock::SystemClock;
use overnight_framework::engine::{Engine, StartJobError};
use overnight_framework::execution::JobExecution;
use overnight_framework::operator::StartError;
use overnight_framework::params::IntoParams;

/// Launches a job inside a transaction of the caller, so that an order and the job that works on it come to be together or not at
/// all: River's `InsertTx`, Oban's `Multi`.
///
/// ```
/// use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
/// use overnight::LaunchIn;
/// # use overnight::builder::{JobBuilder, StepBuilder};
/// # use overnight::registry::Registry;
/// # use overnight::status::Status;
/// # use overnight::step::StepContext;
/// # let book = StepBuilder::tasklet("book", |_: &(), step: &mut StepContext<'_>| step.output("booked"));
/// # let registry = Registry::default().built(JobBuilder::<()>::new("book-order").step(book).build());
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("shop.db").display().to_string();
///
/// let engine = overnight::EngineBuilder::new(registry).database(&file).open()?;
/// let mut shop = SqliteConnection::establish(&file)?;
/// sql_query("CREATE TABLE orders (number INTEGER NOT NULL)").execute(&mut shop)?;
/// let run = shop.immediate_transaction(|shop| {
///     sql_query("INSERT INTO orders VALUES (17)").execute(shop)?;
///     Ok::<_, Box<dyn std::error::Error>>(engine.launch_in(shop, "book-order", ())?)
/// })?;
/// assert_eq!(run.status, Status::Queued);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The run waits in the queue. A process that serves the project claims it when the transaction is committed: `jobctl serve`, or a
/// program that is a whole `jobctl` by [`cli::main`](crate::cli::main).
pub trait LaunchIn: sealed::Sealed {
    /// Records a run of `job` that waits in the queue, in the transaction that is open on `session`, a connection to the database of
    /// the records, whether diesel has begun it or a `BEGIN` in SQL. Where none is open, it is one of its own. A refusal leaves the
    /// transaction as it was.
    ///
    /// # Errors
    /// When there is no such job, when the parameters are wrong, when a secret one is given, when the instance is running or complete, or when the
    /// database fails.
    fn launch_in<'c>(
        &self,
        session: impl Into<Session<'c>>,
        job: &str,
        params: impl IntoParams,
    ) -> Result<JobExecution, StartJobError>;
}

/// Nobody else launches: the verbs of this trait may become more.
mod sealed {
    pub trait Sealed {}

    impl Sealed for overnight_framework::Engine {}
}

impl LaunchIn for Engine {
    fn launch_in<'c>(
        &self,
        session: impl Into<Session<'c>>,
        job: &str,
        params: impl IntoParams,
    ) -> Result<JobExecution, StartJobError> {
        let request = self.queued(job, params)?;
        Ok(enqueue_in(session, &request, &SystemClock::default()).map_err(StartError::from)?)
    }
}
