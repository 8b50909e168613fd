//! What the bank was sent: four files, and the rules that they keep.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use csv::{Reader, StringRecord};
use overnight::error::{Result, ResultExt as _};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use crate::money::{self, amount, has_places, is_currency, minor, number, rule};

const FILES: [&str; 4] = ["../rates.csv", "accounts.csv", "control.csv", "transactions.csv"];

/// The files are those that were sent.
pub(crate) fn verify(inbox: &Path) -> Result<()> {
    let sums = fs::read_to_string(inbox.join("SHA256SUMS")).context("cannot read SHA256SUMS")?;
    let lines: Vec<_> = sums.lines().map(|line| line.split_once("  ").unwrap_or_default()).collect();
    rule(lines.iter().map(|(_, name)| *name).eq(FILES), || "SHA256SUMS does not list the four files".to_owned())?;
    for (sum, name) in lines {
        let bytes = fs::read(inbox.join(name)).context(format!("cannot read {name}"))?;
        let actual: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        rule(sum == actual, || format!("{name} is not the file that was sent"))?;
    }
    Ok(())
}

/// A file with a header, whose cells are found by their names.
pub(crate) struct Table {
    reader: Reader<File>,
    header: StringRecord,
}

impl Table {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut reader = Reader::from_path(path).or_fail().context(format!("cannot open {}", path.display()))?;
        let header = reader.headers().or_fail()?.clone();
        Ok(Self { reader, header })
    }

    pub(crate) fn rows(self) -> impl Iterator<Item = Result<Row>> + Send {
        let header = self.header;
        self.reader.into_records().map(move |record| Ok(Row { header: header.clone(), cells: record.or_fail()? }))
    }
}

/// One line of a file.
#[derive(Debug)]
pub(crate) struct Row {
    header: StringRecord,
    cells: StringRecord,
}

impl Row {
    fn text(&self, column: &str) -> Result<&str> {
        let place = self.header.iter().position(|name| name == column);
        let cell = place.and_then(|place| self.cells.get(place));
        cell.ok_or_else(|| money::refused(format!("there is no column {column}")))
    }

    fn integer(&self, column: &str) -> Result<i64> {
        let text = self.text(column)?;
        text.parse().map_err(|_| money::refused(format!("`{text}` is no integer of 64 bits")))
    }

    fn day(&self, column: &str) -> Result<NaiveDate> {
        let text = self.text(column)?;
        overnight::params::parse_date(text).ok_or_else(|| money::refused(format!("`{text}` is no date")))
    }
}

/// The rate of a currency, and the day of which it is.
pub(crate) type Rates = BTreeMap<String, (NaiveDate, Decimal)>;

/// The newest rate of each currency, of the day and of the ten days before it.
pub(crate) fn rates(path: &Path, today: NaiveDate) -> Result<Rates> {
    let mut newest: BTreeMap<String, (NaiveDate, String)> = BTreeMap::new();
    for row in Table::open(path)?.rows() {
        let row = row?;
        let quoted = row.day("Date")?;
        if !(0..=10).contains(&(today - quoted).num_days()) {
            continue;
        }
        for (currency, cell) in
            row.header.iter().zip(&row.cells).filter(|(name, cell)| is_currency(name) && *cell != "N/A")
        {
            if newest.get(currency).is_none_or(|(known, _)| *known < quoted) {
                newest.insert(currency.to_owned(), (quoted, cell.to_owned()));
            }
        }
    }
    rule(!newest.is_empty(), || "rates.csv has no quote of the last ten days".to_owned())?;
    let mut rates = Rates::from([("EUR".to_owned(), (today, Decimal::ONE))]);
    for (currency, (quoted, cell)) in newest {
        let rate = number(&cell)?;
        let is_rate = rate > Decimal::ZERO && rate < 1_000_000_000.into() && has_places(rate, 6);
        rule(is_rate, || format!("{cell} is no rate for {currency}"))?;
        rates.insert(currency, (quoted, rate));
    }
    Ok(rates)
}

/// An account as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) number: i64,
    pub(crate) holder: String,
    pub(crate) currency: String,
    pub(crate) day_count: String,
    pub(crate) interest_days: i64,
    /// The interest that applies to its balance.
    pub(crate) percent: Decimal,
    pub(crate) opening: i64,
    pub(crate) opening_eur: i64,
}

