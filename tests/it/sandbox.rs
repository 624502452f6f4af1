//! The sandbox client against the real bank over loopback: every fault gives the right outcome, and the bank's own
//! record says how often money moved.

mod bench;

use bench::{Bench, START};
use chrono::TimeDelta;
use kopilka::base::Secret;
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::{MethodKind, PayoutEvent};
use kopilka::provider::{Found, Lookup, Outcome, PayoutProvider as _, ProviderStatus, RejectClass, WebhookRefusal};
use kopilka::simulator::{Fault, TEST_DESTINATIONS, card_number, wallet_number};
use serde_json::json;

/// An outcome in one word.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted { status, .. } => match status {
            ProviderStatus::Pending => "pending".to_owned(),
            ProviderStatus::Paid => "paid".to_owned(),
            ProviderStatus::Failed(code) => format!("failed:{code}"),
            ProviderStatus::Returned(code) => format!("returned:{code}"),
            ProviderStatus::Unheard(word) => format!("unheard:{word}"),
        },
        Outcome::Rejected { code, class, .. } => match class {
            RejectClass::Definite => format!("definite:{code}"),
            RejectClass::RetrySameKey { after } => {
                format!("retry:{code}:{}", after.map_or(0, |d| d.num_milliseconds()))
            }
            RejectClass::Ours => format!("ours:{code}"),
        },
        Outcome::Unknown { .. } => "unknown".to_owned(),
    }
}

/// Code of the test destination; the first outcome; the same key again; how often money moved in the end.
const OUTCOMES: &[(u8, &str, &str, u64)] = &[
    (0, "paid", "paid", 1),
    (1, "unknown", "paid", 1),
    (2, "unknown", "paid", 1),
    (3, "unknown", "paid", 1),
    (4, "unknown", "paid", 1),
    (5, "unknown", "paid", 1),
    (6, "unknown", "paid", 1),
    (7, "unknown", "paid", 1),
    (8, "unheard:handed_to_partner_bank", "paid", 1),
    (9, "retry:rate_limited:1500", "paid", 1),
    (10, "retry:unavailable:0", "paid", 1),
    (11, "ours:float_short", "paid", 1),
    (12, "definite:destination_refused", "definite:destination_refused", 0),
    (13, "definite:limit_exceeded", "definite:limit_exceeded", 0),
    (20, "pending", "pending", 0),
    (21, "pending", "pending", 0),
    (22, "failed:recipient_not_found", "failed:recipient_not_found", 0),
    (23, "failed:limit_exceeded", "failed:limit_exceeded", 0),
    (24, "failed:fraud_suspected", "failed:fraud_suspected", 0),
    (25, "failed:general_decline", "failed:general_decline", 0),
    (26, "failed:issuer_unavailable", "failed:issuer_unavailable", 0),
    (27, "paid", "paid", 1),
    (30, "paid", "paid", 1),
    (31, "paid", "paid", 1),
    (32, "paid", "paid", 1),
    (33, "paid", "paid", 1),
    (34, "pending", "pending", 0),
    (35, "paid", "paid", 1),
    (36, "paid", "paid", 1),
    (40, "unknown", "paid", 1),
    (41, "unknown", "failed:general_decline", 0),
];

#[actix_web::test]
async fn every_test_destination_does_what_the_table_says() {
    let bench = Bench::start().await;
    assert_eq!(OUTCOMES.len(), TEST_DESTINATIONS.len());
    let mut total = 0;
    for (index, (code, first, second, times)) in OUTCOMES.iter().enumerate() {
        let kind = if index % 2 == 0 { MethodKind::Card } else { MethodKind::Wallet };
        let intent = bench.intent(*code, kind).await;
        assert_eq!(word(&bench.sandbox.create(&intent).await), *first, "destination {code}");
        assert_eq!(word(&bench.sandbox.create(&intent).await), *second, "destination {code}, same key");
        assert_eq!(bench.times(&intent.key).await, *times, "destination {code}");
        total += times;
    }
    let paid = i64::try_from(total).unwrap() * 1234;
    assert_eq!(bench.sandbox.balance().await.unwrap(), Amount::new(START - paid, Currency::RUB));
}

#[actix_web::test]
async fn the_script_spoils_the_next_calls_whoever_makes_them() {
    let bench = Bench::start().await;
    bench.post("v1/script", json!({"next": ["rate_limited", "drop_after", "error_500_before"]})).await;
    let intent = bench.intent(0, MethodKind::Card).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(word(&bench.sandbox.create(&intent).await));
    }
    assert_eq!(seen, ["retry:rate_limited:1500", "unknown", "unknown", "paid"]);
    assert_eq!(bench.times(&intent.key).await, 1);
}

