//! Money: whole minor units of a currency, exact decimals, and the only rounding there is.

use overnight::BatchError;
use overnight::error::Result;
use overnight::row::decimal;
use rust_decimal::Decimal;

/// What is wrong with the input: no day is closed over it.
pub(crate) fn refused(why: impl Into<String>) -> BatchError {
    BatchError::new("Refused", why.into())
}

/// Fails unless the rule holds.
pub(crate) fn rule(holds: bool, why: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(refused(why())) }
}

/// The digits behind the point of an amount.
fn places(currency: &str) -> u32 {
    if matches!(currency, "ISK" | "JPY" | "KRW") { 0 } else { 2 }
}

/// How many minor units one of the currency has.
pub(crate) fn unit(currency: &str) -> i64 {
    10_i64.pow(places(currency))
}

pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase())
}

pub(crate) fn number(text: &str) -> Result<Decimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = decimal::parse(digits).map_err(|_| refused(format!("`{text}` is no decimal")))?;
    Ok(if text.starts_with('-') { -number } else { number })
}

/// An amount as it stands in a file, in minor units.
pub(crate) fn minor(text: &str, currency: &str) -> Result<i64> {
    let whole = decimal::mul(number(text)?, unit(currency).into()).ok().filter(Decimal::is_integer);
    let whole = whole.and_then(|whole| i64::try_from(whole).ok());
    whole.ok_or_else(|| refused(format!("{text} {currency} is no whole number of minor units")))
}

/// An amount of the accounts or transactions, which are limited so that no product is too long.
pub(crate) fn amount(text: &str, currency: &str) -> Result<i64> {
    let minor = minor(text, currency)?;
    rule(minor.unsigned_abs() < 10_u64.pow(15), || format!("{text} {currency} is beyond the limit"))?;
    Ok(minor)
}

/// The integer nearest to the quotient; of two equally near ones the even one.
pub(crate) fn half_even(numerator: Decimal, denominator: Decimal) -> Result<i64> {
    let quotient = decimal::div(numerator, denominator, 0).map_err(|error| refused(error.to_string()))?;
    i64::try_from(quotient).map_err(|_| refused(format!("{quotient} does not fit into 64 bits")))
}

/// The exact product, or an error.
pub(crate) fn product<const N: usize>(factors: [Decimal; N]) -> Result<Decimal> {
    let multiplied = factors.into_iter().try_fold(Decimal::ONE, decimal::mul);
    multiplied.map_err(|error| refused(error.to_string()))
}

/// The exact sum, or an error.
pub(crate) fn sum(terms: impl IntoIterator<Item = i64>) -> Result<i64> {
    let mut terms = terms.into_iter();
    terms.try_fold(0_i64, i64::checked_add).ok_or_else(|| refused("a sum does not fit into 64 bits"))
}

/// An amount as the reports show it.
pub(crate) fn shown(minor: i64, currency: &str) -> String {
    Decimal::new(minor, places(currency)).to_string()
}

/// A number with so many digits behind its point, none of which is rounded.
pub(crate) fn fixed(number: Decimal, places: u32) -> Result<String> {
    Ok(decimal::round(number, places).map_err(|error| refused(error.to_string()))?.to_string())
}

/// Whether no more digits behind the point than these are other than zero.
pub(crate) fn has_places(number: Decimal, places: u32) -> bool {
    number.normalize().scale() <= places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_unit_goes_to_the_even_neighbour() {
        for (numerator, expected) in [(1, 0), (3, 2), (-1, 0), (-3, -2), (5, 2)] {
            assert_eq!(half_even(numerator.into(), 2.into()).unwrap(), expected, "{numerator}/2");
        }
    }

    #[test]
    fn an_amount_has_the_places_of_its_currency() {
        assert_eq!(
            (shown(-5, "EUR"), shown(1_500_000, "JPY"), shown(0, "EUR")),
            ("-0.05".into(), "1500000".into(), "0.00".into())
        );
        assert_eq!((minor("+1.5", "EUR").unwrap(), minor("-2", "JPY").unwrap()), (150, -2));
        assert!(
            minor("0.005", "EUR").is_err()
                && minor("1.5", "JPY").is_err()
                && amount("10000000000000.00", "EUR").is_err()
        );
    }
}
