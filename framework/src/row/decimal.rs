//! Exact arithmetic of decimals: every result is the true one, and what does not fit is an error.
//!
//! [`Decimal`] has a mantissa of 96 bits and at most 28 places after the point. The crate's own `checked_add`,
//! `checked_mul` and `checked_div` round silently where the true result needs more digits; money must not. So [`add`],
//! [`sub`] and [`mul`] answer the true result or an error, and [`div`] and [`round`] are the only two roundings, half to
//! even, at a place the caller names. No result is ever a negative zero.

use std::cmp::Ordering;

pub use rust_decimal::Decimal;

/// The largest number of places after the point.
pub const MAX_SCALE: u32 = Decimal::MAX_SCALE;

/// One more than the largest mantissa.
const MANTISSAS: u128 = 1 << 96;

/// Why there is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// The true result has digits that do not fit.
    #[error("the exact result has too many digits; round an operand, or use div(a, b, scale)")]
    Inexact,
    /// The result is beyond ±79228162514264337593543950335, or does not fit at the wished scale.
    #[error("the result is too large for a decimal")]
    TooLarge,
    /// The divisor is zero.
    #[error("division by zero")]
    DivisionByZero,
    /// More places were asked for than a decimal has.
    #[error("a decimal has at most 28 places after the point")]
    Scale,
    /// The text is not digits, with one point between digits at most and a sign before them at most.
    #[error("not a decimal; write it as 1250 or -0.375")]
    Syntax,
    /// The text has digits that do not fit.
    #[error("more digits than a decimal holds (28 after the point, 28 in all)")]
    Digits,
}

/// The exact sum. It has the larger of the two scales, or fewer trailing zeros where it would not fit otherwise.
///
/// # Errors
/// [`DecimalError::Inexact`] and [`DecimalError::TooLarge`].
///
/// ```
/// use overnight_framework::row::decimal::{DecimalError, add, parse};
///
/// assert_eq!(add(parse("2.50")?, parse("0.125")?)?.to_string(), "2.625");
/// assert_eq!(add(parse("10")?, parse("0.0000000000000000000000000001")?), Err(DecimalError::Inexact));
/// # Ok::<(), DecimalError>(())
/// ```
#[inline]
pub fn add(a: Decimal, b: Decimal) -> Result<Decimal, DecimalError> {
    if a.scale() == b.scale() {
        return fit(a.mantissa() + b.mantissa(), a.scale());
    }
    add_unlike(a, b)
}

/// The exact difference, as [`add`].
///
/// # Errors
/// As [`add`].
#[inline]
pub fn sub(a: Decimal, b: Decimal) -> Result<Decimal, DecimalError> {
    add(a, -b)
}

/// The exact product. Its scale is the sum of both scales, or the smallest that holds the product where that sum does
/// not fit.
///
/// # Errors
/// [`DecimalError::Inexact`] and [`DecimalError::TooLarge`].
///
/// ```
/// use overnight_framework::row::decimal::{DecimalError, mul, parse};
///
/// assert_eq!(mul(parse("1250.00")?, parse("0.0375")?)?.to_string(), "46.875000");
/// // The crate's checked_mul answers 9999999999999998000000000000 here.
/// assert_eq!(mul(parse("99999999999999.99")?, parse("99999999999999.99")?), Err(DecimalError::Inexact));
/// # Ok::<(), DecimalError>(())
/// ```
#[inline]
pub fn mul(a: Decimal, b: Decimal) -> Result<Decimal, DecimalError> {
    let (x, y) = (a.unpack(), b.unpack());
    let scale = x.scale + y.scale;
    if scale <= MAX_SCALE && x.hi | y.hi == 0 {
        let low = |mid: u32, lo: u32| u128::from(mid) << 32 | u128::from(lo);
        let product = low(x.mid, x.lo) * low(y.mid, y.lo);
        if product < MANTISSAS {
            // Parts of 32 bits; a zero gets no sign.
            let part = |shift: u32| (product >> shift) as u32;
            return Ok(Decimal::from_parts(part(0), part(32), part(64), x.negative != y.negative, scale));
        }
    }
    mul_wide(a, b)
}

/// The quotient with exactly `scale` places after the point: one rounding, half to even.
///
/// # Errors
/// [`DecimalError::DivisionByZero`], [`DecimalError::Scale`], and [`DecimalError::TooLarge`] where the quotient does
/// not fit with that many places.
///
/// ```
/// use overnight_framework::row::decimal::{DecimalError, div, parse};
///
/// assert_eq!(div(parse("1")?, parse("8")?, 2)?.to_string(), "0.12");
/// // Dividing to 28 digits first and rounding then would make this 0.12 too.
/// assert_eq!(div(parse("100000000000000.00000000000001")?, parse("800000000000000")?, 2)?.to_string(), "0.13");
/// # Ok::<(), DecimalError>(())
/// ```
#[inline]
pub fn div(a: Decimal, b: Decimal, scale: u32) -> Result<Decimal, DecimalError> {
    // Mantissas travel in registers; decimals would go through memory.
    let quotient = quotient((a.mantissa(), a.scale()), (b.mantissa(), b.scale()), scale)?;
    exactly(quotient, scale).ok_or(DecimalError::TooLarge)
}