#[actix_web::test]
async fn a_key_belongs_to_one_body_and_is_forgotten_after_a_day() {
    let bench = Bench::start().await;
    let intent = bench.intent(0, MethodKind::Card).await;
    assert_eq!(bench.sandbox.request_bytes(&intent), bench.sandbox.request_bytes(&intent.clone()));
    let first = bench.sandbox.create(&intent).await;
    assert_eq!(bench.sandbox.create(&intent).await, first, "the original answer");
    let mut other = intent.clone();
    other.amount = Amount::new(1235, Currency::RUB);
    assert_eq!(word(&bench.sandbox.create(&other).await), "unknown", "409 says nothing about what exists");
    bench.post("v1/clock", json!({"offset_seconds": 86_399})).await;
    assert_eq!(bench.sandbox.create(&intent).await, first);
    assert_eq!(bench.times(&intent.key).await, 1);
    // A day after the first call the same key starts a second payment: the trap that the key window keeps us out of.
    bench.post("v1/clock", json!({"offset_seconds": 86_400})).await;
    assert_ne!(bench.sandbox.create(&intent).await, first);
    assert_eq!(bench.times(&intent.key).await, 2);
    assert!(bench.sandbox.key_window() < TimeDelta::hours(24));
    assert!(matches!(bench.sandbox.fetch(&Lookup::Key(intent.key)).await, Found::Unknown { .. }));
}

#[actix_web::test]
async fn what_is_unknown_is_resolved_by_asking() {
    let bench = Bench::start().await;
    for (code, found) in [(1, true), (2, false), (3, true), (4, false), (5, true), (7, true)] {
        let intent = bench.intent(code, MethodKind::Card).await;
        let outcome = bench.sandbox.create(&intent).await;
        assert_eq!(outcome.event(1), PayoutEvent::Unknown);
        let answer = bench.sandbox.fetch(&Lookup::Key(intent.key.clone())).await;
        match answer.event() {
            PayoutEvent::Paid { provider_ref } if found => {
                let by_ref = bench.sandbox.fetch(&Lookup::ProviderRef(provider_ref)).await;
                assert_eq!(by_ref, answer);
            }
            event => assert_eq!((event, found), (PayoutEvent::NotFound, false), "destination {code}"),
        }
    }
    let nobody = bench.sandbox.fetch(&Lookup::ProviderRef("sbx_nobody".to_owned())).await;
    assert_eq!(nobody, Found::NotFound);
}

#[actix_web::test]
async fn pending_for_three_polls_then_paid_and_returned_after_an_hour() {
    let bench = Bench::start().await;
    let intent = bench.intent(20, MethodKind::Card).await;
    let reference = bench.accepted(&intent).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(bench.status(&reference).await);
    }
    let (pending, paid) = (ProviderStatus::Pending, ProviderStatus::Paid);
    assert_eq!(seen, [pending.clone(), pending, paid.clone(), paid.clone()]);
    assert_eq!(bench.times(&intent.key).await, 1);

    let intent = bench.intent(27, MethodKind::Wallet).await;
    let reference = bench.accepted(&intent).await;
    bench.post("v1/clock", json!({"offset_seconds": 3599})).await;
    bench.post("v1/tick", json!({})).await;
    assert_eq!(bench.status(&reference).await, paid);
    bench.post("v1/clock", json!({"offset_seconds": 3601})).await;
    bench.post("v1/tick", json!({})).await;
    assert_eq!(bench.status(&reference).await, ProviderStatus::Returned("account_closed".to_owned()));
    let moved = bench.moved(&intent.key).await;
    assert_eq!((moved["returned_times"].as_u64(), &moved["returned"]["amount"]), (Some(1), &json!("12.34")));
}

#[actix_web::test]
async fn commands_pay_fail_and_return() {
    let bench = Bench::start().await;
    let intent = bench.intent(21, MethodKind::Card).await;
    let reference = bench.accepted(&intent).await;
    assert_eq!(bench.status(&reference).await, ProviderStatus::Pending);
    bench.post(&format!("v1/payouts/{reference}/pay"), json!({})).await;
    assert_eq!(bench.status(&reference).await, ProviderStatus::Paid);
    bench.post(&format!("v1/payouts/{reference}/return"), json!({"reason": "bounced"})).await;
    assert_eq!(bench.status(&reference).await, ProviderStatus::Returned("bounced".to_owned()));
    assert_eq!(bench.sandbox.balance().await.unwrap(), Amount::new(START, Currency::RUB));
    let refused = bench.call("POST", &format!("v1/payouts/{reference}/fail"), Some(json!({}))).await;
    assert_eq!((refused.0, &refused.1["error"]["code"]), (409, &json!("not_now")));
}

