//! The binary form of `numeric`: base-10,000 digits, as the server's own `numeric_send` writes them.
//!
//! Four numbers of 16 bits stand before the digits: how many there are, the power of 10,000 of the first, the sign
//! and how many decimal places are shown. Zeros at either end are not written, and zero has no digits at all.

use overnight_framework::row::decimal::{Decimal, MAX_SCALE};

const NEGATIVE: u16 = 0x4000;
const BASE: u64 = 10_000;

/// Four digits of base 10,000: what is split off a wide mantissa first, so that the rest is done in 64 bits.
const WIDE: u128 = 10_000_000_000_000_000;

/// The most digits there are: 29 decimal ones of a mantissa and 3 of padding.
const MOST: usize = 8;

/// Appends the bytes of `number`, without their length.
pub(super) fn encode(number: Decimal, out: &mut Vec<u8>) {
    let scale = number.scale();
    let padding = (4 - scale % 4) % 4;
    let mantissa = number.mantissa();
    let (digits, count) = split(padded(mantissa.unsigned_abs(), padding));
    let trailing = digits.iter().take(count).take_while(|digit| **digit == 0).count();
    let places = (scale + padding) / 4;
    let weight = if count == 0 { 0 } else { narrow(count) - 1 - narrow(places as usize) };
    let sign = if mantissa < 0 { NEGATIVE } else { 0 };
    out.extend_from_slice(&narrow(count - trailing).to_be_bytes());
    out.extend_from_slice(&weight.to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&narrow(scale as usize).to_be_bytes());
    for digit in digits.iter().take(count).skip(trailing).rev() {
        out.extend_from_slice(&digit.to_be_bytes());
    }
}

/// `mantissa` with `padding` zeros behind it, in 64 bits where they are enough, as for most amounts.
fn padded(mantissa: u128, padding: u32) -> u128 {
    let short = u64::try_from(mantissa).ok().and_then(|mantissa| mantissa.checked_mul(10_u64.pow(padding)));
    short.map_or_else(|| mantissa * 10_u128.pow(padding), u128::from)
}

/// The digits of `wide`, the least one first, and how many there are.
#[expect(clippy::cast_possible_truncation, reason = "remainders of divisors that fit, and what was compared before")]
fn split(wide: u128) -> ([u16; MOST], usize) {
    let mut digits = [0; MOST];
    let mut slots = digits.iter_mut();
    let mut put = |digit: u64| {
        if let Some(slot) = slots.next() {
            *slot = digit as u16;
        }
    };
    let mut count = 0;
    let mut rest = wide;
    while rest > u128::from(u64::MAX) {
        let mut low = (rest % WIDE) as u64;
        for _ in 0..4 {
            put(low % BASE);
            low /= BASE;
        }
        count += 4;
        rest /= WIDE;
    }
    let mut rest = rest as u64;
    while rest != 0 {
        put(rest % BASE);
        count += 1;
        rest /= BASE;
    }
    (digits, count)
}

/// Counts of digits, all below 64 here.
fn narrow(count: usize) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}

/// Why a number of the server is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotDecimal {
    /// NaN or an infinity.
    NotANumber,
    /// More digits than fit.
    Digits,
    /// The bytes are not a numeric at all.
    Malformed,
}

/// The decimal written in `bytes`, exactly, with the places that the server shows.
pub(super) fn decode(bytes: &[u8]) -> Result<Decimal, NotDecimal> {
    let (head, digits) = bytes.split_first_chunk::<8>().ok_or(NotDecimal::Malformed)?;
    let [count_high, count_low, weight_high, weight_low, sign_high, sign_low, scale_high, scale_low] = *head;
    let count = usize::from(u16::from_be_bytes([count_high, count_low]));
    let weight = i32::from(i16::from_be_bytes([weight_high, weight_low]));
    let sign = u16::from_be_bytes([sign_high, sign_low]);
    let scale = u32::from(u16::from_be_bytes([scale_high, scale_low]));
    if sign != 0 && sign != NEGATIVE {
        return Err(NotDecimal::NotANumber);
    }
    if digits.len() != count * 2 {
        return Err(NotDecimal::Malformed);
    }
    let mut mantissa: i128 = 0;
    for digit in digits.as_chunks::<2>().0 {
        let digit = i128::from(u16::from_be_bytes(*digit));
        mantissa = mantissa.checked_mul(10_000).ok_or(NotDecimal::Digits)? + digit;
    }
    if mantissa == 0 {
        return Ok(Decimal::new(0, scale.min(MAX_SCALE)));
    }
    // The mantissa counts units of 10,000 to the power of the last digit's place.
    let last_place = weight + 1 - i32::try_from(count).map_err(|_| NotDecimal::Malformed)?;
    let shift = i64::from(scale) + 4 * i64::from(last_place);
    let signed = if sign == NEGATIVE { -mantissa } else { mantissa };
    let (shift, scale) = without_zeros(signed, shift, scale);
    let shown = shifted(signed, shift).ok_or(NotDecimal::Digits)?;
    fitted(shown, scale)
}

