//! Presets against real partners' calls: authentication, every field, every refusal.

use chrono::NaiveDateTime;
use kopilka::base::{Secret, Timestamp};
use kopilka::domain::adapter::{
    Adapter, Amounts, EventTime, Item, Meaning, RawCall, Reading, Report, ReportStatus, Weight, preset, preset_names,
};
use kopilka::domain::verdict::Verdict;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::support::fixtures::{Case, Expect, cases, cases_of, document};

pub fn of_preset(name: &str) -> Adapter {
    Adapter::of_preset(name).unwrap_or_else(|| panic!("no preset {name}")).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn status(word: &str) -> ReportStatus {
    if word == "approved" { ReportStatus::Confirmed } else { word.parse().unwrap() }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str().map(|text| Decimal::from_str_exact(text).unwrap())
}

fn time(value: &Value) -> Option<EventTime> {
    let text = value.as_str()?;
    Some(match text.parse::<Timestamp>() {
        Ok(time) => EventTime::Utc(time),
        Err(_) => EventTime::Local(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").unwrap()),
    })
}

fn item(value: &Value) -> Item {
    Item {
        sku: text(&value["sku"]),
        quantity: decimal(&value["quantity"]),
        unit_price: decimal(&value["unit_price"]),
        group: text(&value["group"]),
        ..Item::default()
    }
}

/// Every key of `means` against the report, and nothing told that the fixture does not mean.
pub fn check(place: &str, means: &Value, report: &Report) {
    let yes = |key: &str| means[key].as_bool().unwrap_or(false);
    assert_eq!(report.click_ref, text(&means["click_ref"]), "{place}: click_ref");
    assert_eq!(report.transaction_id, text(&means["transaction_id"]), "{place}: transaction_id");
    assert_eq!(report.order_id, text(&means["order_id"]), "{place}: order_id");
    assert_eq!(report.status, status(means["status"].as_str().unwrap()), "{place}: status");
    assert_eq!(report.order_amount, decimal(&means["sale_amount"]), "{place}: order_amount");
    assert_eq!(report.commission, decimal(&means["commission"]), "{place}: commission");
    assert_eq!(report.currency.map(|c| c.to_string()), text(&means["currency"]), "{place}: currency");
    assert_eq!(report.occurred_at, time(&means["occurred_at"]), "{place}: occurred_at");
    assert_eq!(report.kind, text(&means["kind"]), "{place}: kind");
    // The fixture leaves the reason of ayeT's chargebacks out of the meaning; the message has one, and we keep it.
    let reason = text(&means["reason"]).or_else(|| (place == "ayet-studios[2]").then(|| "advertiser".to_owned()));
    assert_eq!(report.reason, reason, "{place}: reason");
    assert_eq!(report.user_ref, text(&means["user_ref"]), "{place}: user_ref");
    assert_eq!(report.reverses, text(&means["reverses"]), "{place}: reverses");
    assert_eq!(report.hold.unwrap_or(false), yes("hold"), "{place}: hold");
    assert_eq!(report.payable.unwrap_or(false), yes("payable"), "{place}: payable");
    assert_eq!(report.paid.unwrap_or(false), yes("paid"), "{place}: paid");
    assert_eq!(report.locked.unwrap_or(false), yes("locked"), "{place}: locked");
    assert_eq!(report.amounts, if yes("delta") { Amounts::Delta } else { Amounts::Total }, "{place}: amounts");
    let customer = text(&means["customer_currency"]);
    if means["customer_amount"].is_null() {
        // The buyer's currency without an amount of its own is the order's.
        let order = customer.or_else(|| report.order_amount.and(text(&means["currency"])));
        assert_eq!(report.order_currency.map(|c| c.to_string()), order, "{place}: order_currency");
    } else {
        assert_eq!(report.customer_currency.map(|c| c.to_string()), customer, "{place}: customer_currency");
        assert_eq!(report.customer_amount, decimal(&means["customer_amount"]), "{place}: customer_amount");
    }
    let items: Vec<Item> = means["items"].as_array().into_iter().flatten().map(item).collect();
    let told: Vec<Item> = report.items.iter().map(|line| Item { name: None, ..line.clone() }).collect();
    assert_eq!(told, items, "{place}: items");
    assert!(report.key.as_ref().is_some_and(|key| !key.is_empty()), "{place}: key");
    let known = [
        "click_ref",
        "transaction_id",
        "order_id",
        "status",
        "sale_amount",
        "commission",
        "currency",
        "occurred_at",
        "occurred_at_tz",
        "kind",
        "reason",
        "user_ref",
        "reverses",
        "hold",
        "payable",
        "paid",
        "locked",
        "delta",
        "customer_currency",
        "customer_amount",
        "items",
    ];
    for key in means.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "{place}: the fixture means {key}, which nothing compares");
    }
}