#[actix_web::test]
async fn webhooks_come_once_twice_five_times_reversed_late_or_not_at_all() {
    let bench = Bench::start().await;
    let cases: [(u8, &[&str]); 6] = [
        (0, &["pending", "paid"]),
        (31, &["pending", "pending", "paid", "paid"]),
        (32, &["pending"; 5]),
        (33, &["paid", "pending"]),
        (35, &[]),
        (36, &[]),
    ];
    for (code, expected) in cases {
        let intent = bench.intent(code, MethodKind::Card).await;
        let reference = bench.accepted(&intent).await;
        assert!(bench.received().is_empty(), "none before the tick");
        bench.post("v1/tick", json!({})).await;
        let words = bench.words_received(&reference);
        assert_eq!(words.get(..expected.len()).unwrap(), expected, "destination {code}");
        assert_eq!(words.len(), if code == 32 { 10 } else { expected.len() }, "destination {code}");
        if code == 35 {
            bench.post("v1/clock", json!({"offset_seconds": 23 * 3600})).await;
            bench.post("v1/tick", json!({})).await;
            assert_eq!(bench.words_received(&reference), ["pending", "paid"], "23 hours late, and authentic");
            bench.post("v1/clock", json!({"offset_seconds": 0})).await;
        }
    }
}

#[actix_web::test]
async fn a_webhook_may_overtake_the_answer_or_be_all_there_is() {
    let bench = Bench::start().await;
    for (code, first) in [(30, "paid"), (40, "unknown")] {
        let intent = bench.intent(code, MethodKind::Card).await;
        assert_eq!(word(&bench.sandbox.create(&intent).await), first);
        let events: Vec<_> = bench.received().iter().map(|call| bench.read(call).unwrap()).collect();
        assert_eq!(events.len(), 2, "both came before the call was answered");
        assert!(events.iter().all(|event| event.payout.key.as_deref() == Some(intent.key.as_str())));
        assert!(matches!(events[1].payout.event(), PayoutEvent::Paid { .. }));
        assert_ne!(events[0].id, events[1].id);
    }
}

#[actix_web::test]
async fn forged_altered_stale_and_unsigned_webhooks_are_refused() {
    let bench = Bench::start().await;
    let intent = bench.intent(34, MethodKind::Card).await;
    bench.accepted(&intent).await;
    bench.post("v1/tick", json!({})).await;
    let calls = bench.received();
    assert_eq!(calls.len(), 2);
    let wrong = WebhookRefusal::NotAuthentic("the signature is wrong");
    assert!(bench.read(&calls[0]).is_ok());
    assert_eq!(bench.read(&calls[1]), Err(wrong.clone()), "the forged one");

    let mut altered = calls[0].clone();
    altered.body = String::from_utf8(altered.body).unwrap().replace("12.34", "92.34").into_bytes();
    assert_eq!(bench.read(&altered), Err(wrong.clone()));
    let mut moved = calls[0].clone();
    for (name, value) in &mut moved.headers {
        if name.eq_ignore_ascii_case("sandbox-signature") {
            *value = value.replacen("t=1", "t=2", 1);
        }
    }
    assert_eq!(bench.read(&moved), Err(wrong));
    let mut stale = calls[0].clone();
    stale.received_at = stale.received_at.plus_seconds(301);
    assert_eq!(bench.read(&stale), Err(WebhookRefusal::NotAuthentic("the signature is too old")));
    let mut bare = calls[0].clone();
    bare.headers.clear();
    assert_eq!(bench.read(&bare), Err(WebhookRefusal::NotAuthentic("there is no signature")));
    assert!(matches!(bench.read(&bench.signed(b"not json")), Err(WebhookRefusal::Unreadable(_))));
}

#[actix_web::test]
async fn the_list_is_walked_by_pages_inside_a_window() {
    let bench = Bench::start().await;
    let mut keys = Vec::new();
    let token = bench.token(0, MethodKind::Card).await;
    for _ in 0..103 {
        let intent = bench.intent_to(&token, MethodKind::Card);
        bench.accepted(&intent).await;
        keys.push(intent.key);
    }
    let (from, until) = (bench.now(), bench.now().plus_seconds(1));
    let first = bench.sandbox.list(from, until, None).await.unwrap();
    let second = bench.sandbox.list(from, until, first.next.as_deref()).await.unwrap();
    assert_eq!((first.payouts.len(), second.payouts.len(), second.next), (100, 3, None));
    let listed: Vec<_> = first.payouts.iter().chain(&second.payouts).filter_map(|payout| payout.key.clone()).collect();
    assert_eq!(listed, keys);
    assert!(bench.sandbox.list(until, until.plus_seconds(1), None).await.unwrap().payouts.is_empty());
}

