//! Decimals, bit by bit as the server has them.

use overnight_db::Session;
use overnight_db::table::Mode;
use overnight_framework::row::decimal::{Decimal, parse};
use overnight_framework::row::{Type, Value};

use crate::support::*;

const EDGES: [&str; 20] = [
    "0",
    "0.00",
    "0.0000000000000000000000000000",
    "1",
    "-1",
    "9999",
    "10000",
    "-10000",
    "99999999",
    "100000000",
    "1.0000",
    "0.1",
    "0.0001",
    "0.00001",
    "-0.00000001",
    "1250.00",
    "79228162514264337593543950335",
    "-79228162514264337593543950335",
    "7.9228162514264337593543950335",
    "0.0000000000000000000000000001",
];

fn random_decimals(count: usize) -> Vec<Decimal> {
    let mut random = Random(7);
    let decimal = |_| {
        let wide = u128::from(random.next()) << 32 | u128::from(random.next() >> 32);
        let mantissa = i128::try_from(wide >> random.below(96)).unwrap();
        let scale = u32::try_from(random.below(29)).unwrap();
        let sign = if random.below(2) == 0 { 1 } else { -1 };
        Decimal::try_from_i128_with_scale(sign * mantissa, scale).unwrap()
    };
    (0..count).map(decimal).collect()
}

/// COPY, which stores what it is sent, and unnest; both against the server's reading of the text.
#[test]
fn decimals_are_sent_exactly_as_the_server_itself_would_send_them() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    run(&mut session, "CREATE TABLE amount (id int8 PRIMARY KEY, number numeric, written text)");
    let mut decimals: Vec<_> = EDGES.iter().map(|text| parse(text).unwrap()).collect();
    decimals.extend(random_decimals(2_000));
    let row = |(id, number): (usize, &Decimal)| {
        let written = if number.is_zero() { number.abs().to_string() } else { number.to_string() };
        vec![Value::Int(id.try_into().unwrap()), Value::Decimal(*number), Value::Str(written.into())]
    };
    let rows: Vec<_> = decimals.iter().enumerate().map(row).collect();
    let schema = schema(&[("id", Type::Int), ("number", Type::Decimal), ("written", Type::Str)]);
    let mut writer = writer(&mut session, "amount", &schema, Mode::Insert).unwrap();
    for chunk in [rows.as_slice(), rows.get(..400).unwrap()] {
        assert_eq!(writer.write(session.reborrow(), chunk).unwrap(), chunk.len() as u64);
        let unlike = "SELECT string_agg(written, ' ') FROM amount
                       WHERE numeric_send(number) IS DISTINCT FROM numeric_send(written::numeric)
                          OR number::text <> written";
        assert_eq!(scalar(&mut session, unlike), Value::Null);
        let read = all(&mut session, "SELECT * FROM amount ORDER BY id", &schema).unwrap();
        assert_eq!(read, chunk);
        for (read, row) in read.iter().zip(chunk) {
            assert_eq!(read[1].to_string(), row[2].to_string(), "also with its scale");
        }
        run(&mut session, "TRUNCATE amount");
    }
}

#[test]
fn a_number_that_no_decimal_holds_is_named_with_its_row() {
    let mut database = postgres();
    let mut session: Session<'_> = (&mut database.connection).into();
    let columns = schema(&[("id", Type::Int), ("x", Type::Decimal)]);
    for (number, message) in [
        ("'NaN'::numeric", "column \"x\" of row id = 7 is NaN or infinite, which no decimal is"),
        (
            "1e30::numeric",
            "column \"x\" of row id = 7 has more digits than a decimal holds: round or cast it in the query",
        ),
        (
            "1e-29::numeric",
            "column \"x\" of row id = 7 has more digits than a decimal holds: round or cast it in the query",
        ),
    ] {
        let query = keyset(&format!("SELECT 7 AS id, {number} AS x"), &columns, &["id"], 10);
        let reader = query.open(session.reborrow()).unwrap();
        let error = pages(&mut session, &reader).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
