//! `INSERT … SELECT FROM unnest(…)`: any number of rows with one bind per column.

use std::borrow::Cow;
use std::ops::Range;

use overnight_framework::row::{Row, Value};

use super::writer::PgTarget;
use crate::table::catalogue::Column;
use crate::table::on_conflict::on_conflict;
use crate::table::script::Template;
use crate::table::writer::Plan;

/// The statement; `into` is the table with its columns.
pub(super) fn template(plan: &Plan<'_>, into: &str) -> Template {
    let cells: Vec<_> = plan.columns.iter().enumerate().map(|(place, column)| cell(place, column)).collect();
    let names: Vec<_> = (0..cells.len()).map(|place| format!("c{place}")).collect();
    let mut template = Template::default().sql(format!("INSERT INTO {into} SELECT {} FROM unnest(", cells.join(", ")));
    for place in 0..cells.len() {
        if place > 0 {
            template = template.sql(", ");
        }
        template = template.value(place);
    }
    template.sql(format!(") AS u ({}){}", names.join(", "), on_conflict(plan)))
}

/// A type that is written as text has to be named; all others become the column's by assignment, which refuses what
/// does not fit where a cast would cut it.
fn cell(place: usize, column: &Column) -> String {
    match column.postgres().and_then(|kind| kind.cast.as_ref()) {
        Some(cast) => format!("u.c{place}::{}", cast.to),
        None => format!("u.c{place}"),
    }
}

/// The rows of `order` without those that a later one of the same key replaces, in the order of their keys: the server
/// refuses to update a row twice in one statement, and two workers that lock the same rows in the same order never
/// wait for each other in a circle.
///
/// Keys are told apart by their bytes, numbers by their value. Where the server finds more equal than that (a collation
/// that ignores case, the padding of `char(n)`), it refuses the statement.
pub(super) fn last_of_each_key(targets: &[PgTarget], key: &[usize], rows: &[Row], order: Vec<usize>) -> Vec<usize> {
    let mut bytes = Vec::new();
    let mut keyed: Vec<(Range<usize>, usize)> = Vec::with_capacity(order.len());
    for index in order {
        let start = bytes.len();
        if let Some(row) = rows.get(index) {
            for PgTarget { target, slot } in key.iter().filter_map(|number| targets.get(*number)) {
                let written = slot.put(&normal(target.cell(row)), &mut bytes);
                debug_assert_eq!(written, Ok(()), "the rows were checked before");
            }
        }
        keyed.push((start..bytes.len(), index));
    }
    let of = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
    // Stable, so that the rows of one key stay in their order and the last is the one to keep.
    keyed.sort_by(|(one, _), (other, _)| of(one).cmp(of(other)));
    let mut last: Vec<(Range<usize>, usize)> = Vec::with_capacity(keyed.len());
    for (range, index) in keyed {
        match last.last_mut() {
            Some((before, kept)) if of(before) == of(&range) => *kept = index,
            _ => last.push((range, index)),
        }
    }
    last.into_iter().map(|(_, index)| index).collect()
}

/// The one form of values that the server finds equal: 1.50 and 1.5, the two zeros of a float.
fn normal(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::Decimal(number) => Cow::Owned(Value::Decimal(number.normalize())),
        Value::Float(number) if *number == 0.0 => Cow::Owned(Value::Float(0.0)),
        other => Cow::Borrowed(other),
    }
}