fn one(place: &str, reading: Reading) -> Report {
    match reading {
        Reading::Reports(mut reports) if reports.len() == 1 => reports.remove(0),
        other => panic!("{place}: expected one report, got {other:?}"),
    }
}

fn run(case: &Case) {
    let place = format!("{}[{}]", case.file, case.index);
    let adapter = of_preset(case.preset);
    let call = case.call();
    let authentic = adapter.authenticate(&call, &case.secrets(), Timestamp::EPOCH);
    if case.expect == Expect::RejectAuth {
        assert_eq!(authentic.unwrap_err().code, "signature_wrong", "{place}");
        return;
    }
    authentic.unwrap_or_else(|failure| panic!("{place}: {failure}"));
    let strange = adapter.authenticate(&call, &[Secret::new("another secret")], Timestamp::EPOCH);
    assert!(strange.is_err(), "{place}: authentic under any secret");
    let reading = adapter.read(&call);
    match case.expect {
        Expect::Ingest => check(&place, &case.means, &one(&place, reading)),
        Expect::Ignore => assert!(matches!(reading, Reading::Ignored { .. }), "{place}: {reading:?}"),
        Expect::Quarantine | Expect::Undetermined => {
            assert!(matches!(reading, Reading::Unreadable { .. }), "{place}: {reading:?}");
        }
        Expect::RejectAuth => {}
    }
}

macro_rules! fixtures {
    ($($test:ident: $file:literal, $count:literal;)+) => { $(
        #[test]
        fn $test() {
            let cases = cases_of($file);
            assert_eq!(cases.len(), $count, "messages in {}", $file);
            cases.iter().for_each(run);
        }
    )+ };
}

fixtures! {
    fixture_7offers: "7offers", 3;
    fixture_actionpay: "actionpay", 3;
    fixture_admitad: "admitad", 10;
    fixture_adtraction: "adtraction", 1;
    fixture_affise: "affise", 5;
    fixture_awin: "awin", 3;
    fixture_ayet_studios: "ayet-studios", 4;
    fixture_dub: "dub", 4;
    fixture_gdeslon: "gdeslon", 1;
    fixture_tradedoubler: "tradedoubler", 1;
    fixture_tune: "tune", 2;
}

/// Every word of a fixture's pull map means what the preset says.
#[test]
fn reporting_api_words() {
    let mut compared = 0;
    for file in ["admitad", "adtraction", "affise", "awin", "dub", "gdeslon", "tradedoubler", "tune"] {
        let adapter = of_preset(file);
        for (word, wanted) in document(file)["pull"]["status_map"].as_object().unwrap() {
            match adapter.pull_status(word) {
                Some(Meaning::Stands(standing)) => {
                    assert_eq!(standing.status, status(wanted.as_str().unwrap()), "{file}: {word}");
                }
                other => panic!("{file}: {word} is {other:?}"),
            }
            compared += 1;
        }
        assert!(adapter.pull_status("no such word").is_none());
    }
    assert!(compared >= 30, "{compared}");
}

const CJ: &str = r#"
name = "cj"
[auth]
kind = "bearer"
[fields]
click_ref = "json:/shopperId"
transaction_id = "json:/commissionId"
order_id = "json:/orderId"
order_amount = "json:/saleAmountPubCurrency"
commission = "json:/pubCommissionAmountPubCurrency"
occurred_at = "json:/eventDate"
reason = "json:/correctionReason"
payable = { when = { field = "json:/actionStatus", eq = "closed" } }
reverses = { by_status = { reversed = "json:/originalActionId" } }
[status]
field = "json:/actionStatus"
[[status.rules]]
when = { field = "json:/original", eq = false }
status = "reversed"
[[status.rules]]
when = { field = "json:/validationStatus", eq = "DECLINED" }
status = "declined"
[status.map]
new = "pending"
extended = "pending"
locked = "confirmed"
closed = "confirmed"
"#;

const LEADS_SU: &str = r#"
name = "leads-su"
[auth]
kind = "bearer"
[fields]
click_ref = "json:/aff_sub1"
transaction_id = "json:/id"
commission = "json:/payout"
occurred_at = "json:/created"
[status]
field = "json:/status"
[status.map]
pending = "pending"
approved = "confirmed"
rejected = "declined"
[time]
format = "%Y-%m-%d %H:%M:%S"
"#;

fn records(file: &str, adapter: &str) -> Vec<Report> {
    let adapter = Adapter::parse(adapter, &|_| None).unwrap();
    let document = document(file);
    let records = document["pull"]["records"].as_array().unwrap();
    let read = |(index, record): (usize, &Value)| {
        let raw = record["raw_json"].as_str().map_or_else(|| record["json"].to_string(), str::to_owned);
        let place = format!("{file} record {index}");
        let report = one(&place, adapter.read(&post_json(&raw)));
        check(&place, &record["means"], &report);
        report
    };
    records.iter().enumerate().map(read).collect()
}

