//! A statement of [`Template`]s with the values that are bound to it, for either database.

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;

use super::script::{Piece, Template};

/// How often a statement comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Often {
    /// Chunk after chunk: it is prepared once.
    Again,
    /// Once: nothing is kept of it on the connection.
    Once,
}

/// A value in the form of the database `DB`.
pub(super) trait BoundValue<DB: Backend> {
    /// The mark before the number of a placeholder.
    const MARK: char;

    /// Binds it. diesel wants the type of a bind as a type, where it is a value here.
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>;
}

/// A statement with its binds.
#[derive(Debug)]
pub(super) struct BoundStatement<'s, B> {
    pub(super) template: &'s Template,
    pub(super) binds: &'s [B],
    pub(super) often: Often,
}

impl<DB: Backend, B: BoundValue<DB>> QueryFragment<DB> for BoundStatement<'_, B> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.often == Often::Once {
            out.unsafe_to_cache_prepared();
        }
        let mut bound = 0;
        for piece in self.template.pieces() {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Value(number) if *number < bound => out.push_sql(&format!("{}{}", B::MARK, number + 1)),
                Piece::Value(number) => {
                    let missing = || diesel::result::Error::QueryBuilderError("a statement lacks a value".into());
                    self.binds.get(*number).ok_or_else(missing)?.push(&mut out)?;
                    bound += 1;
                }
            }
        }
        Ok(())
    }
}

impl<B> QueryId for BoundStatement<'_, B> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<B> Query for BoundStatement<'_, B> {
    type SqlType = Untyped;
}

impl<C, B> RunQueryDsl<C> for BoundStatement<'_, B> {}
