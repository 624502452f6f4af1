//! Rows of several tables that are written together. On PostgreSQL they are one statement: each statement is a round trip, which
//! costs both sides more than a few rows do. On SQLite they are written one table after the other.

use std::marker::PhantomData;

use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::SqliteConnection;
use diesel::{QueryResult, RunQueryDsl};

use super::conn::Conn;
use super::error::DbError;

/// Rows of one table that wait to be written.
pub struct Insert<'a> {
    rows: usize,
    into: &'static str,
    or_else: &'static str,
    values: Box<dyn Values + 'a>,
}

/// The values of rows, as each database takes them.
trait Values {
    /// A list a column.
    fn lists(&self) -> Box<dyn QueryFragment<Pg> + '_>;
    /// Writes them on SQLite.
    fn one_by_one(&self, conn: &mut SqliteConnection) -> Result<(), DbError>;
}

struct Both<Columns, Lists, OneByOne>(Lists, OneByOne, PhantomData<Columns>);

impl<Columns, Lists, OneByOne> Values for Both<Columns, Lists, OneByOne>
where
    Columns: QueryFragment<Pg>,
    Lists: Fn() -> Columns,
    OneByOne: Fn(&mut SqliteConnection) -> Result<(), DbError>,
{
    fn lists(&self) -> Box<dyn QueryFragment<Pg> + '_> {
        Box::new(self.0())
    }

    fn one_by_one(&self, conn: &mut SqliteConnection) -> Result<(), DbError> {
        self.1(conn)
    }
}

impl std::fmt::Debug for Insert<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows: {}", self.rows, self.into)
    }
}

impl<'a> Insert<'a> {
    /// So many rows. On PostgreSQL: `into` names the table and its columns, `lists` gives one list for each of these, and
    /// `or_else` says what happens to rows that are there. On SQLite `one_by_one` writes them.
    pub(super) fn new<Columns: QueryFragment<Pg> + 'a>(
        rows: usize,
        into: &'static str,
        lists: impl Fn() -> Columns + 'a,
        or_else: &'static str,
        one_by_one: impl Fn(&mut SqliteConnection) -> Result<(), DbError> + 'a,
    ) -> Self {
        Self { rows, into, or_else, values: Box::new(Both(lists, one_by_one, PhantomData)) }
    }
}

/// Rows of a table, whose structs have fields with the names of these columns: as values for [`Insert::new`].
macro_rules! columns {
    ($table:ident ($first:ident $(, $column:ident)* $(,)?) of $rows:expr) => {
        (
            concat!(stringify!($table), " (", stringify!($first), $(", ", stringify!($column),)* ")"),
            || (
                $crate::db::fixed::list::<diesel::dsl::SqlTypeOf<$table::$first>, _>($rows.iter().map(|row| &row.$first)),
                $($crate::db::fixed::list::<diesel::dsl::SqlTypeOf<$table::$column>, _>($rows.iter().map(|row| &row.$column)),)*
            ),
        )
    };
}
pub(super) use columns;

/// Rows that are not there yet, by their columns.
macro_rules! insert {
    ($table:ident ($($column:ident),+ $(,)?) of $rows:expr) => {{
        let rows = $rows;
        let (into, lists) = $crate::db::insert::columns!($table($($column),+) of rows);
        $crate::db::insert::Insert::new(rows.len(), into, lists, "", move |c| {
            $crate::db::bulk::insert_lite!(c, $table::table, rows)
        })
    }};
}
pub(super) use insert;

/// Writes all of these: on SQLite in this order, as keys from one to the other want it; on PostgreSQL at once, so that none of
/// them sees what another one writes, and keys are checked at the end.
///
/// # Errors
/// [`DbError::Taken`] when a row is there already.
pub fn insert_together(conn: &mut Conn, all: &[Insert<'_>]) -> Result<(), DbError> {
    match conn {
        Conn::Pg(c) => {
            // Its text tells which tables have rows, so that a statement is prepared once for each of the few mixtures.
            let some = all.iter().filter(|one| one.rows > 0);
            let statement = Together(some.map(|one| Part { insert: one, lists: one.values.lists() }).collect());
            if !statement.0.is_empty() {
                statement.execute(c)?;
            }
        }
        Conn::Lite(c) => all.iter().try_for_each(|one| one.values.one_by_one(c))?,
    }
    Ok(())
}

struct Together<'a>(Vec<Part<'a>>);

struct Part<'a> {
    insert: &'a Insert<'a>,
    lists: Box<dyn QueryFragment<Pg> + 'a>,
}

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((last, others)) = self.0.split_last() else { return Ok(()) };
        for (n, one) in others.iter().enumerate() {
            out.push_sql(if n == 0 { "WITH " } else { ", " });
            out.push_sql(&format!("part{n} AS ("));
            one.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        out.push_sql(if others.is_empty() { "" } else { " " });
        last.walk_ast(out)
    }
}

impl QueryFragment<Pg> for Part<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_sql(self.insert.into);
        out.push_sql(" SELECT * FROM UNNEST(");
        self.lists.walk_ast(out.reborrow())?;
        out.push_sql(")");
        out.push_sql(self.insert.or_else);
        Ok(())
    }
}

/// Known by its text.
impl QueryId for Together<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for Together<'_> {}
