//! The transactions of a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::account;
use crate::number::Currency;
use crate::random::Random;

/// A line of `transactions.csv`, without the number and the day.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) account: i64,
    pub(crate) currency: Currency,
    pub(crate) minor: i64,
    pub(crate) memo: &'static str,
}

impl Transaction {
    pub(crate) const HEADER: [&'static str; 6] = ["tx_id", "account_no", "booked_on", "currency", "amount", "memo"];

    pub(crate) fn cells(&self, number: u64, day: NaiveDate) -> [String; 6] {
        [
            number.to_string(),
            self.account.to_string(),
            day.to_string(),
            self.currency.to_string(),
            self.currency.amount(self.minor).to_string(),
            self.memo.to_owned(),
        ]
    }
}

/// Draws transactions on the accounts from `first` up to but without `end`, of which there is one at least.
pub(crate) struct Draw {
    seed: u64,
    random: Random,
    first: u64,
    end: u64,
}

impl Draw {
    pub(crate) fn new(seed: u64, day: NaiveDate, first: u64, end: u64) -> Self {
        let day = u64::from(day.to_epoch_days().unsigned_abs());
        Self { seed, random: Random::new(seed, TRANSACTIONS, day), first, end }
    }

    pub(crate) fn next(&mut self) -> Transaction {
        let index = self.first + self.random.below(self.end - self.first);
        let most = self.random.pick(&[999, 9_999, 9_999, 99_999, 999_999]);
        let size = self.random.between(1, most);
        let minor = if self.random.percent(48) { -size } else { size };
        let memo = self.random.pick(&MEMOS);
        Transaction { account: account::number(index), currency: account::currency(self.seed, index), minor, memo }
    }
}

/// The sums of `control.csv`, as the system that sends the transactions would add them up.
#[derive(Debug, Default)]
pub(crate) struct Control(BTreeMap<Currency, (u64, i64)>);

impl Control {
    pub(crate) const HEADER: [&'static str; 3] = ["currency", "transactions", "amount"];

    pub(crate) fn add(&mut self, transaction: &Transaction) {
        let (count, sum) = self.0.entry(transaction.currency).or_default();
        *count += 1;
        *sum += transaction.minor;
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = [String; 3]> {
        self.0.iter().map(|(currency, (count, sum))| {
            [currency.to_string(), count.to_string(), currency.amount(*sum).to_string()]
        })
    }
}

const TRANSACTIONS: u64 = 4;

const MEMOS: [&str; 12] = [
    "",
    "salary",
    "rent, April",
    "invoice 2026/0417",
    "Miete für März",
    "\"Zum Goldenen Hirsch\"",
    "card payment",
    "zakupy, \"Żabka\"",
    "refund",
    "お茶",
    "standing order",
    "first line\nsecond line",
];
