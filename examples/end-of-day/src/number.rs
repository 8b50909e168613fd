//! Decimal numbers as the files write them, and the currencies they are amounts of.

use std::fmt;

/// A currency by its code of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Currency(pub(crate) &'static str);

impl Currency {
    pub(crate) const EUR: Self = Self("EUR");

    /// How many decimal places its minor unit stands for.
    pub(crate) fn places(self) -> u32 {
        if matches!(self.0, "ISK" | "JPY" | "KRW") { 0 } else { 2 }
    }

    /// How many minor units make one of it.
    pub(crate) fn unit(self) -> i64 {
        10_i64.pow(self.places())
    }

    /// So many minor units of it.
    pub(crate) fn amount(self, minor: i64) -> Number {
        Number { digits: minor, places: self.places() }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `digits` with a point before the last `places` of them: 5 with 2 places is 0.05.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) digits: i64,
    pub(crate) places: u32,
}

impl Number {
    /// Reads digits with at most one point; none if the text is anything else or too long.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let plain = !whole.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let places = u32::try_from(fraction.len()).ok()?;
        plain.then(|| digits.parse().ok()).flatten().map(|digits| Self { digits, places })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let places = self.places as usize;
        if places == 0 {
            return write!(f, "{}", self.digits);
        }
        let unit = 10_u64.pow(self.places);
        let size = self.digits.unsigned_abs();
        write!(f, "{sign}{}.{:0places$}", size / unit, size % unit)
    }
}

/// The integer nearest to `numerator / denominator`; of two equally near ones the even one. The denominator is positive.
pub(crate) fn half_even(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = 2 * rest > denominator || (2 * rest == denominator && quotient % 2 != 0);
    quotient + i128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_with_its_places_and_read_back() {
        assert_eq!(Number { digits: -5, places: 2 }.to_string(), "-0.05");
        assert_eq!(Number { digits: 1250, places: 0 }.to_string(), "1250");
        assert_eq!(Number::parse("0.83578"), Some(Number { digits: 83578, places: 5 }));
        assert_eq!(Number::parse("136"), Some(Number { digits: 136, places: 0 }));
        for text in ["", "N/A", "-1", "1.2.3", "1e3"] {
            assert_eq!(Number::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_half_goes_to_the_even_neighbour() {
        let halves = [-5, -3, -1, 1, 3, 5].map(|numerator| half_even(numerator, 2));
        assert_eq!(halves, [-2, -2, 0, 0, 2, 2]);
        assert_eq!([half_even(7, 4), half_even(-7, 4), half_even(5, 4)], [2, -2, 1]);
    }
}
