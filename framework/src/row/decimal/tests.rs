//! Decimal arithmetic against schoolbook arithmetic on digits.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::{Decimal, DecimalError, MAX_SCALE, add, compare, div, mul, parse, round, sub};

fn dec(text: &str) -> Decimal {
    parse(text).unwrap()
}

#[test]
fn texts_are_read_digit_by_digit_or_refused() {
    for text in ["0", "2.50", "-2.50", "00012.5", "79228162514264337593543950335", "0.0000000000000000000000000001"] {
        assert_eq!(parse(text).unwrap().to_string(), text.trim_start_matches("000"), "{text}");
    }
    assert_eq!(parse("+1.5").unwrap().to_string(), "1.5");
    assert_eq!(parse("-0").unwrap().to_string(), "0");
    assert_eq!(parse("-0.00").unwrap().to_string(), "0.00");
    for text in
        ["", "-", "+", ".", "1.", ".5", "-.5", "1_000", "1e3", "1E3", " 1", "1 ", "1,5", "--1", "+-1", "1.2.3", "٣"]
    {
        assert_eq!(parse(text), Err(DecimalError::Syntax), "{text:?}");
    }
    for text in
        ["0.00000000000000000000000000001", "79228162514264337593543950336", "12345.0123456789012345678901234567"]
    {
        assert_eq!(parse(text), Err(DecimalError::Digits), "{text}");
    }
}

#[test]
fn what_the_crate_rounds_silently_is_refused() {
    let wide = dec("99999999999999.99");
    assert_eq!(mul(wide, wide), Err(DecimalError::Inexact));
    assert_eq!(mul(dec("0.00000000000001"), dec("0.000000000000001")), Err(DecimalError::Inexact));
    assert_eq!(add(Decimal::MAX, dec("0.4")), Err(DecimalError::Inexact));
    assert_eq!(add(dec("10"), dec("0.0000000000000000000000000001")), Err(DecimalError::Inexact));
    assert_eq!(add(Decimal::MAX, dec("1")), Err(DecimalError::TooLarge));
    assert_eq!(sub(Decimal::MIN, dec("1")), Err(DecimalError::TooLarge));
    assert_eq!(mul(Decimal::MAX, dec("2")), Err(DecimalError::TooLarge));
    assert_eq!(mul(Decimal::MAX, dec("-1")), Ok(Decimal::MIN));
}

#[test]
fn wide_operands_whose_product_fits_are_multiplied() {
    // 2^90 and 5^40, each at scale 28: the product is 2^50 at scale 16.
    let two = Decimal::from_i128_with_scale(1 << 90, 28);
    let five = Decimal::from_i128_with_scale(5_i128.pow(40), 28);
    assert_eq!(mul(two, five), Ok(Decimal::from_i128_with_scale(1 << 50, 16)));
    assert_eq!(mul(dec("1.00000000000000"), dec("1.000000000000000")).unwrap().to_string(), "1");
    assert_eq!(mul(dec("50000000000000"), dec("20000000000000")).unwrap().to_string(), "1000000000000000000000000000");
}

#[test]
fn scales_are_kept_as_on_paper_and_no_zero_is_negative() {
    assert_eq!(add(dec("2.50"), dec("-2.5")).unwrap().to_string(), "0.00");
    assert_eq!(mul(dec("0.00"), dec("-1.5")).unwrap().to_string(), "0.000");
    assert_eq!(sub(dec("0"), dec("0")).unwrap().to_string(), "0");
    assert_eq!(div(dec("-1"), dec("1000"), 2).unwrap().to_string(), "0.00");
    assert_eq!(round(dec("-0.001"), 2).unwrap().to_string(), "0.00");
}

#[test]
fn a_quotient_is_rounded_once_half_to_even() {
    for (a, b, scale, expected) in [
        ("1", "8", 2, "0.12"),
        ("3", "8", 2, "0.38"),
        ("-1", "8", 2, "-0.12"),
        ("100000000000000.00000000000001", "800000000000000", 2, "0.13"),
        ("1", "3", 28, "0.3333333333333333333333333333"),
        ("1", "1", 2, "1.00"),
        ("79228162514264337593543950335", "3", 0, "26409387504754779197847983445"),
        ("0.0000000000000000000000000001", "79228162514264337593543950335", 28, "0.0000000000000000000000000000"),
        ("7922816251426433759354.3950335", "0.0000000000000000000000000001", 0, "error"),
        ("0.7922816251426433759354395033", "0.7922816251426433759354395033", 28, "1.0000000000000000000000000000"),
    ] {
        let answer = div(dec(a), dec(b), scale).map_or("error".to_owned(), |number| number.to_string());
        assert_eq!(answer, expected, "{a} / {b} at {scale}");
    }
    assert_eq!(div(dec("1"), dec("0.00"), 2), Err(DecimalError::DivisionByZero));
    assert_eq!(div(dec("1"), dec("3"), 29), Err(DecimalError::Scale));
}

