//! The accounts and transactions that every day begins with, because they are hard.

use chrono::{Datelike, NaiveDate};

use crate::account::{Account, number};
use crate::number::{Currency, Number};
use crate::rates::Rates;
use crate::transaction::Transaction;

/// Twelve accounts or more: as many as the rates of the day allow.
pub(crate) fn accounts(day: NaiveDate, balance_date: NaiveDate, rates: &Rates, before: &Rates) -> Vec<Account> {
    let days = (day - balance_date).num_days();
    let january = NaiveDate::from_ymd_opt(balance_date.year(), 1, 31).filter(|end| *end < day).unwrap_or(balance_date);
    let cent = Number { digits: 1, places: 0 };
    let account = |holder: &str, currency: &'static str, day_count, balance| Account {
        number: 0,
        holder: holder.to_owned(),
        currency: Currency(currency),
        day_count,
        credit_percent: cent,
        debit_percent: cent,
        balance_date,
        balance,
        balance_eur: before.cents(Currency(currency), balance),
    };
    // One per cent of so much is half a cent, and that times an odd number lies between two cents again.
    let half = 18_000 / days;
    let mut accounts = vec![
        account("Half a Cent", "EUR", "ACT/360", half),
        account("One and a Half", "EUR", "ACT/360", 3 * half),
        account("Two and a Half, Inc.", "EUR", "ACT/360", 5 * half),
        account("Minus \"Half\" a Cent", "EUR", "ACT/360", -half),
        account("Minus One and a Half", "EUR", "ACT/360", -3 * half),
        Account { balance_date: january, ..account("Ende Jänner", "EUR", "30E/360", 123_456_789) },
        Account { balance_date: january, ..account("Ende Jänner", "USD", "ACT/365", 123_456_789) },
        account("Zoë Åkesson\nc/o 山田太郎", "JPY", "ACT/365", -1_500_000),
        account("김 & 박", "KRW", "ACT/360", 0),
        Account { balance_eur: 4_321, ..account("Не котируется", "RUB", "ACT/365", 500_000) },
        account("Large", "USD", "ACT/365", 99_999_999_999_999),
        account("Large, but Negative", "EUR", "30E/360", -99_999_999_999_999),
    ];
    let free = Number { digits: 0, places: 0 };
    let between =
        rates_between_cents(rates).into_iter().take(3).enumerate().map(|(index, (currency, minor))| Account {
            credit_percent: free,
            debit_percent: free,
            ..account("Between Two Cents", currency, "ACT/365", if index % 2 == 0 { minor } else { -3 * minor })
        });
    accounts.extend(between);
    for (account, index) in accounts.iter_mut().zip(0..) {
        account.number = number(index);
    }
    accounts
}

/// Currencies of which some number of minor units is worth exactly half a cent more than whole cents, and the smallest
/// such number. In cents that is `minor * 100 / (rate * unit)`.
fn rates_between_cents(rates: &Rates) -> Vec<(&'static str, i64)> {
    let candidates = ["USD", "JPY", "GBP", "CHF", "HUF", "SEK", "NOK", "PLN", "CZK", "DKK", "RON", "TRY", "ZAR", "INR"];
    let smallest = |currency: &'static str| {
        let rate = rates.get(Currency(currency))?;
        let numerator = rate.digits * Currency(currency).unit();
        let denominator = 200 * 10_i64.pow(rate.places);
        let common = common_divisor(numerator, denominator);
        (denominator / common % 2 != 0).then_some((currency, numerator / common))
    };
    candidates.into_iter().filter_map(smallest).collect()
}

fn common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Transactions on the chosen accounts, which the drawn ones leave alone.
pub(crate) fn transactions(accounts: &[Account]) -> Vec<Transaction> {
    let on = |index: usize, minor: i64, memo: &'static str| {
        accounts.get(index).map(|account| Transaction {
            account: account.number,
            currency: account.currency,
            minor,
            memo,
        })
    };
    let chosen = [
        on(5, 0, "nothing at all"),
        on(5, 1, ""),
        on(5, -1, "a comma, and a \"quotation\""),
        on(7, 1_500_000, "振込\n二行目"),
        on(7, -1, "N/A"),
        on(8, 333, "e\u{301} is two characters, é is one"),
        on(9, -12_345, "рубли"),
        on(10, 99_999_999_999_999, "as large as it gets"),
        on(10, -99_999_999_999_999, "and back"),
        on(6, -123_456_789, "down to the interest, \r\nover two lines"),
        on(11, 7, ";|\t'"),
    ];
    chosen.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::half_even;

    fn of(day: &str, balance_date: &str) -> Vec<Account> {
        let (day, balance_date) = (day.parse().unwrap(), NaiveDate::parse_from_str(balance_date, "%F").unwrap());
        accounts(day, balance_date, &Rates::of(day), &Rates::of(balance_date))
    }

    #[test]
    fn the_first_accounts_earn_interest_exactly_between_two_cents() {
        for (day, balance_date, days) in [("2026-03-31", "2026-03-30", 1), ("2026-04-06", "2026-04-03", 3)] {
            let interest: Vec<_> = of(day, balance_date)[..5]
                .iter()
                .map(|account| {
                    let (doubled, rest) = (account.balance * days * 2 / 36_000, account.balance * days * 2 % 36_000);
                    assert_eq!((doubled % 2 != 0, rest), (true, 0), "{account:?}");
                    half_even(i128::from(doubled), 2)
                })
                .collect();
            assert_eq!(interest, [0, 2, 2, 0, -2]);
        }
    }

    #[test]
    fn some_balances_are_worth_half_a_cent_more_than_whole_cents() {
        let rates = Rates::of("2026-03-31".parse().unwrap());
        let found = rates_between_cents(&rates);
        assert!(!found.is_empty());
        for (currency, minor) in found {
            let rate = rates.get(Currency(currency)).unwrap();
            let numerator = i128::from(minor) * 200 * 10_i128.pow(rate.places);
            let denominator = i128::from(rate.digits) * i128::from(Currency(currency).unit());
            assert_eq!((numerator % denominator, numerator / denominator % 2), (0, 1), "{currency}");
        }
    }
}
