//! Many rows in one go: COPY on PostgreSQL, where every statement is a round trip and a text to parse; one prepared
//! statement, run again and again, on SQLite, where both cost nothing.

/// Inserts a slice of insertable rows into a table. The rows' structs need `treat_none_as_default_value = false`, since
/// COPY names every column.
macro_rules! bulk_insert {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            // A lone row is cheaper as a statement that is prepared once.
            $crate::db::Conn::Pg(c) if $rows.len() < 2 => $crate::db::bulk::each($rows, |row| {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values(row), c)
            }),
            $crate::db::Conn::Pg(c) => {
                diesel::ExecuteCopyFromDsl::execute(diesel::copy_from($table).from_insertable($rows), c).map(|_| ())
            }
            $crate::db::Conn::Lite(c) => $crate::db::bulk::each($rows, |row| {
                diesel::RunQueryDsl::execute(diesel::insert_into($table).values(row), c)
            }),
        }
    };
}
pub(super) use bulk_insert;

/// Runs `insert` for each row until one is refused.
pub(super) fn each<R>(rows: &[R], mut insert: impl FnMut(&R) -> diesel::QueryResult<usize>) -> diesel::QueryResult<()> {
    rows.iter().try_for_each(|row| insert(row).map(|_| ()))
}
