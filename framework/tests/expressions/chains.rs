//! Chains of `&&` and `||`: all that a small world has, each beside the rule worked out term by term.

use overnight_framework::expr::{Expected, Expression, Program, Scope};
use overnight_framework::row::{Column, Row, Schema, Type, Value};

use super::dec;

/// A row whose cells may all be null.
#[derive(Clone, Copy, Debug)]
struct Cells {
    branch: Option<&'static str>,
    status: Option<&'static str>,
    count: Option<i64>,
    amount: Option<i64>,
}

/// The truth, or the column whose null leaves none.
type Truth = Result<bool, &'static str>;

/// A comparison and its rule: a null equals nothing but a null, and has no order.
type Term = (&'static str, fn(Cells) -> Truth);

const TERMS: [Term; 14] = [
    ("branch == 'HQ'", |cells| Ok(cells.branch == Some("HQ"))),
    ("branch != 'HQ'", |cells| Ok(cells.branch != Some("HQ"))),
    ("'EU' == status", |cells| Ok(cells.status == Some("EU"))),
    ("status != 'EU'", |cells| Ok(cells.status != Some("EU"))),
    ("status == null", |cells| Ok(cells.status.is_none())),
    ("branch == status", |cells| Ok(cells.branch == cells.status)),
    ("branch < 'M'", |cells| cells.branch.map(|branch| branch < "M").ok_or("branch")),
    ("count == 1", |cells| Ok(cells.count == Some(1))),
    ("count != 1", |cells| Ok(cells.count != Some(1))),
    ("2 <= count", |cells| cells.count.map(|count| 2 <= count).ok_or("count")),
    ("amount > 100.00", |cells| cells.amount.map(|amount| amount > 100).ok_or("amount")),
    ("amount == 100", |cells| Ok(cells.amount == Some(100))),
    ("amount != 100", |cells| Ok(cells.amount != Some(100))),
    ("count < amount", |cells| Ok(cells.count.ok_or("count")? < cells.amount.ok_or("amount")?)),
];

/// `&&`, which a false term decides, or `||`, which a true one does: whatever fails beside it, on either side.
fn chain(terms: &[Truth], decides: bool) -> Truth {
    if terms.contains(&Ok(decides)) {
        return Ok(decides);
    }
    terms.iter().find(|term| term.is_err()).copied().unwrap_or(Ok(!decides))
}

fn program(text: &str) -> Program {
    let schema = Schema::new(vec![
        Column::new("branch", Type::Str).nullable(),
        Column::new("status", Type::Str).nullable(),
        Column::new("count", Type::Int).nullable(),
        Column::new("amount", Type::Decimal).nullable(),
    ]);
    let scope = Scope::of_schema(&schema).unwrap();
    Expression::parse(text).unwrap().check(&scope, Expected::Type(Type::Bool)).unwrap().compile()
}

/// Every row of the world.
fn world() -> Vec<(Cells, Row)> {
    let mut rows = Vec::new();
    for branch in [None, Some("HQ"), Some("ZH")] {
        for status in [None, Some("EU"), Some("HQ")] {
            for count in [None, Some(1), Some(200)] {
                for amount in [None, Some(100), Some(250)] {
                    let cells = Cells { branch, status, count, amount };
                    rows.push((cells, row(cells)));
                }
            }
        }
    }
    rows
}

fn row(cells: Cells) -> Row {
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let amount = cells.amount.map_or(Value::Null, |amount| dec(&format!("{amount}.00")));
    vec![text(cells.branch), text(cells.status), cells.count.map_or(Value::Null, Value::Int), amount]
}

#[track_caller]
fn agrees(text: &str, world: &[(Cells, Row)], rule: impl Fn(Cells) -> Truth) {
    let program = program(text);
    for (cells, row) in world {
        let found = program.test(row);
        let found = found.as_ref().map(|truth| *truth).map_err(|error| error.column().unwrap_or("no column"));
        assert_eq!(found, rule(*cells), "{text} of {cells:?}");
    }
}

#[test]
fn every_chain_of_two_terms_keeps_its_rule_whatever_is_null() {
    let world = world();
    for (first, one) in TERMS {
        for (second, two) in TERMS {
            agrees(&format!("{first} && {second}"), &world, |cells| chain(&[one(cells), two(cells)], false));
            agrees(&format!("{first} || {second}"), &world, |cells| chain(&[one(cells), two(cells)], true));
        }
    }
}

#[test]
fn every_chain_of_three_terms_keeps_its_rule_whatever_is_null() {
    let world = world();
    for (first, one) in TERMS {
        for (second, two) in TERMS {
            for (third, three) in TERMS {
                let all = |cells| [one(cells), two(cells), three(cells)];
                agrees(&format!("{first} && {second} && {third}"), &world, |cells| chain(&all(cells), false));
                agrees(&format!("{first} || {second} || {third}"), &world, |cells| chain(&all(cells), true));
                agrees(&format!("{first} && {second} || {third}"), &world, |cells| {
                    chain(&[chain(&[one(cells), two(cells)], false), three(cells)], true)
                });
                agrees(&format!("{first} && ({second} || {third})"), &world, |cells| {
                    chain(&[one(cells), chain(&[two(cells), three(cells)], true)], false)
                });
            }
        }
    }
}