#[test]
fn fixture_cj() {
    let reports = records("cj", CJ);
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[1].reverses.as_deref(), Some("1900112233"));
}

#[test]
fn fixture_leads_su() {
    assert_eq!(records("leads-su", LEADS_SU).len(), 1);
}

fn query_call(query: &str) -> RawCall {
    RawCall {
        method: "GET".to_owned(),
        path_secret: None,
        query: query.to_owned(),
        body: Vec::new(),
        headers: Vec::new(),
        peer: None,
        public_url: format!("https://cashback.example/postback/x?{query}"),
    }
}

fn post_json(body: &str) -> RawCall {
    RawCall { method: "POST".to_owned(), body: body.as_bytes().to_vec(), ..query_call("") }
}

/// The vectors hold, and fail when any one character of a signed value or of the signature changes.
#[test]
fn fixture_offerwall_signatures() {
    let document = document("offerwall-signatures");
    let mut vectors = 0;
    for scheme in document["schemes"].as_array().unwrap() {
        let preset = match scheme["network"].as_str().unwrap() {
            "SuperRewards" => "superrewards",
            "Torox" => "torox",
            "Lootably" => "lootably",
            "CPX Research" => "cpx-research",
            _ => continue,
        };
        vectors += 1;
        let adapter = of_preset(preset);
        let vector = scheme["vector"].as_object().unwrap();
        let secret = vector[if vector.contains_key("secret") { "secret" } else { "key" }].as_str().unwrap();
        let pairs: Vec<(String, String)> = vector
            .iter()
            .filter(|(name, _)| name.as_str() != "secret")
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        let query = |pairs: &[(String, String)]| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
        };
        let secrets = [Secret::new("an older one"), Secret::new(secret)];
        adapter
            .authenticate(&query_call(&query(&pairs)), &secrets, Timestamp::EPOCH)
            .unwrap_or_else(|e| panic!("{preset}: {e}"));
        for at in 0..pairs.len() {
            let mut changed = pairs.clone();
            let last = changed[at].1.pop().unwrap();
            changed[at].1.push(if last == '0' { '1' } else { '0' });
            let failure = adapter.authenticate(&query_call(&query(&changed)), &secrets, Timestamp::EPOCH).unwrap_err();
            assert_eq!(failure.code, "signature_wrong", "{preset}: {}", changed[at].0);
        }
        assert!(adapter.authenticate(&query_call(&query(&pairs)), &[Secret::new("wrong")], Timestamp::EPOCH).is_err());
    }
    assert_eq!(vectors, 4);
}

#[test]
fn bitlabs_signs_the_url_before_the_hash() {
    // HMAC-SHA1 of "https://cashback.example/postback/x?uid=u1&val=2.50&tx=t9" under "bl-key".
    let call = query_call("uid=u1&val=2.50&tx=t9&hash=b955053810649d9d165f0577f31374607bb09884");
    let adapter = of_preset("bitlabs");
    let secrets = [Secret::new("bl-key")];
    adapter.authenticate(&call, &secrets, Timestamp::EPOCH).unwrap();
    let report = one("bitlabs", adapter.read(&call));
    assert_eq!((report.key.as_deref(), report.status), (Some("t9"), ReportStatus::Confirmed));
    let raised = RawCall { public_url: call.public_url.replace("2.50", "9.50"), ..call };
    assert_eq!(adapter.authenticate(&raised, &secrets, Timestamp::EPOCH).unwrap_err().code, "signature_wrong");
}

#[test]
fn offerwalls_read_chargebacks() {
    let torox = of_preset("torox").read(&query_call("oid=7&user_id=u&payout=-1.5"));
    let report = one("torox", torox);
    assert_eq!((report.status, report.weight), (ReportStatus::Reversed, Weight::Last));
    let cpx = of_preset("cpx-research").read(&query_call("trans_id=t&user_id=u&amount_usd=1&status=2"));
    assert_eq!(one("cpx", cpx).status, ReportStatus::Reversed);
    let lootably = of_preset("lootably");
    assert_eq!(lootably.answer(Verdict::Applied, "id", None).body.as_deref(), Some("1"));
    let unknown = lootably.read(&query_call("transactionID=t&userID=u&revenue=1&status=7"));
    assert!(matches!(unknown, Reading::Unreadable { code: "status_unknown", .. }), "{unknown:?}");
}

/// How reports without an event time compete.
#[test]
fn weights() {
    let read = |file: &str, index: usize| {
        let case = &cases_of(file)[index];
        one(file, of_preset(case.preset).read(&case.call())).weight
    };
    assert_eq!(read("7offers", 0), Weight::Open);
    assert_eq!(read("7offers", 1), Weight::Settled);
    assert_eq!(read("admitad", 2), Weight::Settled, "pending after approval");
    assert_eq!(read("ayet-studios", 2), Weight::Last);
}

