//! The schema: the same on both databases, the same after going down and up again, and guarded by the database itself.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use kopilka::db::{Conn, Db, DbError, DbOptions, Kind, Lane, migrate};

use crate::on_both;
use crate::support::db::{TestDb, connect, on_postgres, sqlite_url};

on_both![
    down_and_up_again_is_the_same,
    who_starts_at_once_makes_the_schema_once,
    every_column_that_the_code_knows_is_there,
    history_cannot_be_rewritten,
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut Conn, query: &str) -> Vec<String> {
    let rows: Vec<Line> = sql_query(query).load(conn).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.line).collect()
}

/// `table column nullable type` of every column that the code knows. What SQLite has beside that makes the view of a shopper's
/// clicks, which is all that is asked for.
fn columns(db: &TestDb, conn: &mut Conn) -> Vec<[String; 4]> {
    let query = match db.kind() {
        Kind::Sqlite => {
            "select m.name || ' ' || p.name || ' ' || case p.\"notnull\" when 1 then 'NO' else 'YES' end || ' ' || \
             lower(p.type) as line from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table' \
             and m.name not like 'sqlite_%' and m.name not like '\\_\\_%' escape '\\' \
             and m.name <> 'click_runs' and (m.name, p.name) <> ('clicks', 'seq') order by 1"
        }
        Kind::Postgres => {
            "select concat_ws(' ', table_name, column_name, is_nullable, split_part(data_type, ' ', 1)) as line \
             from information_schema.columns where table_schema = 'public' and table_name not like '\\_\\_%' \
             and table_name not in (select table_name from information_schema.views) \
             and table_name not in (select relname from pg_class where relispartition) order by 1"
        }
    };
    let split = |line: String| -> [String; 4] {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.try_into().unwrap()
    };
    lines(conn, query).into_iter().map(split).collect()
}

/// Everything that makes the schema: tables, indexes, constraints, triggers, functions.
fn whole_schema(db: &TestDb, conn: &mut Conn) -> Vec<String> {
    let queries: &[&str] = match db.kind() {
        Kind::Sqlite => &["select type || ' ' || name || ' ' || coalesce(sql, '') as line from sqlite_master \
               where name not like '\\_\\_%' escape '\\' and tbl_name not like '\\_\\_%' escape '\\' \
               and name <> 'sqlite_sequence' order by 1"],
        Kind::Postgres => &[
            "select indexdef as line from pg_indexes where schemaname = 'public' and tablename not like '\\_\\_%' order by 1",
            "select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) as line from pg_constraint \
             where connamespace = 'public'::regnamespace and conrelid::regclass::text not like '\\_\\_%' order by 1",
            "select viewname || ' ' || definition as line from pg_views where schemaname = 'public' order by 1",
            "select pg_get_triggerdef(oid) as line from pg_trigger where not tgisinternal order by 1",
            "select proname::text as line from pg_proc where pronamespace = 'public'::regnamespace \
             and proname not like 'diesel%' order by 1",
        ],
    };
    let mut out: Vec<String> = columns(db, conn).into_iter().map(|words| words.join(" ")).collect();
    for query in queries {
        out.extend(lines(conn, query));
    }
    out
}

async fn down_and_up_again_is_the_same(db: TestDb) {
    let mut conn = db.connect();
    let before = whole_schema(&db, &mut conn);
    assert!(before.len() > 200, "only {} lines describe the schema", before.len());
    migrate::down_all(&mut conn).unwrap();
    assert_eq!(whole_schema(&db, &mut conn), Vec::<String>::new(), "down leaves nothing behind");
    assert!(migrate::pending(&mut conn).unwrap());
    assert!(!migrate::up(&mut conn).unwrap().is_empty());
    assert_eq!(whole_schema(&db, &mut conn), before);
    assert!(migrate::up(&mut conn).unwrap().is_empty(), "up again has nothing to do");
}

async fn who_starts_at_once_makes_the_schema_once(db: TestDb) {
    let mut conn = db.connect();
    let before = whole_schema(&db, &mut conn);
    migrate::down_all(&mut conn).unwrap();
    open_at_once(&db.url);
    assert_eq!(whole_schema(&db, &mut conn), before);
}

/// The file too is made by whoever comes first.
#[test]
fn commands_may_make_a_new_file_at_once() {
    for _ in 0..4 {
        let folder = tempfile::TempDir::new().unwrap();
        open_at_once(&sqlite_url(&folder.path().join("new.db")));
    }
}

