//! The processor `convert`: amounts in one currency become amounts in another.

use std::collections::BTreeMap;

use overnight::kind::With;
use overnight::resource::Res;
use overnight::{BatchError, Row, Settings, processor};
use rust_decimal::Decimal;

/// What the program knows of the market, and gives to whoever asks for it.
#[derive(Debug)]
pub(crate) struct Rates(BTreeMap<&'static str, Decimal>);

impl Rates {
    /// What one of each currency is worth in francs.
    pub(crate) fn of_the_day() -> Self {
        Self(BTreeMap::from([("CHF", Decimal::ONE), ("EUR", Decimal::new(935, 3)), ("USD", Decimal::new(8025, 4))]))
    }
}

/// The names by which `skip` and `retry` choose the errors of this program.
#[derive(Debug, thiserror::Error, BatchError)]
pub(crate) enum RateError {
    #[error("there is no rate for {0}")]
    NoRate(String),
}

/// What amounts become.
#[derive(Debug, Settings)]
pub(crate) struct Convert {
    /// The currency that they are converted into.
    into: String,
    /// To how many digits behind the point they are rounded.
    #[setting(default = 2)]
    digits: u32,
}

/// What the processor takes: these columns of the rows, whatever else they have.
#[derive(Debug, Row)]
pub(crate) struct Payment {
    id: i64,
    currency: String,
    amount: Decimal,
}

/// What it gives.
#[derive(Debug, PartialEq, Row)]
pub(crate) struct Converted {
    id: i64,
    amount: Decimal,
}

/// Leaves out what is worth less than the smallest coin.
#[processor]
pub(crate) fn convert(
    payment: &Payment,
    with: &With<Convert>,
    rates: &Res<Rates>,
) -> Result<Option<Converted>, RateError> {
    let rate = |currency: &str| rates.0.get(currency).copied().ok_or_else(|| RateError::NoRate(currency.to_owned()));
    let amount = (payment.amount * rate(&payment.currency)? / rate(&with.into)?).round_dp(with.digits);
    Ok((!amount.is_zero()).then_some(Converted { id: payment.id, amount }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(amount: Decimal, currency: &str) -> Result<Option<Converted>, RateError> {
        let with = With::new(Convert { into: "EUR".to_owned(), digits: 2 });
        let payment = Payment { id: 1, currency: currency.to_owned(), amount };
        convert(&payment, &with, &Res::new(Rates::of_the_day()))
    }

    #[test]
    fn an_amount_goes_through_francs_and_is_rounded_once() {
        let expected = Converted { id: 1, amount: Decimal::new(858, 2) };
        assert_eq!(converted(Decimal::new(10, 0), "USD").unwrap(), Some(expected));
        assert_eq!(converted(Decimal::new(1, 3), "USD").unwrap(), None);
    }

    #[test]
    fn a_currency_without_a_rate_is_an_error_with_a_name() {
        assert_eq!(BatchError::from(converted(Decimal::ONE, "XAU").unwrap_err()).name(), "NoRate");
    }
}
