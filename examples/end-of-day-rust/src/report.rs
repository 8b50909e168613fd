//! The two files of a closed day.

use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use csv::WriterBuilder;
use overnight::error::{Result, ResultExt as _};

use crate::closing::{Closing, Total};
use crate::money::{fixed, shown};

const REPORT: &str = "business_date,account_no,holder,currency,day_count,interest_days,percent,opening,transactions,turnover,interest,\
     closing,rate,rate_date,opening_eur,movement_eur,unrealised_eur,closing_eur";

const TOTALS: &str = "business_date,currency,accounts,transactions,opening,turnover,interest,closing,opening_eur,movement_eur,\
     unrealised_eur,closing_eur,postings,debits,credits";

/// One line for each account.
pub(crate) fn accounts(closings: &[Closing], day: NaiveDate) -> Result<String> {
    let line = |closing: &Closing| {
        let account = &closing.account;
        let (own, euro) = (|minor| shown(minor, &account.currency), |minor| shown(minor, "EUR"));
        let (rate, rate_date) = match closing.rate {
            Some((day, rate)) => (fixed(rate, 6)?, day.to_string()),
            None => Default::default(),
        };
        Ok(vec![
            day.to_string(),
            account.number.to_string(),
            account.holder.clone(),
            account.currency.clone(),
            account.day_count.clone(),
            account.interest_days.to_string(),
            fixed(account.percent, 4)?,
            own(account.opening),
            closing.transactions.to_string(),
            own(closing.turnover),
            own(closing.interest),
            own(closing.closing),
            rate,
            rate_date,
            euro(account.opening_eur),
            euro(closing.movement_eur),
            euro(closing.unrealised_eur),
            euro(closing.closing_eur),
        ])
    };
    text(REPORT, closings.iter().map(line))
}

/// One line for each currency.
pub(crate) fn totals(totals: &[Total], day: NaiveDate) -> Result<String> {
    let line = |total: &Total| {
        let Total { currency, postings, .. } = total;
        let mut cells =
            vec![day.to_string(), currency.clone(), total.accounts.to_string(), total.transactions.to_string()];
        cells.extend(total.own.iter().map(|minor| shown(*minor, currency)));
        cells.extend(total.euro.iter().map(|cents| shown(*cents, "EUR")));
        cells.extend([postings.count.to_string(), shown(postings.debits, currency), shown(postings.credits, currency)]);
        Ok(cells)
    };
    text(TOTALS, totals.iter().map(line))
}

fn text(header: &str, lines: impl Iterator<Item = Result<Vec<String>>>) -> Result<String> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(header.split(',')).or_fail()?;
    for line in lines {
        writer.write_record(line?).or_fail()?;
    }
    String::from_utf8(writer.into_inner().or_fail()?).or_fail()
}

/// Writes a file under its name when all of it is there.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let part = folder.join(format!(".{name}.part"));
    fs::write(&part, text).context(format!("cannot write {}", part.display()))?;
    fs::rename(&part, folder.join(name)).context(format!("cannot write {name}"))
}
