//! What nulls do.

use overnight_framework::expr::{EvalError, Expected, Expression, Scope};
use overnight_framework::row::{Column, Schema, Type, Value};

use super::dec;

fn eval(text: &str, row: &[Value]) -> Result<Value, EvalError> {
    let schema = Schema::new(vec![
        Column::new("amount", Type::Decimal).nullable(),
        Column::new("branch", Type::Str).nullable(),
        Column::new("count", Type::Int).nullable(),
        Column::new("paid", Type::Bool).nullable(),
    ]);
    let scope = Scope::of_schema(&schema).unwrap();
    let typed = Expression::parse(text).and_then(|read| read.check(&scope, Expected::Any));
    typed.unwrap_or_else(|errors| panic!("{text}: {errors:?}")).compile().eval(row)
}

const NULLS: [Value; 4] = [Value::Null, Value::Null, Value::Null, Value::Null];

#[test]
fn order_arithmetic_functions_and_conditions_name_the_column_that_is_null() {
    for (text, column) in [
        ("amount > 100", "amount"),
        ("100.00 < amount", "amount"),
        ("amount * 0.01", "amount"),
        ("-amount", "amount"),
        ("round(amount, 2)", "amount"),
        ("count + 1", "count"),
        ("count * 1.5", "count"),
        ("count < amount", "count"),
        ("branch + 'x'", "branch"),
        ("branch < 'x'", "branch"),
        ("upper(branch)", "branch"),
        ("branch.startsWith('H')", "branch"),
        ("branch.matches('H')", "branch"),
        ("max(1, count)", "count"),
        ("!paid", "paid"),
        ("paid && true", "paid"),
        ("paid ? 1 : 2", "paid"),
        ("default(amount, 0) + row['amount']", "amount"),
    ] {
        let error = eval(text, &NULLS).unwrap_err();
        assert_eq!((error.message(), error.column()), (&*format!("{column} is null"), Some(column)), "{text}");
        let at = &text[error.span()];
        assert!(at == column || at == format!("row['{column}']"), "{text}: {at}");
    }
}

#[test]
fn equality_and_in_take_nulls_as_values_of_their_own() {
    for text in [
        "amount == null && null == branch && !(count != null)",
        "!(amount == 1) && amount != 1 && branch != 'HQ' && !(branch == 'HQ') && count != 1",
        "!(branch in ['HQ', 'B1']) && branch in ['HQ', null] && !(count in [1, 2])",
        "branch == row['branch'] && amount == count",
    ] {
        assert_eq!(eval(text, &NULLS), Ok(Value::Bool(true)), "{text}");
    }
    let row = [dec("1.0"), Value::from("HQ"), Value::Int(1), Value::Bool(true)];
    for text in
        ["amount == count && amount == 1 && branch == 'HQ' && branch != null", "branch in ['B1', 'HQ'] && paid == true"]
    {
        assert_eq!(eval(text, &row), Ok(Value::Bool(true)), "{text}");
    }
}

#[test]
fn has_and_default_guard() {
    assert_eq!(eval("has(amount) && amount > 100", &NULLS), Ok(Value::Bool(false)));
    assert_eq!(eval("amount > 100 && has(amount)", &NULLS), Ok(Value::Bool(false)));
    assert_eq!(eval("has(amount) ? amount : 0", &NULLS), Ok(dec("0")));
    assert_eq!(eval("default(amount, 0) + 1", &NULLS), Ok(dec("1")));
    assert_eq!(eval("default(branch, 'HQ')", &NULLS), Ok(Value::from("HQ")));
    assert_eq!(eval("default(amount, default(count, 7))", &NULLS), Ok(dec("7")));
    assert_eq!(
        eval("default(count, 1 / (default(count, 1) - 1))", &[Value::Null, Value::Null, Value::Int(5), Value::Null]),
        Ok(Value::Int(5))
    );
}

#[test]
fn a_null_is_a_result_where_the_place_takes_one_and_an_error_where_not() {
    let schema =
        Schema::new(vec![Column::new("note", Type::Str).nullable(), Column::new("count", Type::Int).nullable()]);
    let scope = Scope::of_schema(&schema).unwrap();
    let row = [Value::Null, Value::Null];
    let read = |text: &str| Expression::parse(text).unwrap();
    let program = |text, expected| read(text).check(&scope, expected).unwrap().compile();
    for text in ["note", "has(note) ? note : null", "default(note, note)"] {
        assert_eq!(program(text, Expected::Nullable(Type::Str)).eval(&row), Ok(Value::Null), "{text}");
        assert_eq!(program(text, Expected::Any).eval(&row), Ok(Value::Null), "{text}");
        assert!(program(text, Expected::Type(Type::Str)).eval(&row).is_err(), "{text}");
    }
    assert_eq!(program("note", Expected::Type(Type::Str)).eval(&row).unwrap_err().message(), "note is null");
    assert_eq!(program("count", Expected::Type(Type::Decimal)).eval(&row).unwrap_err().message(), "count is null");
    assert_eq!(program("count", Expected::Nullable(Type::Decimal)).eval(&row), Ok(Value::Null));
    assert_eq!(program("count", Expected::Type(Type::Decimal)).eval(&[Value::Null, Value::Int(3)]), Ok(dec("3")));
    assert!(read("null").check(&scope, Expected::Type(Type::Str)).is_err());
    assert_eq!(program("null", Expected::Nullable(Type::Str)).eval(&row), Ok(Value::Null));
}