/// `x` with exactly `scale` places after the point, rounded half to even; where the zeros to add do not fit, `x` itself.
///
/// # Errors
/// [`DecimalError::Scale`].
///
/// ```
/// use overnight_framework::row::decimal::{DecimalError, parse, round};
///
/// assert_eq!(round(parse("2.345")?, 2)?.to_string(), "2.34");
/// assert_eq!(round(parse("2.5")?, 2)?.to_string(), "2.50");
/// # Ok::<(), DecimalError>(())
/// ```
pub fn round(x: Decimal, scale: u32) -> Result<Decimal, DecimalError> {
    if scale > MAX_SCALE {
        return Err(DecimalError::Scale);
    }
    if scale >= x.scale() {
        let padded = x.mantissa().checked_mul(power(scale - x.scale())).and_then(|mantissa| exactly(mantissa, scale));
        return Ok(padded.unwrap_or(x));
    }
    let unit = power(x.scale() - scale);
    let mantissa = half_even(x.mantissa() / unit, x.mantissa() % unit, unit);
    exactly(mantissa, scale).ok_or(DecimalError::TooLarge)
}

/// The decimal written in `text`: an optional sign, digits, and at most one point with digits on both sides.
///
/// Stricter than the crate's parsers, of which one accepts `1_000`, `1.` and `.5` and the other rounds what does not
/// fit. Zeros at the end are kept, the sign of a zero is not.
///
/// # Errors
/// [`DecimalError::Syntax`] and [`DecimalError::Digits`].
///
/// ```
/// use overnight_framework::row::decimal::{DecimalError, parse};
///
/// assert_eq!(parse("-2.50")?.to_string(), "-2.50");
/// assert_eq!(parse("1_000"), Err(DecimalError::Syntax));
/// # Ok::<(), DecimalError>(())
/// ```
pub fn parse(text: &str) -> Result<Decimal, DecimalError> {
    if let Some(number) = parse_short(text.as_bytes()) {
        return Ok(number);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return Err(DecimalError::Syntax);
    }
    if fraction.len() > MAX_SCALE as usize {
        return Err(DecimalError::Digits);
    }
    Decimal::from_str_exact(text).map(positive_zero).map_err(|_| DecimalError::Digits)
}

/// The decimal in at most eighteen characters, as amounts are: it fits into 64 bits, and one look at each character is enough.
/// `None` for everything else, right or wrong.
fn parse_short(text: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (first, last) = (digits.first()?, digits.last()?);
    if digits.len() > 18 || !first.is_ascii_digit() || !last.is_ascii_digit() {
        return None;
    }
    let (mut number, mut point) = (0, None);
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let scale = point.map_or(0, |place| digits.len() - place - 1);
    Some(Decimal::new(if negative { -number } else { number }, u32::try_from(scale).ok()?))
}

/// The order of two decimals by value: 2.50 and 2.5 are equal. Quicker than the crate's where the scales agree, which
/// is the rule inside a column.
#[inline]
#[must_use]
pub fn compare(a: &Decimal, b: &Decimal) -> Ordering {
    if a.scale() == b.scale() { a.mantissa().cmp(&b.mantissa()) } else { a.cmp(b) }
}

#[inline(never)]
fn add_unlike(a: Decimal, b: Decimal) -> Result<Decimal, DecimalError> {
    let scale = a.scale().max(b.scale());
    if let Some(sum) = aligned_sum(a, b, scale) {
        return fit(sum, scale);
    }
    // Without zeros at the end, a sum that overflows 128 bits ends in a digit of the finer operand: it cannot fit.
    let (a, b) = (a.normalize(), b.normalize());
    let scale = a.scale().max(b.scale());
    fit(aligned_sum(a, b, scale).ok_or(DecimalError::Inexact)?, scale)
}

fn aligned_sum(a: Decimal, b: Decimal, scale: u32) -> Option<i128> {
    let a = a.mantissa().checked_mul(power(scale - a.scale()))?;
    let b = b.mantissa().checked_mul(power(scale - b.scale()))?;
    a.checked_add(b)
}

/// The product of operands too wide for the quick way. Every factor 2 of one is cancelled against a factor 5 of the
/// other, so that the product has no zeros at its end: when it does not fit then, it fits at no scale.
#[inline(never)]
fn mul_wide(a: Decimal, b: Decimal) -> Result<Decimal, DecimalError> {
    let mut x = Factors::of(a.normalize());
    let mut y = Factors::of(b.normalize());
    let cancelled = x.cancel(&mut y) + y.cancel(&mut x);
    let scale = i64::from(x.scale + y.scale) - i64::from(cancelled);
    let product = x.mantissa.checked_mul(y.mantissa);
    if let Ok(scale) = u32::try_from(scale) {
        return fit(product.ok_or(too_wide(a, b))?, scale);
    }
    let zeros = u32::try_from(-scale).ok().filter(|zeros| *zeros < 39);
    let whole = product.zip(zeros).and_then(|(product, zeros)| product.checked_mul(power(zeros)));
    fit(whole.ok_or(DecimalError::TooLarge)?, 0)
}

