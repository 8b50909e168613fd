//! A payment: how a line of the file becomes one, and what must hold for it.

use overnight::error::Result;
use overnight::row::decimal;
use overnight::{BatchError, Row};
use rust_decimal::Decimal;

// ANCHOR: rows
/// A line of the file.
#[derive(Debug, Row)]
pub(crate) struct Line {
    number: i64,
    amount: Decimal,
}

/// A row of the table. Amounts are whole cents: databases add integers up exactly.
#[derive(Debug, PartialEq, Row)]
pub(crate) struct Payment {
    number: i64,
    cents: i64,
}
// ANCHOR_END: rows

// ANCHOR: check
impl Payment {
    /// The payment of a line; none where nothing is paid. What is wrong with a line is what its dead letter says.
    pub(crate) fn of(line: &Line) -> Result<Option<Self>> {
        let Line { number, amount } = *line;
        let cents = decimal::mul(amount, Decimal::ONE_HUNDRED).ok().filter(Decimal::is_integer);
        let cents = cents.and_then(|cents| i64::try_from(cents).ok());
        let no_cents = || BatchError::new("BadAmount", format!("the amount {amount} is no number of whole cents"));
        let cents = cents.ok_or_else(no_cents)?;
        Ok((cents != 0).then_some(Self { number, cents }))
    }
}
// ANCHOR_END: check

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(amount: &str) -> std::result::Result<Option<i64>, String> {
        let line = Line { number: 7, amount: decimal::parse(amount).unwrap() };
        let payment = Payment::of(&line).map_err(|error| error.to_string())?;
        Ok(payment.map(|Payment { cents, .. }| cents))
    }

    #[test]
    fn an_amount_that_is_no_number_of_cents_is_refused_with_the_reason() {
        assert_eq!(paid("12.5"), Ok(Some(1250)));
        assert_eq!(paid("0.00"), Ok(None));
        assert_eq!(paid("0.005").unwrap_err(), "the amount 0.005 is no number of whole cents");
    }
}