/// One that fails undoes those before it, and says why it failed.
#[test]
fn on_sqlite_all_that_is_missing_is_applied_or_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("taken.db");
    let mut conn = connect(&sqlite_url(&file));
    conn.batch_execute("create table click_runs (id integer)").unwrap();
    let refused = migrate::up(&mut conn).unwrap_err().to_string();
    assert!(refused.contains("click_runs already exists"), "{refused}");
    assert_eq!(lines(&mut conn, "select name as line from sqlite_master"), ["click_runs"]);
    assert!(migrate::pending(&mut conn).unwrap());
}

fn open_at_once(url: &str) {
    let open = || Db::open(&DbOptions { url: url.to_owned(), ..DbOptions::default() }).unwrap();
    thread::scope(|scope| {
        let nodes: Vec<_> = (0..4).map(|_| scope.spawn(|| open().migrate().unwrap())).collect();
        for node in nodes {
            assert_eq!(node.join().unwrap(), Vec::<String>::new(), "opening has left something missing");
        }
    });
}

/// Another application may keep its migrations in the same database.
#[test]
fn a_schema_of_its_own_is_enough() {
    on_postgres(async |db| {
        let mut conn = db.connect();
        let before = columns(&db, &mut conn);
        conn.batch_execute("create schema apart").unwrap();
        let url = format!("{}?options=-csearch_path%3Dapart", db.url);
        let apart = Db::open(&DbOptions { url, ..DbOptions::default() }).unwrap();
        assert!(!migrate::pending(&mut apart.reading_connection().unwrap()).unwrap());
        conn.batch_execute("set search_path to apart").unwrap();
        let made =
            lines(&mut conn, "select tablename::text as line from pg_tables where schemaname = 'apart' order by 1");
        assert!(made.contains(&"ledger_transactions".to_owned()), "{made:?}");
        assert_eq!(columns(&db, &mut conn), before, "the other schema is as it was");
    });
}

#[test]
fn both_databases_have_the_same_columns() {
    let Some(postgres) = TestDb::postgres() else {
        println!("NOT TESTED: PostgreSQL (TEST_DATABASE_URL is not set)");
        return;
    };
    let of = |db: &TestDb| -> BTreeMap<String, String> {
        let columns = columns(db, &mut db.connect());
        columns.into_iter().map(|[table, column, nullable, _]| (format!("{table}.{column}"), nullable)).collect()
    };
    let (sqlite, postgres) = (of(&TestDb::sqlite()), of(&postgres));
    assert!(sqlite.len() > 150, "{}", sqlite.len());
    assert_eq!(sqlite, postgres);
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let folders = names("sqlite");
    assert_eq!(folders, names("postgres"));
    let versions: BTreeSet<&str> = folders.iter().filter_map(|folder| folder.split('_').next()).collect();
    assert_eq!(versions.len(), folders.len(), "of two migrations with one number only one is applied: {folders:?}");
}

/// `src/db/schema.rs` as the compiler sees it: table, column, type, nullable.
fn known_to_the_code() -> Vec<[String; 4]> {
    let mut out = Vec::new();
    let mut table = None;
    let text = concat!(
        include_str!("../../src/db/schema.rs"),
        include_str!("../../src/db/schema/accounts.rs"),
        include_str!("../../src/db/schema/extension.rs"),
        include_str!("../../src/db/schema/webhooks.rs"),
        include_str!("../../src/db/schema/people.rs"),
        include_str!("../../src/db/schema/reconciliation.rs"),
        include_str!("../../src/db/schema/protection.rs"),
        include_str!("../../src/db/schema/rails.rs"),
        include_str!("../../src/db/schema/standing.rs")
    );
    for line in text.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = Some(name.to_owned());
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let inner = kind.strip_prefix("Nullable<").and_then(|rest| rest.strip_suffix('>'));
            let nullable = if inner.is_some() { "YES" } else { "NO" };
            out.push([
                table.clone().unwrap(),
                column.to_owned(),
                nullable.to_owned(),
                inner.unwrap_or(kind).to_owned(),
            ]);
        }
    }
    out
}

async fn every_column_that_the_code_knows_is_there(db: TestDb) {
    let mut conn = db.connect();
    let stored = |kind: &str| match (db.kind(), kind) {
        (Kind::Sqlite, "Uid" | "Binary") => "blob",
        (Kind::Sqlite, "Moment" | "BigInt" | "Bool") => "integer",
        (Kind::Postgres, "Uid") => "uuid",
        (Kind::Postgres, "Binary") => "bytea",
        (Kind::Postgres, "Moment") => "timestamp",
        (Kind::Postgres, "BigInt") => "bigint",
        (Kind::Postgres, "Bool") => "boolean",
        (_, "Text") => "text",
        (_, other) => panic!("{other} is a new type: say how it is stored"),
    };
    let mut known: Vec<[String; 4]> = known_to_the_code()
        .into_iter()
        .map(|[table, column, nullable, kind]| [table, column, nullable, stored(&kind).to_owned()])
        .collect();
    known.sort();
    let mut there = columns(&db, &mut conn);
    there.sort();
    assert_eq!(known, there);
    for [table, column, ..] in known {
        conn.batch_execute(&format!("select {column} from {table}")).unwrap();
    }
}

