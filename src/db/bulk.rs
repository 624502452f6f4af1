//! Many rows in one go: COPY on PostgreSQL, where every statement is a round trip and a text to parse; on SQLite one prepared
//! statement for sixteen rows, run again and again, and one for each of the rest.

use diesel::QueryResult;
use diesel::result::Error;

use super::error::DbError;

/// Inserts a slice of insertable rows into a table. The rows' structs need `treat_none_as_default_value = false`, since
/// COPY names every column.
macro_rules! bulk_insert {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            // A lone row is cheaper as a statement that is prepared once.
            $crate::db::Conn::Pg(c) if $rows.len() < 2 => $crate::db::bulk::each($rows, |row| {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values(row), c)
            }),
            $crate::db::Conn::Pg(c) => $crate::db::bulk::sent(diesel::ExecuteCopyFromDsl::execute(
                diesel::copy_from($table).from_insertable($rows),
                c,
            )),
            $crate::db::Conn::Lite(c) => $crate::db::bulk::insert_lite!(c, $table, $rows),
        }
    };
}
pub(super) use bulk_insert;

/// The same on SQLite.
macro_rules! insert_lite {
    ($c:expr, $table:expr, $rows:expr) => {{
        // A click in sixteen at a time takes SQLite a sixth less than one by itself; in sixty-four hardly less than that.
        let (sixteens, rest) = $rows.as_chunks::<16>();
        $crate::db::bulk::each(sixteens, |rows| {
            diesel::RunQueryDsl::execute(diesel::insert_into($table).values(rows), $c)
        })
        .and_then(|()| {
            $crate::db::bulk::each(rest, |row| diesel::RunQueryDsl::execute(diesel::insert_into($table).values(row), $c))
        })
    }};
}
pub(super) use insert_lite;

/// Runs `insert` for each row until one is refused.
pub(super) fn each<R>(rows: &[R], mut insert: impl FnMut(&R) -> QueryResult<usize>) -> Result<(), DbError> {
    Ok(rows.iter().try_for_each(|row| insert(row).map(|_| ()))?)
}

/// What a COPY came to. Rows that cannot be sent, since the server has gone, are told of as if they could not be read.
pub(super) fn sent(copied: QueryResult<usize>) -> Result<(), DbError> {
    match copied {
        Ok(_) => Ok(()),
        Err(Error::DeserializationError(cause)) => Err(DbError::Unavailable(cause.to_string())),
        Err(other) => Err(other.into()),
    }
}