#[actix_web::test]
async fn the_record_survives_a_restart_and_a_torn_last_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.jsonl");
    let bench = Bench::start_with(Some(path.clone())).await;
    let intent = bench.intent(1, MethodKind::Card).await;
    assert_eq!(word(&bench.sandbox.create(&intent).await), "unknown");
    bench.post("v1/clock", json!({"offset_seconds": 60})).await;
    bench.stop().await;

    let whole = std::fs::read_to_string(&path).unwrap();
    assert!(!whole.contains(&card_number(1)), "the number itself is not kept");
    std::fs::write(&path, format!("{whole}{{\"line\":\"payout\",\"id\":\"sbx")).unwrap();
    let bench = Bench::start_with(Some(path.clone())).await;
    assert_eq!(bench.times(&intent.key).await, 1);
    let outcome = bench.sandbox.create(&intent).await;
    assert_eq!(word(&outcome), "paid", "the key is still known: {outcome:?}");
    assert_eq!(bench.times(&intent.key).await, 1);
    assert_eq!(bench.sandbox.balance().await.unwrap(), Amount::new(START - 1234, Currency::RUB));
    let again = bench.intent_to(intent.destination.expose(), MethodKind::Card);
    assert_eq!(word(&bench.sandbox.create(&again).await), "unknown", "the token still means the same card");
    bench.stop().await;
    assert!(std::fs::read_to_string(&path).unwrap().starts_with(&whole), "nothing was rewritten");
}

#[actix_web::test]
async fn who_may_do_what() {
    let bench = Bench::start().await;
    let real = bench.call("POST", "v1/destinations", Some(json!({"kind": "card", "number": "4111111111111111"}))).await;
    assert_eq!((real.0, &real.1["error"]["code"]), (422, &json!("not_a_test_number")));
    let spaced = json!({"kind": "card", "number": "2200 0000 0000 0004"});
    let token = bench.call_as("public", "POST", "v1/destinations", Some(spaced)).await;
    assert_eq!((token.0, &token.1["masked"]), (201, &json!("•••• 0004")));
    for path in ["v1/balance", "v1/moved", "v1/payouts"] {
        assert_eq!(bench.call_as("public", "GET", path, None).await.0, 401, "{path}");
        assert_eq!(bench.call_as("wrong", "GET", path, None).await.0, 401, "{path}");
    }
    // Our own credentials being wrong is not the shopper's fault.
    let mut intent = bench.intent(0, MethodKind::Card).await;
    let outcome = bench.client("wrong", true).create(&intent).await;
    assert_eq!(word(&outcome), "ours:unauthorized");
    intent.destination = Secret::new("tok_nobody");
    assert_eq!(word(&bench.sandbox.create(&intent).await), "definite:destination_unknown");
    assert_eq!(bench.times(&intent.key).await, 0);
}

#[actix_web::test]
async fn what_never_left_may_be_sent_again_and_private_addresses_are_not_called() {
    let bench = Bench::start().await;
    let intent = bench.intent(0, MethodKind::Card).await;
    let strict = bench.client("secret", false).create(&intent).await;
    assert_eq!(word(&strict), "ours:misconfigured");
    let by_name = bench.client_at("https://localhost:1/", false).create(&intent).await;
    assert_eq!(word(&by_name), "retry:connect:0");
    assert!(format!("{by_name:?}").contains("no public address"), "{by_name:?}");
    let sandbox = bench.sandbox.clone();
    bench.stop().await;
    assert_eq!(word(&sandbox.create(&intent).await), "retry:connect:0");
    assert!(matches!(sandbox.fetch(&Lookup::Key(intent.key)).await, Found::Unknown { .. }));
}

#[test]
fn only_addresses_of_the_public_internet_are_public() {
    let public = |text: &str| kopilka::provider::client::is_public(text.parse().unwrap());
    for text in ["8.8.8.8", "185.71.76.1", "100.128.0.1", "2a02:5180::1", "2606:4700::1111"] {
        assert!(public(text), "{text}");
    }
    for text in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "2001:db8::1",
        "2001::1",
    ] {
        assert!(!public(text), "{text}");
    }
}

#[test]
fn the_documentation_lists_every_number_and_every_fault() {
    let text = include_str!("../../docs/SANDBOX.md");
    for known in TEST_DESTINATIONS {
        let (card, wallet) = (card_number(known.code), wallet_number(known.code));
        let line = text.lines().find(|line| line.contains(&card)).unwrap_or_else(|| panic!("{card} is missing"));
        assert!(line.contains(&wallet), "{line}");
        assert!(known.faults.iter().all(|fault| line.contains(fault.as_str())), "{line}");
    }
    assert!(Fault::ALL.iter().all(|fault| text.contains(&format!("`{fault}`"))));
}
