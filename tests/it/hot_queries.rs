//! Queries that run for every click, postback or look: each uses its index, on both databases.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection as _, InstrumentationEvent, SimpleConnection as _};
use diesel::sql_query;
use diesel::{QueryableByName, RunQueryDsl, sql_types::Text};
use kopilka::base::Timestamp;
use kopilka::base::id::{
    ActivationId, ClickId, ConversionId, HookId, MethodId, PartnerId, PayoutId, ShopperId, StoreId,
};
use kopilka::db::postbacks::PostbackFilter;
use kopilka::db::tokens::Owner;
use kopilka::db::{
    Conn, DbError, Kind, adjustments, applications, audit, balances, bench_reports, claims, click_facts, clicks,
    conversions, days, extension, health, hooks, inbox, jobs, ledger, methods, order_changes, payouts, people,
    postbacks, protection, provider_events, revisions, seals, search, stores, tokens, unconfirmed,
};
use kopilka::domain::access::TokenKind;
use kopilka::domain::money::Currency;

use crate::on_both;
use crate::support::db::TestDb;

on_both![hot_queries_use_their_index, every_index_is_asked_for];

type Query = fn(&mut Conn) -> Result<(), DbError>;

/// Queries that run for every click, postback or sweep, and the index that they must use: on SQLite, on PostgreSQL. Their
/// plans are made without the values, as SQLite makes them all, and PostgreSQL those that it keeps.
const HOT: &[(&str, Query, &str, &str)] = &[
    (
        "clicks of a shopper",
        |c| clicks::click_list_of_shopper(c, ShopperId::new(), None, 20).map(drop),
        "SEARCH noted USING PRIMARY KEY (run=? AND shopper_id=? AND click_id>? AND click_id<?)",
        "clicks_default_shopper_id_id_idx",
    ),
    (
        "click of an activation",
        |c| {
            let (id, at) = (ActivationId::new(), Timestamp::EPOCH);
            let (shopper_id, store_id) = (ShopperId::new(), StoreId::new());
            let row = extension::ActivationRow { id, shopper_id, store_id, issued_at: at, expires_at: at };
            extension::activation_click(c, &row).map(drop)
        },
        "SEARCH noted USING PRIMARY KEY (run=? AND shopper_id=? AND click_id>? AND click_id<?)",
        "clicks_default_shopper_id_id_idx",
    ),
    (
        "clicks of a partner",
        |c| clicks::click_list_of_partner(c, PartnerId::new(), None, 20).map(drop),
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "conversion by key",
        |c| conversions::conversion_find_by_key(c, PartnerId::new(), "x").map(drop),
        "sqlite_autoindex_conversions_2",
        "conversions_partner_id_external_id_key",
    ),
    (
        "transactions of a shopper",
        |c| {
            let filter = ledger::TransactionFilter { shopper_id: Some(ShopperId::new()), ..Default::default() };
            ledger::transaction_list(c, &filter, 20).map(drop)
        },
        "ledger_transactions_by_shopper",
        "ledger_transactions_by_shopper",
    ),
    (
        "transactions of a partner",
        |c| {
            let filter = ledger::TransactionFilter { partner_id: Some(PartnerId::new()), ..Default::default() };
            ledger::transaction_list(c, &filter, 20).map(drop)
        },
        "ledger_transactions_by_partner",
        "ledger_transactions_by_partner",
    ),
    (
        "transactions of a payout",
        |c| {
            let filter = ledger::TransactionFilter { payout_id: Some(PayoutId::new()), ..Default::default() };
            ledger::transaction_list(c, &filter, 20).map(drop)
        },
        "ledger_transactions_by_payout",
        "ledger_transactions_by_payout",
    ),
    (
        "conversions of a click",
        |c| conversions::conversion_list_of_click(c, ClickId::new()).map(drop),
        "conversions_by_click",
        "conversions_by_click",
    ),
    (
        "conversions of a store",
        |c| {
            let filter = conversions::ConversionFilter { store_id: Some(StoreId::new()), ..Default::default() };
            conversions::conversion_list(c, &filter, 20).map(drop)
        },
        "conversions_by_store",
        "conversions_by_store",
    ),
    (
        "payouts of a shopper",
        |c| {
            let filter = payouts::PayoutFilter { shopper_id: Some(ShopperId::new()), ..Default::default() };
            payouts::payout_list(c, &filter, 20).map(drop)
        },
        "payouts_by_shopper",
        "payouts_by_shopper",
    ),
    (
        "conversions of a shopper",
        |c| {
            let filter = conversions::ConversionFilter { shopper_id: Some(ShopperId::new()), ..Default::default() };
            conversions::conversion_list(c, &filter, 20).map(drop)
        },
        "conversions_by_shopper",
        "conversions_by_shopper",
    ),
    (
        "conversions due",
        |c| conversions::conversion_list_to_release(c, Timestamp::EPOCH, 100).map(drop),
        "conversions_to_release",
        "conversions_to_release",
    ),
    (
        "revisions of a conversion",
        |c| revisions::revision_list(c, ConversionId::new()).map(drop),
        "conversion_revisions USING PRIMARY KEY (conversion_id=?",
        "conversion_revisions_pkey",
    ),
    (
        "postbacks of a conversion",
        |c| postbacks::postback_list_of_conversion(c, ConversionId::new()).map(drop),
        "postbacks_by_conversion",
        "postbacks_by_conversion",
    ),
    (
        "postbacks waiting",
        |c| postbacks::postback_list(c, &PostbackFilter { waiting: true, ..Default::default() }, 20).map(drop),
        "postbacks_waiting",
        "postbacks_waiting",
    ),
    (
        "transfers of a conversion",
        |c| ledger::transfer_list_of_conversion(c, ConversionId::new()).map(drop),
        "ledger_transactions_by_conversion",
        "ledger_transactions_by_conversion",
    ),
    (
        "conversions by their partners' ids",
        |c| conversions::conversion_list_by_keys(c, &[(PartnerId::new(), "A-1")]).map(drop),
        "sqlite_autoindex_conversions_2",
        // Both of them: by partner alone, all that the partner ever reported would be read.
        "Index Cond: ((partner_id = asked.partner_id) AND (external_id = asked.external_id))",
    ),
    (
        "what shoppers have at stores",
        |c| conversions::conversion_list_alive(c, vec![ShopperId::new()], vec![StoreId::new()]).map(drop),
        "conversions_by_s",
        "conversions_by_s",
    ),
    (
        "clicks by id",
        |c| clicks::click_list_by_ids(c, &[ClickId::new()]).map(drop),
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "clicks with what their orders are decided upon",
        |c| click_facts::click_facts(c, &[ClickId::new()]).map(drop),
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "balances of shoppers",
        |c| balances::balances_list_of(c, vec![ShopperId::new()]).map(drop),
        "shopper_balances USING PRIMARY KEY (shopper_id=?",
        "shopper_balances_pkey",
    ),
    (
        "balances of a shopper",
        |c| balances::balances_list(c, ShopperId::new()).map(drop),
        "shopper_balances USING PRIMARY KEY (shopper_id=?",
        "shopper_balances_pkey",
    ),
    (
        "clicks to count",
        |c| days::click_walk(c, None, ClickId::new(), 100).map(drop),
        "sqlite_autoindex_clicks_1",
        "clicks_default_pkey",
    ),
    (
        "orders by number",
        |c| search::find_orders(c, "A-1", vec![PartnerId::new()], 10).map(drop),
        "conversions_by_order",
        "conversions_by_order",
    ),
    ("claims by number", |c| search::find_claims(c, "A-1", 10).map(drop), "claims_by_order", "claims_by_order"),
    (
        "payouts by their provider's reference",
        |c| search::find_payouts(c, "ref", vec!["sandbox".to_owned()], 10).map(drop),
        "payouts_by_provider_ref",
        "payouts_by_provider_ref",
    ),
    ("claims that are open", |c| inbox::claim_count_open(c, 100).map(drop), "claims_open", "claims_open"),
    (
        "what an operator did",
        |c| {
            let filter = audit::AuditFilter { actor: Some("console".to_owned()), ..Default::default() };
            audit::audit_list(c, &filter, 20).map(drop)
        },
        "audit_by_actor",
        "audit_by_actor",
    ),
    (
        "a partner's people",
        |c| people::person_list(c, PartnerId::new(), None, 20).map(drop),
        "partner_people_by_partner",
        "partner_people_by_partner",
    ),
    (
        "shoppers who never confirmed",
        |c| unconfirmed::shopper_list_unconfirmed(c, Timestamp::EPOCH, 20).map(drop),
        "shoppers_unconfirmed",
        "shoppers_unconfirmed",
    ),
    (
        "people who never confirmed",
        |c| unconfirmed::person_list_unconfirmed(c, Timestamp::EPOCH, 20).map(drop),
        "partner_people_unconfirmed",
        "partner_people_unconfirmed",
    ),
    (
        "applications that wait",
        |c| applications::application_list_waiting(c, 20).map(drop),
        "partner_applications_waiting",
        "partner_applications_waiting",
    ),
    (
        "a partner's latest calls",
        |c| postbacks::postback_facts(c, PartnerId::new(), postbacks::Side::Latest, 20).map(drop),
        "postbacks_by_partner",
        "postbacks_by_partner",
    ),
    (
        "a partner's calls that are looked for",
        |c| postbacks::postback_search(c, PartnerId::new(), &postbacks::CallSearch::default(), 20).map(drop),
        "postbacks_by_partner",
        "postbacks_by_partner",
    ),
    (
        "a shared report",
        |c| bench_reports::bench_report_find(c, "x", Timestamp::EPOCH).map(drop),
        "sqlite_autoindex_bench_reports_2",
        "bench_reports_digest_key",
    ),
    (
        "a partner's files of changes",
        |c| order_changes::order_changes_list(c, PartnerId::new(), None, 20).map(drop),
        "order_changes_by_partner",
        "order_changes_by_partner",
    ),
    (
        "jobs that are due",
        |c| jobs::job_claim(c, Timestamp::EPOCH, Timestamp::EPOCH, 100).map(drop),
        "jobs_due",
        "jobs_due",
    ),
    ("the job due longest", |c| health::jobs_oldest_due(c, Timestamp::EPOCH).map(drop), "jobs_due", "jobs_due"),
    (
        "calls held for a reason",
        |c| postbacks::postback_list_held_since(c, &["no_click"], Timestamp::EPOCH, None, 20).map(drop),
        "postbacks_waiting",
        "postbacks_waiting",
    ),
    ("calls that wait", |c| inbox::postback_count_waiting(c, 100).map(drop), "postbacks_waiting", "postbacks_waiting"),
    (
        "corrections whose time is over",
        |c| adjustments::adjustment_list_overdue(c, Timestamp::EPOCH, 20).map(drop),
        "adjustments_open",
        "adjustments_open",
    ),
    (
        "providers' messages that wait",
        |c| provider_events::provider_event_list_waiting(c, None, 20).map(drop),
        "provider_events_waiting",
        "provider_events_waiting",
    ),
    (
        "an endpoint's messages that are due",
        |c| hooks::hook_message_list_due(c, HookId::new(), Timestamp::EPOCH, 20).map(drop),
        "hook_messages_waiting",
        "hook_messages_waiting",
    ),
    (
        "transactions not sealed",
        |c| seals::unsealed_list(c, 100).map(drop),
        "SCAN ledger_unsealed",
        "ledger_unsealed_pkey",
    ),
    (
        "tokens of those who call",
        |c| tokens::token_list_by_digests(c, vec!["x"]).map(drop),
        "sqlite_autoindex_tokens_2",
        "tokens_digest_key",
    ),
    (
        "tokens of a shopper",
        |c| tokens::token_list(c, Owner::Shopper(ShopperId::new()), TokenKind::Api, None, 20).map(drop),
        "tokens_by_owner",
        "tokens_by_owner",
    ),
    (
        "who is paid out to",
        |c| protection::payee_list(c, vec![ShopperId::new()]).map(drop),
        "sqlite_autoindex_second_factors_1",
        "second_factors_pkey",
    ),
    (
        "destinations of a shopper",
        |c| methods::method_list(c, ShopperId::new()).map(drop),
        "payout_methods_by_shopper",
        "payout_methods_by_shopper",
    ),
    (
        "payouts under a key",
        |c| payouts::payout_list_by_requests(c, vec![ShopperId::new()], vec!["x".to_owned()]).map(drop),
        "sqlite_autoindex_payouts_3",
        "payouts_shopper_id_idempotency_key_key",
    ),
    (
        "payouts that a limit counts",
        |c| payouts::payout_list_counted(c, vec![ShopperId::new()], Timestamp::EPOCH).map(drop),
        "payouts_by_shopper",
        "payouts_by_shopper",
    ),
    (
        "payouts of a day",
        |c| protection::payout_sum_of_day(c, Currency::RUB, Timestamp::EPOCH).map(drop),
        "payouts_by_time",
        "payouts_by_time",
    ),
    (
        "the same destination elsewhere",
        |c| protection::destination_list_same(c, vec![MethodId::new()]).map(drop),
        "destination_hashes_by_hash",
        "destination_hashes_by_hash",
    ),
    (
        "who asked from a network",
        |c| protection::network_list(c, vec!["x".to_owned()], Timestamp::EPOCH).map(drop),
        "payout_networks_by_network",
        "payout_networks_by_network",
    ),
    (
        "what is approved for a provider",
        |c| payouts::payout_list_approved(c, "x", 20).map(drop),
        "payouts_by_state",
        "payouts_by_state",
    ),
    (
        "claims of a shopper",
        |c| {
            let filter = claims::ClaimFilter { shopper_id: Some(ShopperId::new()), ..Default::default() };
            claims::claim_list(c, &filter, 20).map(drop)
        },
        "claims_by_shopper",
        "claims_by_shopper",
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

/// The other indexes, and what asks by them: an index that nothing asks by is paid for with every row.
const ASKED: &[(&str, &str)] = &[
    ("activations_by_shopper", "extension: what an erased shopper has left"),
    ("adjustments_by_shopper", "adjustments: the corrections of a shopper"),
    ("audit_by_subject", "audit: what was done to something"),
    ("awaited_orders_by_shopper", "awaited_orders: those of a shopper"),
    ("awaited_orders_due", "awaited_orders: those whose time has come"),
    ("bench_reports_by_partner", "bench_reports: those of a partner"),
    ("claim_files_by_claim", "claim_files: those of a claim"),
    ("claims_by_partner", "claims: those of a partner; scores"),
    ("clicks_by_shopper", "clicks: those of a shopper, on PostgreSQL; SQLite has runs"),
    ("hook_messages_by_hook", "hooks: the messages of a hook"),
    ("hooks_by_partner", "hooks: those of a partner"),
    ("partner_secrets_by_partner", "partners: the secrets of a partner"),
    ("past_addresses_by_shopper", "protection: the addresses that a shopper had"),
    ("past_addresses_by_time", "protection: those that are forgotten"),
    ("payout_file_lines_by_file", "payout_files: the lines of a file"),
    ("payout_networks_by_time", "protection: those that are forgotten"),
    ("payouts_to_look_at", "payouts: those that wait for a person"),
    ("recon_cases_open", "reconciliation: the open cases of a class"),
    ("stores_by_partner", "stores: those of a partner"),
];

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Indexes that are there for questions alone; those of keys guard something, too.
async fn every_index_is_asked_for(db: TestDb) {
    let query = match db.kind() {
        Kind::Sqlite => "select name from sqlite_master where type = 'index' and sql is not null",
        Kind::Postgres => {
            "select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid \
             join pg_class t on t.oid = i.indrelid where t.relnamespace = 'public'::regnamespace \
             and not t.relispartition and not i.indisunique"
        }
    };
    let there: Vec<Index> = sql_query(query).load(&mut db.connect()).unwrap();
    assert!(there.len() > 40, "{}", there.len());
    for Index { name } in there {
        let hot = HOT
            .iter()
            .any(|(_, _, on_sqlite, on_postgres)| [on_sqlite, on_postgres].iter().any(|plan| plan.contains(&name)));
        let asked = ASKED.iter().any(|(index, _)| *index == name);
        assert!(hot != asked, "{name}: {}", if hot { "is named twice" } else { "what asks by it?" });
    }
}

async fn hot_queries_use_their_index(db: TestDb) {
    let mut conn = db.connect();
    for (name, query, on_sqlite, on_postgres) in HOT {
        let statement = statement_of(&mut conn, *query);
        let (plan, index) = match db.kind() {
            Kind::Sqlite => (sqlite_plan(&mut conn, &statement), on_sqlite),
            Kind::Postgres => {
                // The tables are empty, and then reading them whole is quickest: it has to be forbidden.
                let settings =
                    "set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan";
                conn.batch_execute(settings).unwrap();
                (postgres_plan(&mut conn, &statement), on_postgres)
            }
        };
        assert!(plan.contains(index), "{name}: {index} is not used\n{statement}\n{plan}");
        let whole = plan.lines().find(|line| {
            let line = line.trim_start();
            // The runs are numbers that were found by key before. What waits for the sealer is kept in the order that it is asked for in.
            let few = line == "SCAN runs"
                || (line == "SCAN ledger_unsealed" && *index == line && !plan.contains("TEMP B-TREE"));
            line.contains("Seq Scan") || (line.starts_with("SCAN") && !line.contains("USING") && !few)
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
    let nulls =
        (1..).take_while(|n| statement.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>().join(", ");
    let given = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    // Diesel sends the lists' types along; where they are not to be guessed, words have to tell them.
    let statement = statement.replace("UNNEST($1, $2)", "UNNEST($1::uuid[], $2::text[])");
    conn.batch_execute(&format!("PREPARE asked AS {statement}")).unwrap();
    let steps: Vec<Step> = sql_query(format!("EXPLAIN EXECUTE asked{given}")).load(conn).unwrap();
    conn.batch_execute("DEALLOCATE asked").unwrap();
    steps.into_iter().map(|step| step.line + "\n").collect()
}
