//! Every mistake is told where it is, with what to write instead.

use overnight_framework::expr::{Expected, Expression, Scope};
use overnight_framework::row::{Column, Schema, Type};

fn scope() -> Scope {
    let schema = Schema::new(vec![
        Column::new("amount", Type::Decimal),
        Column::new("branch", Type::Str),
        Column::new("count", Type::Int),
        Column::new("score", Type::Float),
        Column::new("booked", Type::Date),
        Column::new("seen", Type::DateTime),
        Column::new("tx-id", Type::Str),
    ]);
    let mut frame = Scope::new();
    frame.declare(&["params", "business_date"], Type::Date).unwrap();
    frame.declare(&["steps", "load-all", "exit_code"], Type::Str).unwrap();
    frame.declare(&["steps", "load-2", "exit_code"], Type::Str).unwrap();
    frame.declare(&["steps", "fetch", "file"], Type::Str).unwrap();
    frame.declare(&["message", "body"], Type::Json).unwrap();
    Scope::rows(&schema, &frame).unwrap()
}

/// Text, the place of the mistake, the message, the help.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    // names
    ("amuont > 100.00 && branch == 'HQ'", "amuont", "unknown name 'amuont'", "did you mean 'amount'?"),
    (
        "business_date == booked",
        "business_date",
        "unknown name 'business_date'",
        "write it in full: params.business_date",
    ),
    (
        "params.busines_date == booked",
        "busines_date",
        "'params' has no 'busines_date'",
        "did you mean 'business_date'?",
    ),
    ("params == booked", "params", "'params' is not a value by itself", "known here: business_date"),
    ("steps.fetch.xyz == ''", "xyz", "'steps.fetch' has no 'xyz'", "known here: file"),
    ("amount.scale == 2", "scale", "'amount' is a decimal; it has no 'scale'", ""),
    ("branch.size > 2", "size", "'branch' is a string; it has no 'size'", "a function is called: size()"),
    ("upper(branch).x == 1", "upper(branch)", "only a JSON value has members; this is a string", ""),
    ("message.body[count] == 1", "message.body[count]", "the index of a JSON value is a constant: ['name'] or [0]", ""),
    // hyphens
    (
        "steps.load-all.exit_code == 'X'",
        "load",
        "'steps' has no 'load'",
        "a name with a hyphen is written steps['load-all']",
    ),
    (
        "steps.load-2.exit_code == 'X'",
        "load",
        "'steps' has no 'load'",
        "a name with a hyphen is written steps['load-2']",
    ),
    ("tx-id == 'X'", "tx", "unknown name 'tx'", "a name with a hyphen is written row['tx-id']"),
    // types
    ("amount && count == 1", "amount", "'&&' takes a boolean; this is a decimal", ""),
    ("!branch", "branch", "'!' takes a boolean; this is a string", ""),
    ("message.body.x || true", "message.body.x", "'||' takes a boolean; this is a JSON value", "compare it: x == true"),
    ("amount ? 1 : 2", "amount", "'?' takes a boolean; this is a decimal", ""),
    (
        "branch == 5",
        "==",
        "'==' does not take a string and an integer",
        "convert one of them: string(x), int(x) or decimal(x)",
    ),
    (
        "branch != 5",
        "!=",
        "'!=' does not take a string and an integer",
        "convert one of them: string(x), int(x) or decimal(x)",
    ),
    (
        "amount / 3",
        "/",
        "'/' does not take a decimal and an integer",
        "use div(a, b, scale): it names the scale and rounds once",
    ),
    ("amount % 3", "%", "'%' does not take a decimal and an integer", "a remainder is taken of integers only"),
    (
        "score * 0.5",
        "*",
        "'*' does not take a float and a decimal",
        "a float is no exact number; convert it: decimal(x)",
    ),
    (
        "score > 1",
        ">",
        "'>' does not take a float and an integer",
        "a float is no exact number; convert it: decimal(x)",
    ),
    ("booked > '2026-01-31'", ">", "'>' does not take a date and a string", "a date is written date('2026-01-31')"),
    ("booked == seen", "==", "'==' does not take a date and a datetime", "convert one of them: date(x) or datetime(x)"),
    ("'no. ' + booked", "+", "'+' does not take a string and a date", "a date is written date('2026-01-31')"),
    ("branch - branch", "-", "'-' does not take a string", ""),
    (
        "amount + null",
        "+",
        "'+' does not take a decimal and null",
        "a null has no value; has(x) asks for one, default(x, y) puts another in its place",
    ),
    (
        "message.body.a + 1",
        "+",
        "'+' does not take a JSON value and an integer",
        "convert the JSON value: string(x), int(x), decimal(x), date(x)",
    ),
    ("-branch", "-branch", "'-' takes a number; this is a string", ""),
    ("1 < 2 < 3", "<", "'<' does not take a boolean and an integer", ""),
    ("true ? 1 : 'a'", "true ? 1 : 'a'", "both values of '? :' have one type; these are an integer and a string", ""),
    (
        "count in [1, 'a']",
        "'a'",
        "'in' does not take an integer and a string",
        "convert one of them: string(x), int(x) or decimal(x)",
    ),
    (
        "'a' in branch",
        "branch",
        "'in' takes a list on its right",
        "write x in ['a', 'b']; a part of a text is found by contains(text, part)",
    ),
    ("[1, 2]", "[1, 2]", "a list stands only on the right of 'in'", ""),
    // functions
    ("uper(branch)", "uper", "unknown function 'uper'", "did you mean 'upper'?"),
    ("len(branch) > 1", "len", "unknown function 'len'", "write size(x)"),
    ("now()", "now", "unknown function 'now'", "write a parameter: the same parameters must give the same result"),
    (
        "branch.exists(x, x == 1)",
        "exists",
        "there are no comprehensions here, so no exists()",
        "a list is only asked with 'in'; many records are a chunk step's work",
    ),
    ("round(branch, 2)", "branch", "round() takes a decimal as argument 1; this is a string", "convert it: decimal(x)"),
    ("round(amount)", "round(amount)", "round() does not take a decimal", "round(decimal, integer) -> decimal"),
    ("round(amount, 29)", "29", "a scale lies between 0 and 28", ""),
    ("days(booked, seen)", "seen", "days() takes a date as argument 2; this is a datetime", "convert it: date(x)"),
    ("upper(count)", "count", "upper() takes a string; this is an integer", "convert it: string(x)"),
    (
        "year(branch)",
        "year(branch)",
        "year() does not take a string",
        "year(date) -> integer, year(datetime) -> integer",
    ),
    (
        "max(1, branch)",
        "max(1, branch)",
        "max() takes two or more values of one ordered type; this is an integer, a string",
        "",
    ),
    ("min(1)", "min(1)", "min() takes two or more values of one ordered type; this is an integer", ""),
    ("has(1 + 1)", "1 + 1", "has(x) takes a name, such as a column or message.body.branch", ""),
    ("default(amount)", "default(amount)", "default(x, y) takes two arguments", ""),
    (
        "default(amount, 'x')",
        "default(amount, 'x')",
        "default(x, y) takes two values of one type; these are a decimal and a string",
        "",
    ),
    // reading
    ("amount = 100", "=", "there is no '=' in expressions", "write == for equal"),
    ("amount === 100", "===", "there is no '===' in expressions", "write == for equal"),
    ("amount <> 100", "<>", "there is no '<>' in expressions", "write != for not equal"),
    ("amount ?? 100", "??", "there is no '??' in expressions", "write default(a, b)"),
    ("branch | upper", "|", "there is no '|' in expressions", "write || for or; a function is called as f(x) or x.f()"),
    ("a & b", "&", "there is no '&' in expressions", "write && for and"),
    (
        "amount > 1 and count > 1",
        "and",
        "expected an operator or the end of the expression, found 'and'",
        "write && for and",
    ),
    ("amount >", "", "expected a value, found the end of the expression", ""),
    ("", "", "expected a value, found the end of the expression", ""),
    ("(amount", "", "expected ')', found the end of the expression", ""),
    ("round(amount 2)", "2", "expected ',' or ')', found '2'", ""),
    ("amount ? 1", "", "expected ':' and the other value, found the end of the expression", ""),
    ("{'a': 1}", "{", "there is no '{' in expressions", "there are no maps here; a list is written [a, b]"),
    ("'abc", "'abc", "the string does not end", "close it with '"),
    ("'a\nb'", "'a", "the string does not end", "close it with '"),
    ("'a\\d'", "\\d", "'\\d' is not an escape", r"write \\ for a backslash, or r'…' for a text without escapes"),
    ("'\\u12'", "\\u", "'\\u' is not an escape", r"write \\ for a backslash, or r'…' for a text without escapes"),
    (
        "'\\ud800'",
        "\\ud800",
        "'\\ud800' is not an escape",
        r"write \\ for a backslash, or r'…' for a text without escapes",
    ),
    (
        "1.",
        "",
        "expected a name after '.', found the end of the expression",
        "a decimal has digits on both sides of its point",
    ),
    (".5", ".", "expected a value, found '.'", "write 0.5 with its zero"),
    ("1e3", "1e3", "'1e3' is not a number", "exponents are not understood; write all digits"),
    ("1.5e3", "1.5e3", "'1.5e3' is not a number", "exponents are not understood; write all digits"),
    ("1_000", "1_000", "'1_000' is not a number", "write the digits without separators"),
    ("5u", "5u", "'5u' is not a number", "there are no unsigned integers; leave the u away"),
    ("0x", "0x", "'0x' is not a number", "a number is written 1250, 0.0375 or 0x1F"),
    (
        "9223372036854775808",
        "9223372036854775808",
        "an integer lies between -9223372036854775808 and 9223372036854775807",
        "",
    ),
    (
        "0.00000000000000000000000000001",
        "0.00000000000000000000000000001",
        "more digits than a decimal holds (28 after the point, 28 in all)",
        "",
    ),
    (
        "größe > 1",
        "ö",
        "'ö' means nothing here",
        "names are ASCII letters, digits and _; any other column is written row['…']",
    ),
    ("a ? b ? 1 : 2 : 3", "?", "expected ':' and the other value, found '?'", ""),
    ("for == 1", "for", "'for' is a reserved word of CEL", "a column of that name is written row['for']"),
    ("“HQ”", "“", "there is no '“' in expressions", "write straight quotes, ' or \""),
    ("branch.matches('[')", "'['", "'[' is no regular expression: unclosed character class", ""),
    ("amount > 1; count", ";", "';' means nothing here", ""),
];