/// A mantissa taken apart for [`mul_wide`].
struct Factors {
    mantissa: i128,
    scale: u32,
}

impl Factors {
    fn of(number: Decimal) -> Self {
        Self { mantissa: number.mantissa(), scale: number.scale() }
    }

    /// Takes factors 2 out of `self` and as many factors 5 out of `other`; answers how many.
    fn cancel(&mut self, other: &mut Self) -> u32 {
        let mut count = 0;
        while self.mantissa != 0 && self.mantissa % 2 == 0 && other.mantissa != 0 && other.mantissa % 5 == 0 {
            self.mantissa /= 2;
            other.mantissa /= 5;
            count += 1;
        }
        count
    }
}

/// Whether a product that overflows 128 bits is too large or too fine.
#[expect(
    clippy::disallowed_methods,
    reason = "asked only whether the product is too large; it is rounded and thrown away"
)]
fn too_wide(a: Decimal, b: Decimal) -> DecimalError {
    if a.checked_mul(b).is_none() { DecimalError::TooLarge } else { DecimalError::Inexact }
}

/// The mantissa of the quotient of two pairs of mantissa and scale.
fn quotient(a: (i128, u32), b: (i128, u32), scale: u32) -> Result<i128, DecimalError> {
    let ((numerator, a_scale), (denominator, b_scale)) = (a, b);
    if scale > MAX_SCALE {
        return Err(DecimalError::Scale);
    }
    if denominator == 0 {
        return Err(DecimalError::DivisionByZero);
    }
    let above = scale + b_scale;
    if above >= a_scale {
        return divide_scaled(numerator, denominator, above - a_scale);
    }
    Ok(match denominator.checked_mul(power(a_scale - above)) {
        Some(denominator) => half_even(numerator / denominator, numerator % denominator, denominator),
        // The denominator is beyond twice any mantissa, so the quotient is nearer to 0 than to 1.
        None => 0,
    })
}

/// `numerator * 10^places / denominator`, rounded half to even. Where the scaled numerator is beyond 128 bits, by long
/// division, one place at a time.
fn divide_scaled(numerator: i128, denominator: i128, places: u32) -> Result<i128, DecimalError> {
    let scaled = (places < 39).then(|| numerator.checked_mul(power(places))).flatten();
    if let Some(scaled) = scaled {
        return Ok(half_even(scaled / denominator, scaled % denominator, denominator));
    }
    let mut quotient = numerator / denominator;
    let mut rest = numerator % denominator;
    for _ in 0..places {
        rest *= 10;
        quotient = quotient
            .checked_mul(10)
            .and_then(|shifted| shifted.checked_add(rest / denominator))
            .ok_or(DecimalError::TooLarge)?;
        rest %= denominator;
    }
    Ok(half_even(quotient, rest, denominator))
}

/// The truncated `quotient`, moved away from zero by one if `rest / denominator` is more than a half, or is a half and
/// the quotient is odd.
fn half_even(quotient: i128, rest: i128, denominator: i128) -> i128 {
    let (rest_size, size) = (rest.unsigned_abs(), denominator.unsigned_abs());
    let away = match rest_size.cmp(&(size - rest_size)) {
        Ordering::Less => false,
        Ordering::Equal => quotient % 2 != 0,
        Ordering::Greater => true,
    };
    let direction = if (rest < 0) == (denominator < 0) { 1 } else { -1 };
    if away { quotient + direction } else { quotient }
}

/// The decimal of this mantissa and scale; zeros at its end are given up as far as it must be.
#[inline]
fn fit(mantissa: i128, scale: u32) -> Result<Decimal, DecimalError> {
    match exactly(mantissa, scale) {
        Some(number) => Ok(number),
        None => strip(mantissa, scale),
    }
}

#[inline(never)]
fn strip(mut mantissa: i128, mut scale: u32) -> Result<Decimal, DecimalError> {
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
        if let Some(number) = exactly(mantissa, scale) {
            return Ok(number);
        }
    }
    let whole = if scale < 39 { mantissa / power(scale) } else { 0 };
    Err(if whole.unsigned_abs() < MANTISSAS { DecimalError::Inexact } else { DecimalError::TooLarge })
}

#[inline]
fn exactly(mantissa: i128, scale: u32) -> Option<Decimal> {
    if scale > MAX_SCALE || mantissa.unsigned_abs() >= MANTISSAS {
        return None;
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

fn positive_zero(mut number: Decimal) -> Decimal {
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number
}

/// 10 to the power of `exponent`, which is at most 38 here: scales differ by at most 28 + 28 only in [`div`], which
/// looks before it asks.
fn power(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

#[cfg(test)]
mod tests;