#[test]
fn rounding_is_half_to_even_and_pads() {
    for (x, scale, expected) in [
        ("2.5", 0, "2"),
        ("3.5", 0, "4"),
        ("-2.5", 0, "-2"),
        ("2.345", 2, "2.34"),
        ("2.3451", 2, "2.35"),
        ("7", 2, "7.00"),
    ] {
        assert_eq!(round(dec(x), scale).unwrap().to_string(), expected, "{x}");
    }
    assert_eq!(round(Decimal::MAX, 2), Ok(Decimal::MAX));
}

/// An integer of any size: a sign and decimal digits, the lowest first.
#[derive(Clone, Debug)]
struct Big {
    negative: bool,
    digits: Vec<u8>,
}

impl Big {
    fn of(number: i128) -> Self {
        let digits = number.unsigned_abs().to_string().bytes().rev().map(|byte| byte - b'0').collect();
        Self { negative: number < 0, digits }.trimmed()
    }

    fn shifted(mut self, places: u32) -> Self {
        self.digits.splice(0..0, (0..places).map(|_| 0));
        self.trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        self.negative &= !self.digits.is_empty();
        self
    }

    fn size_cmp(&self, other: &Self) -> Ordering {
        self.digits.len().cmp(&other.digits.len()).then_with(|| self.digits.iter().rev().cmp(other.digits.iter().rev()))
    }

    fn times(&self, other: &Self) -> Self {
        let mut sums = vec![0_u32; self.digits.len() + other.digits.len() + 1];
        for (i, x) in self.digits.iter().enumerate() {
            for (j, y) in other.digits.iter().enumerate() {
                sums[i + j] += u32::from(*x) * u32::from(*y);
            }
        }
        Self { negative: self.negative != other.negative, digits: carried(sums) }.trimmed()
    }

    fn plus(&self, other: &Self) -> Self {
        let at = |big: &Self, i: usize| i64::from(*big.digits.get(i).unwrap_or(&0));
        let (large, small) = if self.size_cmp(other).is_lt() { (other, self) } else { (self, other) };
        let same = large.negative == small.negative;
        let mut borrow = 0;
        let mut digits = Vec::new();
        for i in 0..=large.digits.len() {
            let sum = at(large, i) + if same { at(small, i) } else { -at(small, i) } + borrow;
            borrow = sum.div_euclid(10);
            digits.push(u8::try_from(sum.rem_euclid(10)).unwrap());
        }
        Self { negative: large.negative, digits }.trimmed()
    }

    fn negated(mut self) -> Self {
        self.negative = !self.negative;
        self.trimmed()
    }

    /// The value at `scale`, if a decimal can hold it; trailing zeros do not count.
    fn fits(&self, scale: u32) -> bool {
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        let zeros = zeros.min(scale as usize);
        let left = Self { negative: false, digits: self.digits[zeros..].to_vec() }.trimmed();
        scale as usize - zeros <= MAX_SCALE as usize && left.size_cmp(&Self::of(1 << 96)).is_lt()
    }

    fn is(&self, scale: u32, number: Decimal) -> bool {
        let common = scale.max(number.scale());
        let one = self.clone().shifted(common - scale);
        let other = Self::of(number.mantissa()).shifted(common - number.scale());
        one.negative == other.negative && one.size_cmp(&other).is_eq()
    }
}

fn carried(sums: Vec<u32>) -> Vec<u8> {
    let mut carry = 0;
    let digits = sums.into_iter().map(|sum| {
        let here = sum + carry;
        carry = here / 10;
        u8::try_from(here % 10).unwrap()
    });
    digits.collect()
}