impl Account {
    /// The days of a year by its day count.
    pub(crate) fn year(&self) -> i64 {
        if self.day_count == "ACT/365" { 365 } else { 360 }
    }

    fn read(row: &Row, today: NaiveDate) -> Result<Self> {
        let (number_, since) = (row.integer("account_no")?, row.day("balance_date")?);
        let name = || format!("account {number_}");
        let (holder, currency, day_count) = (row.text("holder")?, row.text("currency")?, row.text("day_count")?);
        let percents = [number(row.text("credit_percent")?)?, number(row.text("debit_percent")?)?];
        let age = (today - since).num_days();
        rule(number_ >= 1000, || format!("{} is an internal account", name()))?;
        rule(!holder.is_empty(), || format!("{} has no holder", name()))?;
        rule(is_currency(currency), || format!("{}: `{currency}` is no currency", name()))?;
        rule(["ACT/365", "ACT/360", "30E/360"].contains(&day_count), || format!("{}: no day count", name()))?;
        let is_percent = |percent: &Decimal| percent.abs() <= Decimal::ONE_HUNDRED && has_places(*percent, 4);
        rule(percents.iter().all(is_percent), || format!("{}: no such interest", name()))?;
        rule((1..=36_525).contains(&age), || format!("{}: balance of {since}", name()))?;
        let opening = amount(row.text("balance")?, currency)?;
        let opening_eur = amount(row.text("balance_eur")?, "EUR")?;
        rule(currency != "EUR" || opening == opening_eur, || format!("{}: euro with another value in euro", name()))?;
        Ok(Self {
            number: number_,
            holder: holder.to_owned(),
            currency: currency.to_owned(),
            day_count: day_count.to_owned(),
            interest_days: if day_count == "30E/360" { days360(today) - days360(since) } else { age },
            percent: percents[usize::from(opening < 0)],
            opening,
            opening_eur,
        })
    }
}

/// The days since the year 0, of which each has twelve months of thirty days.
fn days360(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 360 + i64::from(day.month()) * 30 + i64::from(day.day().min(30))
}

/// The accounts by their numbers.
pub(crate) fn accounts(path: &Path, today: NaiveDate) -> Result<BTreeMap<i64, Account>> {
    let mut accounts = BTreeMap::new();
    for row in Table::open(path)?.rows() {
        let account = Account::read(&row?, today)?;
        let number = account.number;
        rule(accounts.insert(number, account).is_none(), || format!("account {number} is there twice"))?;
    }
    Ok(accounts)
}

/// What the sender added up, by currency: how many transactions, and their sum.
pub(crate) fn control(path: &Path) -> Result<BTreeMap<String, (i64, i64)>> {
    let mut control = BTreeMap::new();
    for row in Table::open(path)?.rows() {
        let row = row?;
        let currency = row.text("currency")?;
        rule(is_currency(currency), || format!("control.csv: `{currency}` is no currency"))?;
        let sent = (row.integer("transactions")?, minor(row.text("amount")?, currency)?);
        let is_new = control.insert(currency.to_owned(), sent).is_none();
        rule(is_new, || format!("control.csv: {currency} is there twice"))?;
    }
    Ok(control)
}

/// A transaction of the day.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) number: i64,
    pub(crate) account: i64,
    pub(crate) currency: String,
    pub(crate) minor: i64,
}

impl Transaction {
    pub(crate) fn read(row: &Row, today: NaiveDate, accounts: &BTreeMap<i64, Account>) -> Result<Self> {
        let (number, account, currency) = (row.integer("tx_id")?, row.integer("account_no")?, row.text("currency")?);
        let booked = row.day("booked_on")?;
        rule(number >= 1, || format!("there is no transaction {number}"))?;
        rule(booked == today, || format!("transaction {number} is of {booked}"))?;
        let holds = accounts.get(&account).is_some_and(|account| account.currency == currency);
        rule(holds, || format!("transaction {number}: account {account} has no {currency}"))?;
        Ok(Self { number, account, currency: currency.to_owned(), minor: amount(row.text("amount")?, currency)? })
    }
}
