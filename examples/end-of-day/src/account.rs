//! The accounts of a day: their terms stay the same from day to day, their balances do not.

use chrono::NaiveDate;

use crate::number::{Currency, Number};
use crate::random::Random;
use crate::rates::Rates;

/// A line of `accounts.csv`.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) number: i64,
    pub(crate) holder: String,
    pub(crate) currency: Currency,
    pub(crate) day_count: &'static str,
    pub(crate) credit_percent: Number,
    pub(crate) debit_percent: Number,
    pub(crate) balance_date: NaiveDate,
    pub(crate) balance: i64,
    pub(crate) balance_eur: i64,
}

impl Account {
    pub(crate) const HEADER: [&'static str; 9] = [
        "account_no",
        "holder",
        "currency",
        "day_count",
        "credit_percent",
        "debit_percent",
        "balance_date",
        "balance",
        "balance_eur",
    ];

    pub(crate) fn cells(&self) -> [String; 9] {
        [
            self.number.to_string(),
            self.holder.clone(),
            self.currency.to_string(),
            self.day_count.to_owned(),
            self.credit_percent.to_string(),
            self.debit_percent.to_string(),
            self.balance_date.to_string(),
            self.currency.amount(self.balance).to_string(),
            Currency::EUR.amount(self.balance_eur).to_string(),
        ]
    }
}

/// The number of the account at this place of the file: all different, spread over ten digits, in no order.
pub(crate) fn number(index: u64) -> i64 {
    // An odd factor permutes the numbers below a power of two.
    1_000_000_000 + i64::from((index as u32).wrapping_mul(0x9E37_79B1))
}

/// The currency of a drawn account, without drawing the rest: the transactions need it a million times.
pub(crate) fn currency(seed: u64, index: u64) -> Currency {
    Currency(Random::new(seed, CURRENCY, index).pick(&CURRENCIES))
}

/// The account at this place, as it was at the end of `balance_date`.
pub(crate) fn draw(seed: u64, index: u64, balance_date: NaiveDate, before: &Rates) -> Account {
    let mut terms = Random::new(seed, TERMS, index);
    let currency = currency(seed, index);
    let holder = format!("{} {}", terms.pick(&NAMES), terms.pick(&FORMS));
    let day_count = terms.pick(&["ACT/365", "ACT/360", "30E/360"]);
    let (credit_percent, debit_percent) = (terms.pick(&CREDIT), terms.pick(&DEBIT));
    let day = u64::from(balance_date.to_epoch_days().unsigned_abs());
    let mut drawn = Random::new(seed, BALANCE ^ (day << 8), index);
    let size = drawn.between(0, 9_999_999) * drawn.pick(&[1, 1, 1, 10, 100]);
    let balance = if drawn.percent(15) { -size } else { size };
    let balance_eur = before.cents(currency, balance);
    Account {
        number: number(index),
        holder,
        currency,
        day_count,
        credit_percent,
        debit_percent,
        balance_date,
        balance,
        balance_eur,
    }
}

const CURRENCY: u64 = 1;
const TERMS: u64 = 2;
const BALANCE: u64 = 3;

const CURRENCIES: [&str; 20] = [
    "EUR", "EUR", "EUR", "EUR", "EUR", "EUR", "USD", "USD", "USD", "GBP", "GBP", "CHF", "JPY", "JPY", "SEK", "PLN",
    "CZK", "HUF", "KRW", "ISK",
];

const NAMES: [&str; 12] = [
    "Møller",
    "Łukaszewska",
    "Özdemir",
    "Nakamura",
    "O'Neill",
    "Ferreira",
    "Çelik",
    "Šimek",
    "Þórsdóttir",
    "Müller",
    "Rossi",
    "Δημητρίου",
];

const FORMS: [&str; 6] = ["GmbH", "& Co", "Ltd.", "A/S", "S.p.A.", "Oy"];

const CREDIT: [Number; 5] = [
    Number { digits: 0, places: 0 },
    Number { digits: 1, places: 2 },
    Number { digits: 125, places: 3 },
    Number { digits: 175, places: 2 },
    Number { digits: 20_375, places: 4 },
];

const DEBIT: [Number; 4] = [
    Number { digits: 45, places: 1 },
    Number { digits: 725, places: 2 },
    Number { digits: 119, places: 1 },
    Number { digits: 12, places: 0 },
];