/// The same payment keeps its key through its changes; payments of one order or click do not share one.
#[test]
fn keys() {
    let key = |file: &str, index: usize| {
        let case = &cases_of(file)[index];
        one(file, of_preset(case.preset).read(&case.call())).key.unwrap()
    };
    assert_eq!(key("admitad", 0), key("admitad", 3));
    assert_ne!(key("admitad", 0), key("admitad", 5));
    assert_eq!(key("ayet-studios", 1), key("ayet-studios", 2));
    assert_eq!(key("7offers", 0), key("7offers", 2));
    assert_ne!(key("tune", 0), key("tune", 1));
    assert_eq!(key("affise", 0), key("affise", 3));
}

#[test]
fn presets_document_themselves() {
    assert!(preset("no-such").is_none());
    for name in preset_names() {
        let adapter = of_preset(name);
        assert_eq!(adapter.name(), name);
        assert!(adapter.about().title.is_some() && !adapter.about().source.is_empty(), "{name}");
        assert!(!adapter.about().notes.is_empty(), "{name}");
        let outbound = adapter.outbound();
        if let Some(example) = &outbound.example {
            assert_eq!(outbound.misplaced_click(example), None, "{name}");
        }
        let refused = adapter.answer(Verdict::Refused, "id", None);
        assert_eq!(refused.status, 401, "{name}");
    }
}

/// Nothing of a secret is left, and what needs no hiding is left alone.
#[test]
fn redaction_of_every_fixture() {
    for case in cases() {
        let shown = of_preset(case.preset).redact(&case.call(), &case.secrets());
        let all = format!("{shown:?} {}", String::from_utf8_lossy(&shown.body));
        assert!(!all.contains(case.secret), "{}[{}]: {all}", case.file, case.index);
        for (name, value) in &case.headers {
            let signature = name.contains("signature") || name.contains("hash");
            let wanted = if signature { "***" } else { value.as_str() };
            assert_eq!(shown.header(name), Some(wanted));
        }
        let kept = case.query.split('&').filter(|pair| !pair.contains(case.secret));
        kept.for_each(|pair| assert!(shown.query.contains(pair), "{pair}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reading_never_panics(query in ".{0,200}", body in prop::collection::vec(any::<u8>(), 0..300), json in any::<bool>()) {
        let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        let call = RawCall { body, headers: vec![("content-type".to_owned(), kind.to_owned())], ..query_call(&query) };
        for name in preset_names() {
            let adapter = of_preset(name);
            let _reading = adapter.read(&call);
            prop_assert!(adapter.authenticate(&call, &[Secret::new("s3cret-key")], Timestamp::EPOCH).is_err());
            let _shown = adapter.redact(&call, &[Secret::new("s3cret-key")]);
        }
    }

    #[test]
    fn mutated_fixtures_never_panic(pick in any::<prop::sample::Index>(), field in any::<prop::sample::Index>(), value in ".{0,60}") {
        let all = cases();
        let case = &all[pick.index(all.len())];
        let mut call = case.call();
        let raw = if call.query.is_empty() { String::from_utf8(call.body.clone()).unwrap() } else { call.query.clone() };
        let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        if !pairs.is_empty() {
            let at = field.index(pairs.len());
            pairs[at].1 = value;
        }
        let changed = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        if call.query.is_empty() { call.body = changed.into_bytes(); } else { call.query = changed; }
        let _reading = of_preset(case.preset).read(&call);
    }

    #[test]
    fn redaction_never_leaks(secret in "[ -~]{8,24}", name in "[a-z]{1,6}", around in "[ -~]{0,8}") {
        prop_assume!(!secret.contains("***") && !"https://cashback.example/postback/x".contains(&secret));
        let value = format!("{around}{secret}{around}");
        let encoded = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
        let json = serde_json::json!({ name.clone(): value, "list": [secret.clone()] }).to_string();
        for body in [encoded.clone(), json] {
            let call = RawCall {
                body: body.into_bytes(),
                path_secret: Some(Secret::new(secret.clone())),
                headers: vec![("x-note".to_owned(), value.clone())],
                ..query_call(&encoded)
            };
            let shown = of_preset("admitad").redact(&call, &[Secret::new(secret.clone())]);
            let body = String::from_utf8(shown.body.clone()).unwrap();
            for text in [&shown.query, &shown.public_url, &body, &shown.headers[0].1] {
                prop_assert!(!text.contains(&secret), "{text}");
                let decoded = percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
                prop_assert!(!decoded.contains(&secret), "{decoded}");
            }
        }
    }
}