/// Shift and scale without those zeros at the end that no decimal has room for: they are shown, and say nothing.
fn without_zeros(mantissa: i128, mut shift: i64, mut scale: u32) -> (i64, u32) {
    while shift > 0 && scale > 0 && (scale > MAX_SCALE || shifted(mantissa, shift).is_none()) {
        shift -= 1;
        scale -= 1;
    }
    (shift, scale)
}

/// `mantissa` times 10 to the power of `shift`, if that is a whole number of 128 bits.
fn shifted(mantissa: i128, shift: i64) -> Option<i128> {
    let factor = 10_i128.checked_pow(u32::try_from(shift.unsigned_abs()).ok()?)?;
    if shift >= 0 {
        return mantissa.checked_mul(factor);
    }
    (mantissa % factor == 0).then(|| mantissa / factor)
}

/// The decimal of this mantissa, without the zeros at its end that would not fit.
fn fitted(mut mantissa: i128, mut scale: u32) -> Result<Decimal, NotDecimal> {
    loop {
        if let Ok(number) = Decimal::try_from_i128_with_scale(mantissa, scale) {
            return Ok(number);
        }
        if scale == 0 || mantissa % 10 != 0 {
            return Err(NotDecimal::Digits);
        }
        mantissa /= 10;
        scale -= 1;
    }
}

#[cfg(test)]
mod tests {
    use overnight_framework::row::decimal::parse;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode(parse(text).unwrap(), &mut out);
        out
    }

    #[test]
    fn digits_are_written_in_base_ten_thousand() {
        let words = |text: &str| -> Vec<u16> {
            bytes(text).as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
        };
        assert_eq!(words("0"), [0, 0, 0, 0]);
        assert_eq!(words("0.00"), [0, 0, 0, 2]);
        assert_eq!(words("1.5"), [2, 0, 0, 1, 1, 5000]);
        assert_eq!(words("-12345.678"), [3, 1, 0x4000, 3, 1, 2345, 6780]);
        assert_eq!(words("10000"), [1, 1, 0, 0, 1]);
        assert_eq!(words("0.00001"), [1, 0xfffe, 0, 5, 1000]);
    }

    #[test]
    fn what_was_encoded_is_decoded_with_its_scale() {
        for text in [
            "0",
            "0.000",
            "1",
            "-1",
            "9999",
            "10000",
            "100000000",
            "0.1",
            "1.0000",
            "123456789.123456789",
            "79228162514264337593543950335",
            "-7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
        ] {
            assert_eq!(decode(&bytes(text)).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_decimal_of_ours_is_refused() {
        let words = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
        assert_eq!(decode(&words(&[0, 0, 0xc000, 0])), Err(NotDecimal::NotANumber));
        assert_eq!(decode(&words(&[0, 0, 0xd000, 0])), Err(NotDecimal::NotANumber));
        assert_eq!(decode(&words(&[1, 7, 0, 0, 100])), Err(NotDecimal::Digits), "1e30");
        assert_eq!(decode(&words(&[1, 0xfff8, 0, 29, 1000])), Err(NotDecimal::Digits), "1e-29");
        assert_eq!(decode(&words(&[2, 0, 0, 0, 1])), Err(NotDecimal::Malformed));
        assert_eq!(decode(&[0; 7]), Err(NotDecimal::Malformed));
    }

    #[test]
    fn zeros_beyond_the_scale_of_a_decimal_are_given_up() {
        let words = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
        assert_eq!(decode(&words(&[1, 0, 0, 30, 1])).unwrap(), Decimal::ONE);
        let read = |words_of: &[u16]| decode(&words(words_of)).unwrap().normalize().to_string();
        assert_eq!(read(&[2, 0, 0, 40, 1, 1000]), "1.1");
        assert_eq!(read(&[1, 2, 0, 28, 200]), "20000000000");
        assert_eq!(read(&[6, 4, 0x4000, 28, 184, 4674, 4073, 7095, 5161, 5000]), "-1844674407370955161.5");
        assert_eq!(read(&[1, 0, 0, 16_383, 7]), "7");
    }
}
