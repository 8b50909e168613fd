//! Cases after the conformance suite of the CEL project (cel-spec, tests/simple), as far as the subset goes: doubles
//! there are decimals here.

use overnight_framework::expr::{Expected, Expression, Scope};
use overnight_framework::row::{Type, Value};

use super::{dec, value};

/// Expressions that are true.
const TRUE: &[&str] = &[
    // basic: self-evaluating
    "0 == 0",
    "42 == 42 && 0x55555555 == 1431655765 && -0x55555555 == -1431655765",
    "'' == \"\"",
    r#"'\'' == "'""#,
    r#"'\"' == '"'"#,
    r"'\x43' == 'C' && '\u00fc' == 'ü' && '\U0001F600' == '😀' && '\103' == 'C'",
    r"'\a\b\f\n\r\t\v\\\?\`' == '\x07\x08\x0c\x0a\x0d\x09\x0b\x5c\x3f\x60'",
    r"r'\n' == '\\n' && R'\d+' == '\\d+'",
    "'''a\nb''' == 'a\\nb' && \"\"\"it's\"\"\" == 'it\\'s'",
    r"b'\xff\x00' == b'\377\000' && b'ü' == b'\xc3\xbc' && br'\x' == b'\\x' && rb'a' == b'a'",
    "true != false",
    "!false && !!true",
    // comparisons
    "1 == 1.0 && 1.0 == 1.00 && 2.5 != 2.51",
    "1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3",
    "-1 < 0 && -9223372036854775808 < 9223372036854775807",
    "1 < 1.5 && 1.5 < 2 && 0.1 < 0.11",
    "'abc' < 'abd' && 'a' < 'aa' && 'Z' < 'a' && 'z' < 'ü'",
    "b'\\x00' < b'\\x01' && b'' < b'a'",
    "false < true && !(true < true) && true >= true",
    "null == null && !(null != null)",
    "1 in [1, 2, 3] && !(4 in [1, 2, 3]) && !(1 in [])",
    "'b' in ['c', 'b', 'a'] && 2.50 in [1, 2.5]",
    "null in [null] && !(1 in [null])",
    "1 in [3 - 2, 5]",
    // integer math
    "1 + 2 == 3 && 1 - 2 == -1 && 3 * 4 == 12",
    "7 / 2 == 3 && -7 / 2 == -3 && 7 / -2 == -3 && -7 / -2 == 3",
    "7 % 3 == 1 && -7 % 3 == -1 && 7 % -3 == 1",
    "2 + 3 * 4 == 14 && (2 + 3) * 4 == 20 && 10 - 4 - 3 == 3 && 100 / 10 / 5 == 2",
    "-(5) == -5 && --5 == 5 && - 5 == -5 && ---5 == -5",
    // decimals in the place of doubles
    "0.1 + 0.2 == 0.3",
    "1 + 0.5 == 1.5 && 2 * 0.25 == 0.5 && 1 - 0.75 == 0.25",
    "-2.50 < 0.0 && --2.5 == 2.5 && -2.50 == 0 - 2.5",
    // logic
    "true || false && false",
    "(false || true) && !(false && true)",
    "true ? true : false",
    "false ? false : true ? true : false",
    "(1 < 2 ? 'a' : 'b') == 'a'",
    // strings
    "'ab' + 'cd' == 'abcd' && b'a' + b'b' == b'ab'",
    "size('four') == 4 && size('ü😀') == 2 && 'four'.size() == 4 && size(b'\\xc3\\xbc') == 2",
    "'foobar'.startsWith('foo') && 'foobar'.endsWith('bar') && 'foobar'.contains('oba')",
    "'foobar'.startsWith('') && ''.endsWith('') && ''.contains('') && !''.startsWith('a')",
    "'hubba'.matches('ubb') && matches('hubba', '^h.*a$') && !'hubba'.matches('^ubb')",
    // conversions
    "int('-42') == -42 && int(42.0) == 42 && int(7) == 7",
    "string(42) == '42' && string(2.50) == '2.50' && string(true) == 'true' && string('x') == 'x'",
    "string(b'abc') == 'abc'",
    "decimal('2.50') == 2.5 && decimal(2) == 2",
    // timestamps
    "datetime('2009-02-13T23:31:30Z') + duration('10s') == datetime('2009-02-13T23:31:40Z')",
    "datetime('2009-02-13T23:31:30Z') - datetime('2009-02-13T23:31:00Z') == duration('30s')",
    "datetime('2009-02-13T23:31:30Z') - duration('1h30m') < datetime('2009-02-13T22:31:30Z')",
    "duration('1.5h') == duration('90m') && duration('-1s') < duration('0') && duration('1h') + duration('1m') == duration('61m')",
    "duration('600s') - duration('50s') == duration('550s')",
    "date('2026-03-01') - duration('1d') == date('2026-02-28') && date('2024-02-28') + 1 == date('2024-02-29')",
    "date('2026-03-01') - date('2026-02-01') == duration('28d') && days(date('2026-02-01'), date('2026-03-01')) == 28",
    "datetime('2026-01-31T00:00:00.123456789Z') == datetime('2026-01-31T01:00:00.123456+01:00')",
    "duration('P1DT2H') == duration('26h') && duration('PT0.5S') == duration('500ms') && duration('1w') == duration('7d')",
    // comments and blanks
    "1 // one\n + 1 == 2 // two",
    " \t\r\n true",
];

#[test]
fn the_cases_of_the_conformance_suite_hold() {
    for text in TRUE {
        assert_eq!(value(text), Ok(Value::Bool(true)), "{text}");
    }
}

