//! Statements in our own words.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{PgConnection, QueryResult, RunQueryDsl};

/// A statement in our own words over the values that it is given: each is named once, in a first row called `given`.
///
/// Unlike `sql_query` it is prepared once for each connection: diesel finds it again by its text.
pub(super) struct Given<V, R> {
    /// The names of the values, with commas.
    pub(super) names: &'static str,
    /// The values: a tuple of expressions.
    pub(super) values: V,
    /// What follows: further named queries, and the last one.
    pub(super) body: &'static str,
    /// The types of the columns that come back.
    pub(super) row: PhantomData<R>,
}

impl<V: QueryFragment<Pg>, R> QueryFragment<Pg> for Given<V, R> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH given (");
        pass.push_sql(self.names);
        pass.push_sql(") AS (SELECT ");
        self.values.walk_ast(pass.reborrow())?;
        pass.push_sql("), ");
        pass.push_sql(self.body);
        Ok(())
    }
}

impl<V, R> QueryId for Given<V, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<V, R> Query for Given<V, R> {
    type SqlType = R;
}

impl<V, R> RunQueryDsl<PgConnection> for Given<V, R> {}
