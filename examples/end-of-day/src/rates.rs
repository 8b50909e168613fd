//! The reference rates of the European Central Bank that the example ships.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use crate::number::{Currency, Number, half_even};

/// The file itself, so that a generated day is complete wherever it is written.
pub(crate) const FILE: &str = include_str!("../data/rates.csv");

/// The newest rates of one day and of the ten days before it: how much of a currency one euro buys.
#[derive(Debug)]
pub(crate) struct Rates(HashMap<&'static str, Number>);

impl Rates {
    /// The rates as they are known on `day`. Empty if the file has none near it.
    pub(crate) fn of(day: NaiveDate) -> Self {
        let mut lines = FILE.lines().map(|line| line.split(','));
        let header: Vec<_> = lines.next().into_iter().flatten().skip(1).collect();
        let mut rates = HashMap::new();
        // The newest day stands first, so what is there already is newer.
        for mut cells in lines {
            let quoted = cells.next().and_then(|cell| cell.parse().ok());
            if quoted.is_some_and(|quoted: NaiveDate| quoted <= day && day <= quoted + Days::new(10)) {
                for (currency, rate) in header.iter().zip(cells.map(Number::parse)) {
                    rate.map(|rate| rates.entry(*currency).or_insert(rate));
                }
            }
        }
        Self(rates)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, currency: Currency) -> Option<Number> {
        self.0.get(currency.0).copied()
    }

    /// What so many minor units are worth in cents; without a rate a hundredth, as good as any.
    pub(crate) fn cents(&self, currency: Currency, minor: i64) -> i64 {
        if currency == Currency::EUR {
            return minor;
        }
        let Some(rate) = self.get(currency) else { return minor / 100 };
        let numerator = i128::from(minor) * 100 * 10_i128.pow(rate.places);
        let cents = half_even(numerator, i128::from(rate.digits) * i128::from(currency.unit()));
        i64::try_from(cents).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: &str) -> Rates {
        Rates::of(day.parse().unwrap())
    }

    #[test]
    fn a_day_without_rates_has_those_of_the_latest_day_before_it() {
        let (thursday, monday) = (on("2026-04-02"), on("2026-04-06"));
        assert_eq!(monday.get(Currency("USD")), Number::parse("1.1525"));
        assert_eq!(monday.get(Currency("USD")), thursday.get(Currency("USD")));
        assert_eq!(on("2026-04-07").get(Currency("USD")), Number::parse("1.1557"));
    }

    #[test]
    fn a_currency_that_is_not_quoted_and_a_day_far_from_the_file_have_none() {
        assert_eq!(on("2026-04-07").get(Currency("RUB")), None);
        assert!(on("2026-02-01").is_empty());
        assert!(on("2026-05-19").is_empty());
    }

    #[test]
    fn yen_have_no_minor_unit_and_are_worth_cents() {
        assert_eq!(on("2026-04-07").cents(Currency("JPY"), 18_473), 10_000);
        assert_eq!(on("2026-04-07").cents(Currency("USD"), -11_557), -10_000);
    }
}
