//! Closes one accounting day of a small bank: the rules of `examples/end-of-day/README.md` as a job in Rust, to the same bytes.

mod closing;
mod input;
mod money;
mod report;
mod store;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use overnight::db::Database;
use overnight::error::Result;
use overnight::resource::Res;
use overnight::step::chunk::{Chunk, Items};
use overnight::{Params, job};

use crate::closing::{Closing, Ledger};
use crate::input::{Row, Table, Transaction};
use crate::store::Insert;

// ANCHOR: job
/// Closes an accounting day.
#[derive(Debug, Params)]
pub struct EndOfDay {
    /// Accounting day to close.
    pub business_date: NaiveDate,
    /// Folder with rates.csv and one folder for each day.
    #[param(default = "data", identifying = false)]
    pub data: PathBuf,
    /// Folder for the reports, one folder in it for each day.
    #[param(default = "out", identifying = false)]
    pub out: PathBuf,
}

#[job(module = "ledger")]
impl EndOfDay {
    /// The four files are those that were sent, also when a later attempt reads them again.
    #[step(rerun = always)]
    fn verify(&self) -> Result<()> {
        input::verify(&self.inbox())
    }

    /// Makes the folder of the reports and the table of the transactions.
    #[step]
    fn prepare(&self, database: &Res<Database>) -> Result<()> {
        fs::create_dir_all(self.outbox())?;
        store::create(database)
    }

    /// Money is never skipped: the first line that breaks a rule ends the day.
    #[step(chunk = 1000)]
    fn post(&self) -> Result<Chunk> {
        let (day, inbox) = (self.business_date, self.inbox());
        let accounts = Arc::new(input::accounts(&inbox.join("accounts.csv"), day)?);
        let check = move |row: &Result<Row>| match row {
            Ok(row) => Transaction::read(row, day, &accounts).map(Some),
            Err(error) => Err(money::refused(error.chain().join(": "))),
        };
        let rows = Items::of(Table::open(&inbox.join("transactions.csv"))?.rows());
        Ok(Chunk::read(rows).process(check).write(Insert { day }))
    }

    /// Computes, reconciles and reports. It writes the same bytes however often it begins anew.
    #[step]
    fn close(&self, database: &Res<Database>) -> Result<()> {
        let (day, inbox) = (self.business_date, self.inbox());
        let (accounts, control) =
            (input::accounts(&inbox.join("accounts.csv"), day)?, input::control(&inbox.join("control.csv"))?);
        let (rates, turnovers) = (input::rates(&self.data.join("rates.csv"), day)?, store::turnovers(database, day)?);
        let closed = accounts.values().map(|account| {
            let turned = turnovers.get(&account.number).copied().unwrap_or_default();
            Closing::of(account, turned, &rates)
        });
        let closings = closed.collect::<Result<Vec<_>>>()?;
        let ledger = Ledger::of(&closings, &turnovers, &control)?;
        let totals = closing::totals(&closings, &ledger, &control)?;
        let outbox = self.outbox();
        report::write(&outbox, "report.csv", &report::accounts(&closings, day)?)?;
        report::write(&outbox, "totals.csv", &report::totals(&totals, day)?)
    }

    fn inbox(&self) -> PathBuf {
        self.data.join(self.business_date.to_string())
    }

    fn outbox(&self) -> PathBuf {
        self.out.join(self.business_date.to_string())
    }
}
// ANCHOR_END: job
