//! Statements that are written by hand: on PostgreSQL with lists for any number of rows, on SQLite with one row's values. Their text
//! never changes, so each connection parses and plans it once; `diesel::sql_query`, and what diesel has for DO UPDATE, would
//! have that done again for every call.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::pg::PgConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, SingleValue, SqlType, Untyped};
use diesel::sqlite::SqliteConnection;

/// Words, values with commas between them, and words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed<Values> {
    before: &'static str,
    values: Values,
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

/// A statement: its words up to the values, those, and the words after them.
pub(super) const fn fixed<Values>(before: &'static str, values: Values, after: &'static str) -> Fixed<Values> {
    Fixed { before, values, after }
}

impl<DB: Backend, Values: QueryFragment<DB>> QueryFragment<DB> for Fixed<Values> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.before);
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(self.after);
        Ok(())
    }
}

/// Known by its text.
impl<Values> QueryId for Fixed<Values> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Values> Query for Fixed<Values> {
    type SqlType = Untyped;
}

impl<Values> RunQueryDsl<PgConnection> for Fixed<Values> {}
impl<Values> RunQueryDsl<SqliteConnection> for Fixed<Values> {}

/// Rows, each written over the one with its id that stands at the revision beside it, in one statement: gives how many stood there.
/// Their fields have the names of these columns, of which `id` is the first.
macro_rules! update {
    ($table:ident (id $(, $column:ident)+ $(,)?) of $rows:expr, $conn:expr) => {{
        let rows: &[(i64, _)] = $rows;
        let known = $crate::db::fixed::list::<diesel::sql_types::BigInt, _>(rows.iter().map(|(known, _)| known));
        let lists = (
            $crate::db::fixed::list::<diesel::dsl::SqlTypeOf<$table::id>, _>(rows.iter().map(|(_, row)| &row.id)),
            $($crate::db::fixed::list::<diesel::dsl::SqlTypeOf<$table::$column>, _>(rows.iter().map(|(_, row)| &row.$column)),)+
        );
        let (before, after) = (
            concat!(
                "UPDATE ", stringify!($table), " SET (id", $(", ", stringify!($column),)+ ") = ",
                "ROW(new.id", $(", new.", stringify!($column),)+ ") FROM UNNEST("
            ),
            concat!(
                ") AS new (known, id", $(", ", stringify!($column),)+ ") WHERE ", stringify!($table), ".id = new.id ",
                "AND ", stringify!($table), ".revision = new.known"
            ),
        );
        diesel::RunQueryDsl::execute($crate::db::fixed::fixed(before, (known, lists), after), $conn)
    }};
}
pub(super) use update;
