//! Statements of PostgreSQL that are written by hand, with lists for any number of rows. Their text never changes, so each
//! connection parses and plans it once; `diesel::sql_query` would have that done again for every call.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, SingleValue, SqlType, Untyped};

/// The words that a statement begins with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(&'static str);

/// What was written so far, lists with commas between them, and the words after those.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed<Before, Lists> {
    before: Before,
    lists: Lists,
    after: &'static str,
}

/// A list that is bound as one value.
pub(super) type List<ST, T> = <Vec<T> as AsExpression<Array<ST>>>::Expression;

/// One value a row, of the SQL type `ST`.
pub(super) fn list<ST, T>(values: impl Iterator<Item = T>) -> List<ST, T>
where
    ST: SingleValue,
    Array<ST>: SqlType + TypedExpressionType,
    Vec<T>: AsExpression<Array<ST>>,
{
    values.collect::<Vec<T>>().as_expression()
}

/// A statement: its words up to the first lists, those, and the words after them.
pub(super) const fn fixed<Lists>(before: &'static str, lists: Lists, after: &'static str) -> Fixed<Words, Lists> {
    Fixed { before: Words(before), lists, after }
}

impl<Before, Lists> Fixed<Before, Lists> {
    /// Goes on with more lists, and the words after those.
    pub(super) const fn then<More>(self, lists: More, after: &'static str) -> Fixed<Self, More> {
        Fixed { before: self, lists, after }
    }
}

impl QueryFragment<Pg> for Words {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.0);
        Ok(())
    }
}

impl<Before: QueryFragment<Pg>, Lists: QueryFragment<Pg>> QueryFragment<Pg> for Fixed<Before, Lists> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        self.lists.walk_ast(out.reborrow())?;
        out.push_sql(self.after);
        Ok(())
    }
}

/// Known by its text.
impl<Before, Lists> QueryId for Fixed<Before, Lists> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Before, Lists> Query for Fixed<Before, Lists> {
    type SqlType = Untyped;
}

impl<Before, Lists> RunQueryDsl<PgConnection> for Fixed<Before, Lists> {}
