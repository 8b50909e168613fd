//! An UPDATE that stays prepared.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression};
use diesel::query_builder::{AsChangeset, AstPass, Query, QueryFragment, QueryId};
use diesel::query_source::{QuerySource, Table};
use diesel::sql_types::BoolOrNullableBool;

/// An UPDATE whose text is the same each time, for what each run, chunk and beat does. diesel prepares its own anew,
/// because the columns that one sets may be others the next time; this one it finds again by its text.
///
/// Without it the fence of a chunk costs PostgreSQL a round trip and a plan more, and SQLite as much again as the change itself.
pub(crate) struct KeptUpdate<F, S, P, R = ()> {
    from: F,
    set: S,
    filter: P,
    returning: R,
}

/// What an UPDATE brings back.
pub(crate) struct Returning<R>(R);

/// Sets columns of the rows of `table` for which `filter` holds.
pub(crate) fn update_kept<T, S, P>(table: &T, filter: P, set: S) -> KeptUpdate<T::FromClause, S::Changeset, P>
where
    T: Table,
    S: AsChangeset<Target = T>,
    P: AppearsOnTable<T> + Expression<SqlType: BoolOrNullableBool>,
{
    KeptUpdate { from: QuerySource::from_clause(table), set: set.as_changeset(), filter, returning: () }
}

impl<F, S, P> KeptUpdate<F, S, P> {
    pub(crate) fn returning<R: Expression>(self, row: R) -> KeptUpdate<F, S, P, Returning<R>> {
        KeptUpdate { from: self.from, set: self.set, filter: self.filter, returning: Returning(row) }
    }
}

impl<DB, F, S, P, R> QueryFragment<DB> for KeptUpdate<F, S, P, R>
where
    DB: Backend,
    F: QueryFragment<DB>,
    S: QueryFragment<DB>,
    P: QueryFragment<DB>,
    R: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("UPDATE ");
        self.from.walk_ast(pass.reborrow())?;
        pass.push_sql(" SET ");
        self.set.walk_ast(pass.reborrow())?;
        pass.push_sql(" WHERE ");
        self.filter.walk_ast(pass.reborrow())?;
        self.returning.walk_ast(pass)
    }
}

impl<DB: Backend, R: QueryFragment<DB>> QueryFragment<DB> for Returning<R> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(" RETURNING ");
        self.0.walk_ast(pass)
    }
}

impl<F, S, P, R> QueryId for KeptUpdate<F, S, P, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<F, S, P, R: Expression> Query for KeptUpdate<F, S, P, Returning<R>> {
    type SqlType = R::SqlType;
}

impl<C, F, S, P, R> RunQueryDsl<C> for KeptUpdate<F, S, P, R> {}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection as _};
    use diesel::prelude::*;

    use super::*;

    diesel::table! {
        unit (id) {
            id -> BigInt,
            number -> BigInt,
        }
    }

    #[test]
    fn it_is_prepared_once_and_changes_the_rows_of_its_filter_alone() {
        #[expect(clippy::disallowed_methods, reason = "it is about diesel, and about no database of ours")]
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let rows = "CREATE TABLE unit (id INTEGER PRIMARY KEY, number INTEGER NOT NULL); INSERT INTO unit VALUES (1, 0), (2, 0)";
        connection.batch_execute(rows).unwrap();
        let prepared = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&prepared);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        for number in 1..=3_i64 {
            let update = update_kept(&unit::table, unit::id.eq(2), unit::number.eq(number));
            assert_eq!(update.execute(&mut connection), Ok(1));
        }
        assert_eq!(prepared.load(Ordering::Relaxed), 1);
        let update = update_kept(&unit::table, unit::number.gt(0), unit::number.eq(unit::number + 1));
        assert_eq!(update.returning((unit::id, unit::number)).load(&mut connection), Ok(vec![(2_i64, 4_i64)]));
    }
}