#[test]
fn literals_keep_their_digits() {
    assert_eq!(value("0.0375").unwrap().to_string(), "0.0375");
    assert_eq!(value("-2.50").unwrap().to_string(), "-2.50");
    assert_eq!(value("--2.5").unwrap().to_string(), "2.5");
    assert_eq!(value("-0.0").unwrap().to_string(), "0.0");
    assert_eq!(value("- 2.50 * 1").unwrap().to_string(), "-2.50");
    assert_eq!(value("7922816251426433759354395033.5 * 10").unwrap().to_string(), "79228162514264337593543950335");
    assert_eq!(value("-9223372036854775808"), Ok(Value::Int(i64::MIN)));
    assert_eq!(value("-0x8000000000000000"), Ok(Value::Int(i64::MIN)));
    assert_eq!(value("0.10 + 0.025"), Ok(dec("0.125")));
}

/// Operations that have no value whatever the data are: the check finds them when all is constant, and the evaluation
/// where a name keeps it from knowing.
#[test]
fn what_has_no_value_is_an_error_before_a_run_or_in_it() {
    let cases = [
        ("9223372036854775807 + 1", "the result is too large for an integer"),
        ("-9223372036854775808 - 1", "the result is too large for an integer"),
        ("-9223372036854775808 / -1", "the result is too large for an integer"),
        ("-9223372036854775808 % -1", "the result is too large for an integer"),
        ("-(-9223372036854775808)", "the result is too large for an integer"),
        ("5000000000 * 5000000000", "the result is too large for an integer"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("div(1, 0.00, 2)", "division by zero"),
        (
            "99999999999999.99 * 99999999999999.99",
            "the exact result has too many digits; round an operand, or use div(a, b, scale)",
        ),
        ("7922816251426433759354395033.5 * 11", "the result is too large for a decimal"),
        ("date('2026-02-30')", "'2026-02-30' is not a date such as 2026-01-31"),
        ("date('2026-2-3')", "'2026-2-3' is not a date such as 2026-01-31"),
        ("datetime('2026-02-03')", "'2026-02-03' is not an instant such as 2026-01-31T22:30:00Z"),
        ("duration('1y')", "'1y' is not a duration such as 90s, 1h30m or 7d"),
        ("duration('P1M')", "'P1M' is not a duration such as 90s, 1h30m or 7d"),
        ("date('2026-01-01') + duration('36h')", "a date moves by whole days only; use datetime(x) for hours"),
        ("date('2026-01-01') + 9223372036854775807", "the result is beyond the calendar"),
        ("int('1.5')", "'1.5' is no integer"),
        ("int(1.5)", "1.5 is no integer; int() does not round, write round(x, 0) first"),
        ("decimal('1_000')", "'1_000': not a decimal; write it as 1250 or -0.375"),
        ("decimal('1e3')", "'1e3': not a decimal; write it as 1250 or -0.375"),
        ("'abc'.substring(2, 5)", "position 5 is outside of 'abc'"),
        ("'abc'.substring(2, 1)", "substring cannot go from 2 to 1"),
        ("string(b'\\xff')", "the bytes are not UTF-8"),
    ];
    let mut scope = Scope::new();
    scope.declare(&["yes"], Type::Bool).unwrap();
    for (text, message) in cases {
        let errors = super::errors_in(text, &Scope::new());
        assert_eq!(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(), [message], "{text}");

        let (operand, rest) = first_constant(text);
        let mut scope = scope.clone();
        let kind = value(operand).unwrap().kind().unwrap();
        scope.declare(&["x"], kind).unwrap();
        let typed = Expression::parse(&rest).unwrap().check(&scope, Expected::Any).unwrap();
        let error = typed.compile().eval(&[Value::Bool(true), value(operand).unwrap()]).unwrap_err();
        assert_eq!(error.message(), message, "{rest}");
        assert!(rest.get(error.span()).is_some());
    }
}

/// The first literal of `text`, and the text with `x` in its place.
fn first_constant(text: &str) -> (&str, String) {
    let start = text.find(|c: char| c.is_ascii_digit() || c == '\'' || c == '-').unwrap();
    let start = if text[start..].starts_with("-(") { start + 2 } else { start };
    let start = if text[..start].ends_with('b') && text[start..].starts_with('\'') { start - 1 } else { start };
    let body = &text[start + 2..];
    let stop = if text[start..].starts_with(['\'', 'b']) {
        body.find('\'').unwrap() + 1
    } else {
        body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len())
    };
    let first = text[start..start + 2 + stop].trim_end_matches([' ', ')', ',']);
    (first, text.replacen(first, "x", 1))
}

#[test]
fn errors_beside_a_deciding_term_do_not_matter() {
    let mut scope = Scope::new();
    scope.declare(&["zero"], Type::Int).unwrap();
    let eval = |text: &str| {
        let typed = Expression::parse(text).unwrap().check(&scope, Expected::Type(Type::Bool)).unwrap();
        typed.compile().test(&[Value::Int(0)])
    };
    for text in ["zero != 0 && 1 / zero > 0", "1 / zero > 0 && zero != 0", "zero == 0 && 1 / zero > 0 && zero > 0"] {
        assert_eq!(eval(text), Ok(false), "{text}");
    }
    for text in ["zero == 0 || 1 / zero > 0", "1 / zero > 0 || zero == 0", "zero > 0 || 1 / zero > 0 || zero == 0"] {
        assert_eq!(eval(text), Ok(true), "{text}");
    }
    for text in ["zero == 0 && 1 / zero > 0", "1 / zero > 0 || zero > 0", "zero == 0 ? 1 / zero > 0 : true"] {
        assert_eq!(eval(text).unwrap_err().message(), "division by zero", "{text}");
    }
    assert_eq!(eval("zero == 0 ? true : 1 / zero > 0"), Ok(true));
}