fn check(result: Result<Decimal, DecimalError>, truth: &Big, scale: u32) -> Result<(), TestCaseError> {
    match result {
        Ok(number) => {
            prop_assert!(truth.is(scale, number), "{number} is not the true result");
            prop_assert!(!(number.is_zero() && number.is_sign_negative()));
        }
        Err(error) => prop_assert!(!truth.fits(scale), "{error}, but the true result fits"),
    }
    Ok(())
}

/// Decimals of every width and scale, often with zeros at the end and with small factors.
fn decimals() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        -1_000_000_i128..1_000_000,
        (-(1_i128 << 96) + 1)..(1_i128 << 96),
        (any::<i32>(), 0_u32..20).prop_map(|(digits, zeros)| i128::from(digits) * 10_i128.pow(zeros)),
        (0_u32..95).prop_map(|twos| 1 << twos),
        (0_u32..41).prop_map(|fives| 5_i128.pow(fives)),
    ];
    let mantissa = mantissa.prop_filter("96 bits", |number| number.unsigned_abs() < 1 << 96);
    (mantissa, 0..=MAX_SCALE).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_sum_is_the_true_one_or_an_error_because_it_does_not_fit(a in decimals(), b in decimals()) {
        let scale = a.scale().max(b.scale());
        let x = Big::of(a.mantissa()).shifted(scale - a.scale());
        let y = Big::of(b.mantissa()).shifted(scale - b.scale());
        check(add(a, b), &x.plus(&y), scale)?;
        check(sub(a, b), &x.plus(&y.negated()), scale)?;
    }

    #[test]
    fn a_product_is_the_true_one_or_an_error_because_it_does_not_fit(a in decimals(), b in decimals()) {
        check(mul(a, b), &Big::of(a.mantissa()).times(&Big::of(b.mantissa())), a.scale() + b.scale())?;
    }

    /// With the quotient q at the wished scale: |2 (a - q b)| <= |b|, and an odd q is never half a unit away. Without
    /// one, |a / b| is beyond the largest mantissa at that scale.
    #[test]
    fn a_quotient_is_the_nearest_one(a in decimals(), b in decimals(), scale in 0..=MAX_SCALE) {
        prop_assume!(!b.is_zero());
        let unit = (scale + b.scale()).max(a.scale());
        let Ok(quotient) = div(a, b, scale) else {
            let limit = Big::of((1 << 96) - 1).times(&Big::of(b.mantissa())).shifted(unit - scale - b.scale());
            prop_assert!(Big::of(a.mantissa()).shifted(unit - a.scale()).size_cmp(&limit).is_gt());
            return Ok(());
        };
        prop_assert_eq!(quotient.scale(), scale);
        let product = Big::of(quotient.mantissa()).times(&Big::of(b.mantissa())).shifted(unit - scale - b.scale());
        let rest = Big::of(a.mantissa()).shifted(unit - a.scale()).plus(&product.negated());
        let half = Big::of(b.mantissa()).shifted(unit - scale - b.scale());
        match rest.times(&Big::of(2)).size_cmp(&half) {
            Ordering::Less => {}
            Ordering::Equal => prop_assert_eq!(quotient.mantissa() % 2, 0),
            Ordering::Greater => prop_assert!(false, "{} is not the nearest", quotient),
        }
    }

    #[test]
    fn rounding_agrees_with_the_crate(x in decimals(), scale in 0..=MAX_SCALE) {
        prop_assert_eq!(round(x, scale).unwrap(), x.round_dp(scale));
    }

    #[test]
    fn the_order_agrees_with_the_crate(a in decimals(), b in decimals()) {
        prop_assert_eq!(compare(&a, &b), a.cmp(&b));
    }

    #[test]
    fn a_text_has_the_digits_that_are_written(sign in "[+-]?", whole in "[0-9]{1,18}", fraction in "[0-9]{0,10}") {
        let point = if fraction.is_empty() { "" } else { "." };
        let read = parse(&format!("{sign}{whole}{point}{fraction}")).unwrap();
        let digits: i128 = format!("{sign}{whole}{fraction}").parse().unwrap();
        prop_assert_eq!((read.mantissa(), read.scale() as usize), (digits, fraction.len()));
        prop_assert!(!(read.is_zero() && read.is_sign_negative()));
    }

    #[test]
    fn every_decimal_is_read_back_from_its_text(x in decimals()) {
        let back = parse(&x.to_string()).unwrap();
        prop_assert_eq!((back.mantissa(), back.scale()), (x.mantissa(), x.scale()));
    }
}
