//! The transactions of all days in one table: written in the transaction of their chunk, added up by the database.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl};
use overnight::db::{ChunkConnection as _, Database, Session, chunk_error};
use overnight::error::{Result, ResultExt as _};
use overnight::repository::ChunkError;
use overnight::step::chunk::{ItemWriter, WriteContext};

use crate::input::Transaction;

const CREATE: &str = "create table if not exists eod_rust_transaction (business_date text not null, tx_id bigint not null, \
     account_no bigint not null, currency text not null, minor bigint not null, primary key (business_date, tx_id))";

pub(crate) fn create(database: &Database) -> Result<()> {
    let create = diesel::sql_query(CREATE);
    let made = database.write(|session| match session {
        Session::Postgres(connection) => create.execute(connection),
        Session::Sqlite(connection) => create.execute(connection),
    });
    made.or_fail()?.or_fail()?;
    Ok(())
}

// ANCHOR: writer
/// Writes transactions of a day.
pub(crate) struct Insert {
    pub(crate) day: NaiveDate,
}

impl ItemWriter<Transaction> for Insert {
    fn write(
        &mut self,
        transactions: &[Transaction],
        context: &mut WriteContext<'_>,
    ) -> std::result::Result<(), ChunkError> {
        let day = self.day.to_string();
        for Transaction { number, account, currency, minor } in transactions {
            let written = if let Some(connection) = context.transaction.postgres() {
                diesel::sql_query("insert into eod_rust_transaction values ($1, $2, $3, $4, $5)")
                    .bind::<Text, _>(&day)
                    .bind::<BigInt, _>(number)
                    .bind::<BigInt, _>(account)
                    .bind::<Text, _>(currency)
                    .bind::<BigInt, _>(minor)
                    .execute(connection)
            } else if let Some(connection) = context.transaction.sqlite() {
                diesel::sql_query("insert into eod_rust_transaction values (?, ?, ?, ?, ?)")
                    .bind::<Text, _>(&day)
                    .bind::<BigInt, _>(number)
                    .bind::<BigInt, _>(account)
                    .bind::<Text, _>(currency)
                    .bind::<BigInt, _>(minor)
                    .execute(connection)
            } else {
                return Err(ChunkError::Failed("transactions are kept in PostgreSQL or SQLite".into()));
            };
            written.map_err(chunk_error)?;
        }
        Ok(())
    }
}
// ANCHOR_END: writer

/// What the transactions of an account come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turnover {
    pub(crate) transactions: i64,
    pub(crate) debits: i64,
    pub(crate) credits: i64,
}

#[derive(QueryableByName)]
struct Sums {
    #[diesel(sql_type = BigInt)]
    account_no: i64,
    #[diesel(sql_type = BigInt)]
    transactions: i64,
    #[diesel(sql_type = BigInt)]
    debits: i64,
    #[diesel(sql_type = BigInt)]
    credits: i64,
}

const SUMS: &str = "select account_no, count(*) as transactions, \
     cast(sum(case when minor < 0 then minor else 0 end) as bigint) as debits, \
     cast(sum(case when minor < 0 then 0 else minor end) as bigint) as credits \
     from eod_rust_transaction where business_date = ";

/// The turnover of each account that had one.
pub(crate) fn turnovers(database: &Database, day: NaiveDate) -> Result<BTreeMap<i64, Turnover>> {
    let day = day.to_string();
    let query = |mark: &str| diesel::sql_query(format!("{SUMS}{mark} group by account_no")).bind::<Text, _>(&day);
    let sums = database.read(|session| match session {
        Session::Postgres(connection) => query("$1").load::<Sums>(connection),
        Session::Sqlite(connection) => query("?").load::<Sums>(connection),
    });
    let turnover =
        |Sums { account_no, transactions, debits, credits }| (account_no, Turnover { transactions, debits, credits });
    Ok(sums.or_fail()?.or_fail()?.into_iter().map(turnover).collect())
}
