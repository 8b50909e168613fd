//! What a row costs: compiled expressions beside the same rules in Rust by hand, and beside the `cel` interpreter.
//!
//! `cargo bench -p overnight-framework --bench expressions`. Only ratios within one run count. Each figure is the median
//! of alternating runs over 200,000 decoded rows. Goals: filter and set at most 1.5 times the hand-written ones on
//! `Vec<Value>` by index, and at least 20 times quicker than the interpreter.

#![expect(clippy::unwrap_used, reason = "a benchmark fails where it stands")]

mod figures;

use std::hint::black_box;
use std::time::Instant;

use cel::Context;
use overnight_framework::expr::{Expected, Expression, Program, Scope};
use overnight_framework::row::decimal::{self, Decimal};
use overnight_framework::row::{Column, Row, Schema, Type, Value};

use self::figures::{Turns, by_turns, print};

const ROWS: u32 = 200_000;
const RUNS: usize = 3;

const FILTER: &str = "amount > 100.00 && branch == 'HQ'";
const SET: &str = "amount * 0.01";
const INTEREST: &str = "div(amount * 0.0375, 360, 2)";

fn main() {
    let rows = rows();
    let (filter, set, interest) = (compiled(FILTER), compiled(SET), compiled(INTEREST));
    let limit = decimal::parse("100.00").unwrap();
    let rate = decimal::parse("0.01").unwrap();
    let (annual, days) = (decimal::parse("0.0375").unwrap(), Decimal::from(360));

    let by_hand = || rows.iter().filter(|row| keeps(row, limit)).map(|row| fee(row, rate)).map(black_box).count();
    let by_program = || {
        let kept = rows.iter().filter(|row| filter.test(row).unwrap());
        kept.map(|row| set.eval(row).unwrap()).map(black_box).count()
    };
    compare("filter and set", &by_hand, &by_program);
    compare("filter", &|| rows.iter().filter(|row| keeps(row, limit)).count(), &|| {
        rows.iter().filter(|row| filter.test(row).unwrap()).count()
    });
    compare("set", &|| rows.iter().map(|row| fee(row, rate)).map(black_box).count(), &|| {
        rows.iter().map(|row| set.eval(row).unwrap()).map(black_box).count()
    });
    compare("interest", &|| rows.iter().map(|row| share(row, annual, days)).map(black_box).count(), &|| {
        rows.iter().map(|row| interest.eval(row).unwrap()).map(black_box).count()
    });
    interpreter(&rows, &filter);
    reading();
}

/// Amounts around the limit in no order, so that the branches are as hard to predict as in a real file.
fn rows() -> Vec<Row> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let row = |_| {
        let cents = i64::try_from(next() % 40_000).unwrap();
        let branch = if next() % 2 == 0 { "HQ" } else { "B1" };
        vec![Value::Int(1), Value::Decimal(Decimal::new(cents, 2)), Value::from(branch), Value::Bool(true)]
    };
    (0..ROWS).map(row).collect()
}

fn compiled(text: &str) -> Program {
    let schema = Schema::new(vec![
        Column::new("id", Type::Int),
        Column::new("amount", Type::Decimal),
        Column::new("branch", Type::Str),
        Column::new("open", Type::Bool),
    ]);
    let scope = Scope::of_schema(&schema).unwrap();
    Expression::parse(text).unwrap().check(&scope, Expected::Any).unwrap().compile()
}

fn keeps(row: &[Value], limit: Decimal) -> bool {
    match (&row[1], &row[2]) {
        (Value::Decimal(amount), Value::Str(branch)) => *amount > limit && &**branch == "HQ",
        _ => panic!("not a row of this schema"),
    }
}

fn fee(row: &[Value], rate: Decimal) -> Value {
    match &row[1] {
        Value::Decimal(amount) => Value::Decimal(decimal::mul(*amount, rate).unwrap()),
        _ => panic!("not a row of this schema"),
    }
}

fn share(row: &[Value], rate: Decimal, days: Decimal) -> Value {
    match &row[1] {
        Value::Decimal(amount) => Value::Decimal(decimal::div(decimal::mul(*amount, rate).unwrap(), days, 2).unwrap()),
        _ => panic!("not a row of this schema"),
    }
}

/// The filter alone, on floats: the interpreter has no decimals. Names are set for each row, the rest is shared.
fn interpreter(rows: &[Row], filter: &Program) {
    let program = cel::Program::compile("amount > 100.0 && branch == 'HQ'").unwrap();
    let context = Context::default();
    let few = rows.get(..20_000).unwrap();
    let theirs = || {
        let kept = few.iter().filter(|row| {
            let (Value::Decimal(amount), Value::Str(branch)) = (&row[1], &row[2]) else { return false };
            let mut scope = context.new_inner_scope();
            scope.add_variable_from_value("amount", f64::try_from(*amount).unwrap_or_default());
            scope.add_variable_from_value("branch", branch.to_string());
            matches!(program.execute(&scope), Ok(cel::Value::Bool(true)))
        });
        kept.count()
    };
    let ours = || few.iter().filter(|row| filter.test(row).unwrap()).count();
    let turns = turns(&ours, &theirs, few.len());
    let (ours, theirs, ratio) = (turns.median(0), turns.median(1), turns.ratio(1, 0));
    print(format_args!(
        "{:<16} ours {ours:>7.1} ns   cel  {theirs:>7.1} ns   ratio {ratio:.0} (goal: at least 20)",
        "interpreter"
    ));
}

/// Reading, checking and compiling: once for each expression of each step.
fn reading() {
    let start = Instant::now();
    let count = 20_000;
    for _ in 0..count {
        black_box(compiled(black_box(FILTER)));
    }
    print(format_args!(
        "{:<16} {:.1} us to read, check and compile",
        "once",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(count)
    ));
}

fn compare(name: &str, hand: &dyn Fn() -> usize, ours: &dyn Fn() -> usize) {
    assert_eq!(hand(), ours());
    let turns = turns(hand, ours, ROWS as usize);
    let (hand, ours, ratio) = (turns.median(0), turns.median(1), turns.ratio(1, 0));
    print(format_args!("{name:<16} hand {hand:>7.1} ns   ours {ours:>7.1} ns   ratio {ratio:.2} (goal: at most 1.5)"));
}

/// Nanoseconds a row, of both, run by turns.
fn turns(one: &dyn Fn() -> usize, other: &dyn Fn() -> usize, rows: usize) -> Turns {
    let timed = |run: &dyn Fn() -> usize| {
        let start = Instant::now();
        (0..10).for_each(|_| assert!(black_box(run()) > 0));
        start.elapsed().as_secs_f64() * 1e8 / f64::from(u32::try_from(rows).unwrap())
    };
    by_turns(RUNS, &mut [&mut || timed(one), &mut || timed(other)])
}