#[test]
fn a_mistake_is_told_at_its_place_with_its_remedy() {
    let scope = scope();
    for (text, place, message, help) in MISTAKES {
        let errors = super::errors_in(text, &scope);
        let first = &errors[0];
        let found = (&text[first.span.clone()], first.message.as_str(), first.help.as_deref().unwrap_or_default());
        assert_eq!(found, (*place, *message, *help), "{text}");
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "amuont > 100 && brunch == 'HQ' || round(bookd, 'x') > foo(1) || 'ü' == 1";
    let errors = super::errors_in(text, &scope());
    let places: Vec<_> = errors.iter().map(|error| &text[error.span.clone()]).collect();
    assert_eq!(places, ["amuont", "brunch", "bookd", "foo", "=="]);
}

#[test]
fn the_type_of_the_place_is_checked() {
    let scope = scope();
    let wrong =
        |text: &str, expected| Expression::parse(text).unwrap().check(&scope, expected).unwrap_err()[0].to_string();
    assert_eq!(wrong("amount", Expected::Type(Type::Bool)), "expected a boolean; this is a decimal");
    assert_eq!(wrong("branch", Expected::Type(Type::Date)), "expected a date; this is a string; convert it: date(x)");
    assert_eq!(
        wrong("amount", Expected::Type(Type::Int)),
        "expected an integer; this is a decimal; convert it: int(x)"
    );
    assert_eq!(wrong("null", Expected::Type(Type::Int)), "expected an integer; this is null");
    let typed = Expression::parse("count").unwrap().check(&scope, Expected::Type(Type::Decimal)).unwrap();
    assert_eq!(typed.kind(), Some(Type::Decimal));
}
