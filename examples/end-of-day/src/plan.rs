//! What is to be made, and the making of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{Datelike, Days, NaiveDate, Weekday};

use crate::account::{self, Account};
use crate::chosen;
use crate::file::{CsvFile, checksum};
use crate::rates::{self, Rates};
use crate::transaction::{Control, Draw, Transaction};

/// A day to generate. Equal plans make equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The accounting day. The rates of the example must reach to it.
    pub date: NaiveDate,
    /// The same seed gives the same accounts on every day, with other balances.
    pub seed: u64,
    /// How many transactions.
    pub transactions: u64,
    /// How many accounts, at least 16 and at most 4,294,967,296.
    pub accounts: u64,
}

/// Why a day was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The rates of the example lie elsewhere in time.
    #[error("generate {date}: rates.csv has no rates of {day} or of the ten days before it")]
    NoRates {
        /// The day to generate.
        date: NaiveDate,
        /// The day that is valued: that one, or the one at whose end the balances were drawn up.
        day: NaiveDate,
    },
    /// The number of accounts is out of its range.
    #[error("generate {accounts} accounts: at least 16 and at most 4294967296 are possible")]
    Accounts {
        /// The number asked for.
        accounts: u64,
    },
    /// A file or folder cannot be written.
    #[error("write {}", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Plan {
    /// Writes `rates.csv` into `out` and the files of the day into the folder of its date there. Memory does not grow
    /// with the number of accounts or transactions.
    ///
    /// # Errors
    /// [`GenerateError`], before anything is written where the plan itself is at fault.
    pub fn generate(&self, out: &Path) -> Result<(), GenerateError> {
        let (date, balance_date) = (self.date, weekday_before(self.date));
        let (rates, before) = (Rates::of(date), Rates::of(balance_date));
        for (day, rates) in [(date, &rates), (balance_date, &before)] {
            if rates.is_empty() {
                return Err(GenerateError::NoRates { date, day });
            }
        }
        if !(16..=1 << 32).contains(&self.accounts) {
            return Err(GenerateError::Accounts { accounts: self.accounts });
        }
        let chosen = chosen::accounts(date, balance_date, &rates, &before);
        let folder = out.join(date.to_string());
        fs::create_dir_all(&folder).map_err(at(&folder))?;

        let path = out.join("rates.csv");
        fs::write(&path, rates::FILE).map_err(at(&path))?;
        let mut sums = vec![("../rates.csv", checksum(rates::FILE))];
        let path = folder.join("accounts.csv");
        sums.push(("accounts.csv", self.write_accounts(&path, &chosen, &before).map_err(at(&path))?));
        let path = folder.join("transactions.csv");
        let (control, sum) = self.write_transactions(&path, &chosen).map_err(at(&path))?;
        let path = folder.join("control.csv");
        sums.push(("control.csv", write_control(&path, &control).map_err(at(&path))?));
        sums.push(("transactions.csv", sum));
        let path = folder.join("SHA256SUMS");
        let lines: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
        fs::write(&path, lines).map_err(at(&path))
    }

    fn write_accounts(&self, path: &Path, chosen: &[Account], before: &Rates) -> io::Result<String> {
        let mut file = CsvFile::create(path, &Account::HEADER)?;
        for account in chosen {
            file.write(&account.cells())?;
        }
        for index in chosen.len() as u64..self.accounts {
            file.write(&account::draw(self.seed, index, weekday_before(self.date), before).cells())?;
        }
        file.finish()
    }

    fn write_transactions(&self, path: &Path, accounts: &[Account]) -> io::Result<(Control, String)> {
        let mut file = CsvFile::create(path, &Transaction::HEADER)?;
        let mut control = Control::default();
        let mut chosen = chosen::transactions(accounts).into_iter();
        let mut draw = Draw::new(self.seed, self.date, accounts.len() as u64, self.accounts);
        for number in 1..=self.transactions {
            let transaction = chosen.next().unwrap_or_else(|| draw.next());
            control.add(&transaction);
            file.write(&transaction.cells(number, self.date))?;
        }
        Ok((control, file.finish()?))
    }
}

fn write_control(path: &Path, control: &Control) -> io::Result<String> {
    let mut file = CsvFile::create(path, &Control::HEADER)?;
    for line in control.lines() {
        file.write(&line)?;
    }
    file.finish()
}

/// The day at whose end the balances were drawn up: the last one that is no Saturday or Sunday.
fn weekday_before(day: NaiveDate) -> NaiveDate {
    let back = match day.weekday() {
        Weekday::Mon => 3,
        Weekday::Sun => 2,
        _ => 1,
    };
    day.checked_sub_days(Days::new(back)).unwrap_or(day)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> GenerateError {
    let path = path.to_owned();
    |source| GenerateError::Write { path, source }
}