/// Tables that are only added to, with a row for each: `$u` is an id, `$t` a time.
const FROZEN: &[(&str, &str, &str)] = &[
    ("terms", "insert into terms values ($u, $u, 1, $t, '{}', $t)", "body = 'x'"),
    (
        "conversion_revisions",
        "insert into conversion_revisions values ($u, 1, $t, 'pending', $f, 1, 1, null, 'postback', null, null)",
        "commission = 2",
    ),
    (
        "ledger_transactions",
        "insert into ledger_transactions values ($u, $t, 'k', 's', null, null, null, null, null)",
        "kind = 'x'",
    ),
    ("ledger_transfers", "insert into ledger_transfers values ($u, 1, 'a', 'b', 1, 'RUB')", "amount = 2"),
    ("ledger_seals", "insert into ledger_seals values (1, $u, 'h')", "hash = 'x'"),
    ("payout_events", "insert into payout_events values ($u, 1, $t, 'paid', 'c', null)", "state = 'x'"),
    ("audit", "insert into audit values ($u, $t, 'a', 'b', 'c', 'd')", "actor = 'x'"),
];

/// A statement that puts another row in the place of the first, with every key changed but SQLite's own, where it has one.
fn over_rowid(conn: &mut Conn, table: &str) -> Option<String> {
    conn.batch_execute(&format!("select rowid from {table}")).ok()?;
    let names = lines(conn, &format!("select name as line from pragma_table_info('{table}')"));
    if names.first().map(String::as_str) == Some("position") {
        return None; // The number is the key itself.
    }
    let values: Vec<String> = names
        .iter()
        .map(|name| match name.as_str() {
            "id" | "store_id" | "conversion_id" | "transaction_id" | "payout_id" => format!("randomblob(16) as {name}"),
            "source" => "'other' as source".to_owned(),
            _ => name.clone(),
        })
        .collect();
    let (names, values) = (names.join(", "), values.join(", "));
    Some(format!("insert or replace into {table} (rowid, {names}) select rowid, {values} from {table}"))
}

async fn history_cannot_be_rewritten(db: TestDb) {
    let mut conn = db.connect();
    let fill = |text: &str| match db.kind() {
        Kind::Sqlite => text.replace("$u", "x'00000000000000000000000000000001'").replace("$t", "0").replace("$f", "0"),
        Kind::Postgres => {
            text.replace("$u", "'00000000-0000-0000-0000-000000000001'").replace("$t", "now()").replace("$f", "false")
        }
    };
    // The rows stand alone here: what they refer to is not the subject.
    if db.kind() == Kind::Sqlite {
        conn.batch_execute("pragma foreign_keys = off").unwrap();
    }
    if db.kind() == Kind::Postgres {
        let drop = "select format('alter table %s drop constraint %I', conrelid::regclass, conname) as line \
                    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace";
        for statement in lines(&mut conn, drop) {
            conn.batch_execute(&statement).unwrap();
        }
    }
    let own = Db::open_as_is(&DbOptions { url: db.url.clone(), ..DbOptions::default() }).unwrap();
    for (table, insert, change) in FROZEN {
        conn.batch_execute(&fill(insert)).unwrap();
        let mut refused = vec![format!("update {table} set {change}"), format!("delete from {table}")];
        if db.kind() == Kind::Sqlite {
            // Each takes the row's place, by its key and by its row number.
            let mut replacing = vec![fill(insert).replace("insert into", "insert or replace into")];
            replacing.extend(over_rowid(&mut conn, table));
            for statement in replacing.clone() {
                let told = statement.clone();
                let done = own.write(Lane::House, move |conn| Ok::<_, DbError>(conn.batch_execute(&statement)?)).await;
                let error = done.expect_err(&told).to_string();
                assert!(error.contains("rows are only inserted, never changed"), "{told}: {error}");
            }
            // What the chain would show is refused to the program alone; the rest to everybody.
            if !table.starts_with("ledger_") {
                refused.extend(replacing);
            }
        }
        if db.kind() == Kind::Postgres {
            refused.push(format!("truncate {table} cascade"));
        }
        for statement in refused {
            let error = conn.batch_execute(&statement).expect_err(&statement).to_string();
            assert!(error.contains("rows are only inserted, never changed"), "{statement}: {error}");
        }
        let count = lines(&mut conn, &format!("select cast(count(*) as text) as line from {table}"));
        assert_eq!(count, ["1"], "{table}");
    }
}
