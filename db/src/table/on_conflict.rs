//! The clause that makes an insert an upsert; both databases have the same.

use super::name::{quote, quote_all};
use super::writer::Plan;

/// What an upsert adds to the insert, on either database.
pub(super) fn on_conflict(plan: &Plan<'_>) -> String {
    if plan.key.is_empty() {
        return String::new();
    }
    let key = quote_all(plan.key.iter().filter_map(|place| plan.columns.get(*place)).map(|column| &*column.name));
    let others = plan.columns.iter().enumerate().filter(|(place, _)| !plan.key.contains(place));
    let set: Vec<_> =
        others.map(|(_, column)| quote(&column.name)).map(|name| format!("{name} = excluded.{name}")).collect();
    if set.is_empty() {
        format!(" ON CONFLICT ({key}) DO NOTHING")
    } else {
        format!(" ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", "))
    }
}
