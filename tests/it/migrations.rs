//! The schema: the same on both databases, the same after going down and up again, and guarded by the database itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use diesel::connection::{Connection as _, InstrumentationEvent, SimpleConnection as _};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use kopilka::base::Timestamp;
use kopilka::base::id::{ClickId, ConversionId, PartnerId, ShopperId, StoreId};
use kopilka::db::postbacks::PostbackFilter;
use kopilka::db::{
    Conn, DbError, Kind, applications, audit, balances, bench_reports, clicks, conversions, days, inbox, ledger,
    migrate, order_changes, payouts, people, postbacks, seals, search, stores,
};

use crate::on_both;
use crate::support::db::TestDb;

on_both![
    down_and_up_again_is_the_same,
    every_column_that_the_code_knows_is_there,
    history_cannot_be_rewritten,
    hot_queries_use_their_index,
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

/// `table column nullable type` of every column.
fn columns(db: &TestDb, conn: &mut Conn) -> Vec<[String; 4]> {
    let query = match db.kind() {
        Kind::Sqlite => {
            "select m.name || ' ' || p.name || ' ' || case p.\"notnull\" when 1 then 'NO' else 'YES' end || ' ' || \
             lower(p.type) as line from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table' \
             and m.name not like 'sqlite_%' and m.name not like '\\_\\_%' escape '\\' order by 1"
        }
        Kind::Postgres => {
            "select concat_ws(' ', table_name, column_name, is_nullable, split_part(data_type, ' ', 1)) as line \
             from information_schema.columns where table_schema = 'public' and table_name not like '\\_\\_%' \
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
               where name not like '\\_\\_%' escape '\\' and tbl_name not like '\\_\\_%' escape '\\' order by 1"],
        Kind::Postgres => &[
            "select indexdef as line from pg_indexes where schemaname = 'public' and tablename not like '\\_\\_%' order by 1",
            "select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) as line from pg_constraint \
             where connamespace = 'public'::regnamespace and conrelid::regclass::text not like '\\_\\_%' order by 1",
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
        include_str!("../../src/db/schema/people.rs"),
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

/// A statement that puts another row in the place of the first, with every key changed but SQLite's own.
fn over_rowid(conn: &mut Conn, table: &str) -> Option<String> {
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
    for (table, insert, change) in FROZEN {
        conn.batch_execute(&fill(insert)).unwrap();
        let mut refused = vec![format!("update {table} set {change}"), format!("delete from {table}")];
        if db.kind() == Kind::Sqlite {
            // Each takes the row's place, by its key and by its row number, and no trigger on DELETE hears of it.
            refused.push(fill(insert).replace("insert into", "insert or replace into"));
            refused.extend(over_rowid(&mut conn, table));
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

type Query = fn(&mut Conn) -> Result<(), DbError>;

/// Queries that run for every click, postback or sweep, what their placeholders stand for, and the index that they
/// must use: on SQLite, on PostgreSQL.
const HOT: &[(&str, Query, &str, &str, &str)] = &[
    (
        "clicks of a shopper",
        |c| clicks::click_list_of_shopper(c, ShopperId::new(), None, 20).map(drop),
        "u n",
        "clicks_by_shopper",
        "clicks_default_shopper_id_id_idx",
    ),
    (
        "clicks of a partner",
        |c| clicks::click_list_of_partner(c, PartnerId::new(), None, 20).map(drop),
        "n n",
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "conversion by key",
        |c| conversions::conversion_find_by_key(c, PartnerId::new(), "x").map(drop),
        "u s n",
        "sqlite_autoindex_conversions_2",
        "conversions_partner_id_external_id_key",
    ),
    (
        "conversions of a shopper",
        |c| {
            let filter = conversions::ConversionFilter { shopper_id: Some(ShopperId::new()), ..Default::default() };
            conversions::conversion_list(c, &filter, 20).map(drop)
        },
        "u n",
        "conversions_by_shopper",
        "conversions_by_shopper",
    ),
    (
        "conversions due",
        |c| conversions::conversion_list_to_release(c, Timestamp::EPOCH, 100).map(drop),
        "confirmed t n",
        "conversions_to_release",
        "conversions_to_release",
    ),
    (
        "revisions of a conversion",
        |c| conversions::revision_list(c, ConversionId::new()).map(drop),
        "u",
        "sqlite_autoindex_conversion_revisions_1",
        "conversion_revisions_pkey",
    ),
    (
        "postbacks of a conversion",
        |c| postbacks::postback_list_of_conversion(c, ConversionId::new()).map(drop),
        "u",
        "postbacks_by_conversion",
        "postbacks_by_conversion",
    ),
    (
        "postbacks waiting",
        |c| postbacks::postback_list(c, &PostbackFilter { waiting: true, ..Default::default() }, 20).map(drop),
        "held,refused n",
        "postbacks_waiting",
        "postbacks_waiting",
    ),
    (
        "transfers of a conversion",
        |c| ledger::transfer_list_of_conversion(c, ConversionId::new()).map(drop),
        "us",
        "ledger_transactions_by_conversion",
        "ledger_transactions_by_conversion",
    ),
    (
        "conversions by their partners' ids",
        |c| conversions::conversion_list_by_keys(c, &[(PartnerId::new(), "A-1")]).map(drop),
        "us ws",
        "sqlite_autoindex_conversions_2",
        // Both of them: by partner alone, all that the partner ever reported would be read.
        "Index Cond: ((partner_id = asked.partner_id) AND (external_id = asked.external_id))",
    ),
    (
        "what shoppers have at stores",
        |c| conversions::conversion_list_alive(c, vec![ShopperId::new()], vec![StoreId::new()]).map(drop),
        "us us pending,confirmed",
        "conversions_by_s",
        "conversions_by_s",
    ),
    (
        "clicks by id",
        |c| clicks::click_list_by_ids(c, &[ClickId::new()]).map(drop),
        "us",
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "balances of shoppers",
        |c| balances::balances_list_of(c, vec![ShopperId::new()]).map(drop),
        "us",
        "sqlite_autoindex_shopper_balances_1",
        "shopper_balances_pkey",
    ),
    (
        "balances of a shopper",
        |c| balances::balances_list(c, ShopperId::new()).map(drop),
        "u",
        "sqlite_autoindex_shopper_balances_1",
        "shopper_balances_pkey",
    ),
    (
        "clicks to count",
        |c| days::click_walk(c, None, ClickId::new(), 100).map(drop),
        "u n",
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "orders by number",
        |c| search::find_orders(c, "A-1", vec![PartnerId::new()], 10).map(drop),
        "s n",
        "conversions_by_order",
        "conversions_by_order",
    ),
    ("claims by number", |c| search::find_claims(c, "A-1", 10).map(drop), "s n", "claims_by_order", "claims_by_order"),
    (
        "payouts by their provider's reference",
        |c| search::find_payouts(c, "ref", vec!["sandbox".to_owned()], 10).map(drop),
        "ws s n",
        "payouts_by_provider_ref",
        "payouts_by_provider_ref",
    ),
    ("claims that are open", |c| inbox::claim_count_open(c, 100).map(drop), "open n", "claims_open", "claims_open"),
    (
        "what an operator did",
        |c| {
            let filter = audit::AuditFilter { actor: Some("console".to_owned()), ..Default::default() };
            audit::audit_list(c, &filter, 20).map(drop)
        },
        "s n",
        "audit_by_actor",
        "audit_by_actor",
    ),
    (
        "a partner's people",
        |c| people::person_list(c, PartnerId::new(), None, 20).map(drop),
        "u n",
        "partner_people_by_partner",
        "partner_people_by_partner",
    ),
    (
        "applications that wait",
        |c| applications::application_list_waiting(c, 20).map(drop),
        "n",
        "partner_applications_waiting",
        "partner_applications_waiting",
    ),
    (
        "a partner's latest calls",
        |c| postbacks::postback_facts(c, PartnerId::new(), postbacks::Side::Latest, 20).map(drop),
        "u n",
        "postbacks_by_partner",
        "postbacks_by_partner",
    ),
    (
        "a partner's calls that are looked for",
        |c| postbacks::postback_search(c, PartnerId::new(), &postbacks::CallSearch::default(), 20).map(drop),
        "u n n",
        "postbacks_by_partner",
        "postbacks_by_partner",
    ),
    (
        "a shared report",
        |c| bench_reports::bench_report_find(c, "x", Timestamp::EPOCH).map(drop),
        "s t n",
        "sqlite_autoindex_bench_reports_2",
        "bench_reports_digest_key",
    ),
    (
        "a partner's files of changes",
        |c| order_changes::order_changes_list(c, PartnerId::new(), None, 20).map(drop),
        "u n",
        "order_changes_by_partner",
        "order_changes_by_partner",
    ),
    (
        "transactions not sealed",
        |c| seals::unsealed_list(c, 100).map(drop),
        "n",
        "sqlite_autoindex_ledger_unsealed_1",
        "ledger_unsealed_pkey",
    ),
];

/// The statement that a query sends, with `?` or `$n` in it.
fn statement_of(conn: &mut Conn, query: Query) -> String {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            writer.lock().unwrap().push(query.to_string());
        }
    });
    query(conn).unwrap();
    conn.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    let first = seen.lock().unwrap().first().cloned().expect("a statement was sent");
    first.split(" -- binds").next().unwrap().to_owned()
}

fn with_values(kind: Kind, statement: &str, values: &str) -> String {
    let mut rest = statement.to_owned();
    // A list is one array on PostgreSQL, and as many values as it has on SQLite.
    let values = if kind == Kind::Sqlite { values.replace(',', " ") } else { values.to_owned() };
    for (n, value) in (1..).zip(values.split_whitespace()) {
        let placeholder = if kind == Kind::Sqlite { "?".to_owned() } else { format!("${n}") };
        let literal = match (kind, value) {
            (Kind::Sqlite, "u") => "x'00000000000000000000000000000001'".to_owned(),
            (Kind::Sqlite, "us") => "x'00000000000000000000000000000001'".to_owned(),
            (Kind::Postgres, "us") => "'{00000000-0000-0000-0000-000000000001}'::uuid[]".to_owned(),
            (Kind::Postgres, "ws") => "'{word}'::text[]".to_owned(),
            (Kind::Postgres, "u") => "'00000000-0000-0000-0000-000000000001'::uuid".to_owned(),
            (Kind::Postgres, "t") => "now()".to_owned(),
            (Kind::Postgres, "f") => "false".to_owned(),
            (Kind::Sqlite, "t" | "f") => "0".to_owned(),
            (_, "n") => "20".to_owned(),
            (_, list) if list.contains(',') => format!("'{{{list}}}'::text[]"),
            (_, word) => format!("'{word}'"),
        };
        assert!(rest.contains(&placeholder), "{statement}: no {placeholder}");
        rest = rest.replacen(&placeholder, &literal, 1);
    }
    assert!(!rest.contains('?') && !rest.contains('$'), "{statement}: more placeholders than {values}");
    rest
}

async fn hot_queries_use_their_index(db: TestDb) {
    let mut conn = db.connect();
    for (name, query, values, on_sqlite, on_postgres) in HOT {
        let statement = with_values(db.kind(), &statement_of(&mut conn, *query), values);
        let (plan, index) = match db.kind() {
            Kind::Sqlite => (sqlite_plan(&mut conn, &statement), on_sqlite),
            Kind::Postgres => {
                // The tables are empty, and then reading them whole is quickest: it has to be forbidden.
                conn.batch_execute("set enable_seqscan = off; set enable_bitmapscan = off").unwrap();
                (postgres_plan(&mut conn, &statement), on_postgres)
            }
        };
        assert!(plan.contains(index), "{name}: {index} is not used\n{statement}\n{plan}");
        let whole = plan.lines().find(|line| {
            let line = line.trim_start();
            line.contains("Seq Scan") || (line.starts_with("SCAN") && !line.contains("USING"))
        });
        assert!(whole.is_none(), "{name} reads a whole table\n{statement}\n{plan}");
    }
    // Named so that nobody forgets to think of them here when they grow.
    stores::store_load_all(&mut conn).unwrap();
    payouts::payout_open_sums(&mut conn).unwrap();
}

fn sqlite_plan(conn: &mut Conn, statement: &str) -> String {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let steps: Vec<Step> = sql_query(format!("explain query plan {statement}")).load(conn).unwrap();
    steps.into_iter().map(|step| step.detail + "\n").collect()
}

fn postgres_plan(conn: &mut Conn, statement: &str) -> String {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let steps: Vec<Step> = sql_query(format!("explain {statement}")).load(conn).unwrap();
    steps.into_iter().map(|step| step.line + "\n").collect()
}
