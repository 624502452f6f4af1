//! What each answer of Hyperswitch means: its states, its errors, and the ways in which an id of ours can be lost.

use std::collections::BTreeSet;

use kopilka::provider::{Found, Intent, Lookup, Outcome, ProviderStatus, RejectClass};
use serde_json::{Value, json};

use super::intent;
use super::stub::Stub;
use crate::withdrawals::world::rub;

const DESCRIPTION: &str = include_str!("../../../fixtures/openapi/hyperswitch.json");

fn id(intent: &Intent) -> String {
    format!("kpk_{}", intent.key)
}

/// A payout as it is answered.
fn payout(intent: &Intent, status: &str) -> Value {
    json!({
        "payout_id": id(intent), "merchant_order_reference_id": intent.key, "amount": intent.amount.minor(),
        "currency": "RUB", "status": status, "error_code": null, "error_message": null,
        "created": "2026-11-26T10:11:12.000Z",
    })
}

fn error(code: &str, message: &str) -> Value {
    json!({"error": {"type": "invalid_request", "code": code, "message": message}})
}

fn absent() -> Value {
    error("HE_02", "Payout does not exist in our records")
}

#[actix_web::test]
async fn every_state_is_read() {
    let unheard = |word: &str| ProviderStatus::Unheard(word.to_owned());
    let failed = |word: &str| ProviderStatus::Failed(word.to_owned());
    let table = [
        ("success", ProviderStatus::Paid),
        ("initiated", ProviderStatus::Pending),
        ("pending", ProviderStatus::Pending),
        ("failed", unheard("failed, without a code")),
        ("cancelled", failed("cancelled")),
        ("expired", failed("expired")),
        ("ineligible", failed("ineligible")),
        ("reversed", ProviderStatus::Returned("reversed".to_owned())),
        ("requires_creation", unheard("requires_creation")),
        ("requires_confirmation", unheard("requires_confirmation")),
        ("requires_payout_method_data", unheard("requires_payout_method_data")),
        ("requires_fulfillment", unheard("requires_fulfillment")),
        ("requires_vendor_account_creation", unheard("requires_vendor_account_creation")),
    ];
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let described = description["components"]["schemas"]["PayoutStatus"]["enum"].as_array().unwrap();
    let described: BTreeSet<&str> = described.iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(described, table.iter().map(|(word, _)| *word).collect(), "each state that is described has a line");
    let new = ["", "SUCCESS", "partially_paid"].map(|word| (word, unheard(word)));
    let (stub, asked) = (Stub::start(), intent(0, rub(1234)));
    for (word, status) in table.iter().chain(&new) {
        stub.says(&[("GET", 200, payout(&asked, word))]);
        match stub.provider.fetch(&Lookup::ProviderRef(id(&asked))).await {
            Found::Known(found) => {
                assert_eq!(found.status, *status, "{word}");
                assert_eq!((found.amount, found.key.as_deref()), (asked.amount, Some(asked.key.as_str())));
            }
            other => panic!("{word}: {other:?}"),
        }
    }
    // It is asked through the connector, with our key and nothing else.
    assert_eq!(stub.seen(), [(format!("GET /payouts/{}", id(&asked)), Value::Null)]);

    // The connector's code says why; and what one attempt may have paid has not failed.
    let mut declined = payout(&asked, "failed");
    declined["error_code"] = json!("account_closed");
    declined["attempts"] = json!([{"status": "failed"}, {"status": "expired"}]);
    let mut unclear = declined.clone();
    unclear["attempts"][0]["status"] = json!("success");
    // A connector that did not answer in time makes a payout that failed as well, and so does a cancelling that was refused.
    let coded = |code: &str| {
        let mut answer = payout(&asked, "failed");
        answer["error_code"] = json!(code);
        answer
    };
    let table = [
        (declined, failed("account_closed")),
        (unclear, unheard("failed, and an attempt is success")),
        (coded("TIMEOUT"), unheard("failed, TIMEOUT")),
        (coded("HE_00"), unheard("failed, HE_00")),
        (coded(""), unheard("failed, without a code")),
        (coded("closed\u{0}"), unheard("failed, closed")),
    ];
    for (answer, status) in table {
        stub.says(&[("GET", 200, answer)]);
        let found = stub.provider.fetch(&Lookup::ProviderRef(id(&asked))).await;
        assert!(matches!(&found, Found::Known(payout) if payout.status == status), "{found:?}");
    }
    stub.stop().await;
}

#[actix_web::test]
async fn every_error_has_its_class() {
    let (stub, asked) = (Stub::start(), intent(0, rub(1234)));
    let rejected = |code: &str, class| (code.to_owned(), Some(class));
    let unknown = || (String::new(), None);
    let busy = RejectClass::RetrySameKey { after: None };
    let table = [
        (400, error("IR_04", "Missing required param: billing"), rejected("ir_04", RejectClass::Definite)),
        (422, error("IR_05", "iban contains invalid data."), rejected("ir_05", RejectClass::Definite)),
        (400, error("IR_06", "invalid e-mail"), rejected("ir_06", RejectClass::Definite)),
        (400, error("IR_07", "Invalid value provided: payout_method_data"), rejected("ir_07", RejectClass::Definite)),
        // In the shape that the description has.
        (
            400,
            json!({"error_type": "invalid_request", "code": "IR_07", "message": "wrong"}),
            rejected("ir_07", RejectClass::Definite),
        ),
        // What is ours alone meets every payout.
        (
            400,
            error("IR_05", "payout_id contains invalid data. Expected format is UUID"),
            rejected("ir_05", RejectClass::Ours),
        ),
        (400, error("IR_07", "Invalid value provided: connector"), rejected("ir_07", RejectClass::Ours)),
        (400, error("IR_06", "customer for id - kpk_1 not found"), rejected("ir_06", RejectClass::Ours)),
        (401, error("IR_01", "API key not provided or invalid API key used"), rejected("ir_01", RejectClass::Ours)),
        (403, error("IR_22", "Access forbidden."), rejected("ir_22", RejectClass::Ours)),
        (404, error("IR_02", "Unrecognized request URL"), rejected("ir_02", RejectClass::Ours)),
        (429, error("HE_00", "Resource is busy. Please try again later."), rejected("he_00", busy)),
        // What a connector says is said of a payout that exists.
        (400, error("CE_00", "E0001: declined"), unknown()),
        (400, error("CE_04", "Payout validation failed"), unknown()),
        (400, error("IR_16", "not now"), unknown()),
        (500, error("HE_00", "Something went wrong"), unknown()),
        (202, Value::Null, unknown()),
        (201, payout(&asked, "success"), unknown()),
        // Somebody between us and Hyperswitch.
        (400, Value::Null, unknown()),
        (401, json!("no"), unknown()),
        (429, json!({"message": "slow down"}), unknown()),
    ];
    for (status, body, (code, class)) in table {
        let none = ("POST /payouts/list", 200, json!({"size": 0, "data": [], "total_count": 0}));
        stub.says(&[("POST /payouts/create", status, body.clone()), ("GET", 404, absent()), none]);
        match stub.provider.create(&asked).await {
            Outcome::Rejected { code: told, class: seen, .. } => {
                assert_eq!((told, Some(seen)), (code, class), "{status} {body}");
            }
            Outcome::Unknown { why } => assert_eq!(class, None, "{status} {body}: {why}"),
            other => panic!("{status} {body}: {other:?}"),
        }
    }
    stub.stop().await;
}

/// The service writes a payout down before it calls a connector, so a refusal alone proves nothing.
#[actix_web::test]
async fn a_refusal_counts_once_nothing_is_found() {
    let (stub, asked) = (Stub::start(), intent(0, rub(1234)));
    let refused = ("POST /payouts/create", 400, error("IR_06", "no"));
    let accepted = |status| Outcome::Accepted { provider_ref: id(&asked), status };
    stub.says(&[refused.clone(), ("GET", 200, payout(&asked, "success"))]);
    assert_eq!(stub.provider.create(&asked).await, accepted(ProviderStatus::Paid));
    for (status, body) in [
        (500, error("HE_00", "Something went wrong")),
        // A key that is missing there has the code of a payout that is.
        (404, error("HE_02", "API Key does not exist in our records")),
        (404, error("HE_02", "Payout connector account does not exist in our records")),
        (404, json!("<html>")),
        (200, json!({"payout_id": 1})),
    ] {
        stub.says(&[refused.clone(), ("GET", status, body.clone())]);
        let told = stub.provider.create(&asked).await;
        assert!(matches!(told, Outcome::Unknown { .. }), "{status} {body}: {told:?}");
    }

    // Our id was used before: that says nothing about what became of it, and is never a failure.
    let duplicate =
        ("POST /payouts/create", 400, error("HE_01", "The payout with the specified payout_id already exists"));
    stub.says(&[duplicate.clone(), ("GET", 200, payout(&asked, "pending"))]);
    assert_eq!(stub.provider.create(&asked).await, accepted(ProviderStatus::Pending));
    let mut more = payout(&asked, "success");
    more["amount"] = json!(1235);
    for (status, body) in [(404, absent()), (503, Value::Null), (200, more)] {
        stub.says(&[duplicate.clone(), ("GET", status, body.clone())]);
        let told = stub.provider.create(&asked).await;
        assert!(matches!(told, Outcome::Unknown { .. }), "{status} {body}: {told:?}");
    }
    stub.stop().await;
}

/// The description does not have `payout_id` in a request. A service that passes it over pays under an id of its own: then looking
/// for ours alone would find nothing, and sending again would pay twice.
#[actix_web::test]
async fn an_id_that_was_passed_over_is_found_by_the_reference() {
    let (stub, asked) = (Stub::start(), intent(0, rub(1234)));
    let mut own = payout(&asked, "success");
    own["payout_id"] = json!("payout_mbabizu24mvu3mela5njyhp");
    stub.says(&[("POST /payouts/create", 200, own.clone())]);
    let Outcome::Accepted { provider_ref, status } = stub.provider.create(&asked).await else { panic!("not accepted") };
    assert_eq!(provider_ref, own["payout_id"]);
    assert!(matches!(status, ProviderStatus::Unheard(_)), "a person is told: {status:?}");

    let listed = |payouts: &[&Value]| json!({"size": payouts.len(), "data": payouts, "total_count": payouts.len()});
    let by_key = || Lookup::Key(asked.key.clone());
    stub.says(&[("GET", 404, absent()), ("POST /payouts/list", 200, listed(&[&own])), ("GET", 200, own.clone())]);
    let found = stub.provider.fetch(&by_key()).await;
    assert!(matches!(&found, Found::Known(payout) if payout.provider_ref == own["payout_id"]), "{found:?}");
    let seen = stub.seen();
    assert_eq!(seen[2].0, "GET /payouts/payout_mbabizu24mvu3mela5njyhp", "a row of the list may be behind");
    let (call, filter) = seen[1].clone();
    assert_eq!(call, "POST /payouts/list");
    assert_eq!(filter["merchant_order_reference_id"], asked.key);

    stub.says(&[("GET", 404, absent()), ("POST /payouts/list", 200, listed(&[]))]);
    assert_eq!(stub.provider.fetch(&by_key()).await, Found::NotFound);
    // The description has one currency in the filter, the service reads a list of them.
    let list = error("IR_06", "Json deserialize error: invalid type: string, expected a sequence");
    let answers = [("POST", 400, list.clone()), ("POST", 200, listed(&[&own])), ("GET", 200, own.clone())];
    stub.says(&[&[("GET", 404, absent())], answers.as_slice()].concat());
    assert!(matches!(stub.provider.fetch(&by_key()).await, Found::Known(_)));
    assert_eq!(stub.seen()[2].1["currency"], json!(["RUB"]));

    // Whatever does not say clearly that there is none leaves it unknown.
    let mut other = own.clone();
    other["merchant_order_reference_id"] = json!("another");
    for (status, body) in [
        (400, list),
        (403, error("IR_22", "Access forbidden.")),
        (200, listed(&[&other])),
        (200, listed(&[&own, &own])),
        (200, json!({"data": 1})),
        (500, Value::Null),
    ] {
        stub.says(&[("GET", 404, absent()), ("POST", status, body.clone())]);
        let found = stub.provider.fetch(&by_key()).await;
        assert!(matches!(found, Found::Unknown { .. }), "{status} {body}: {found:?}");
    }
    stub.stop().await;
}

/// The same intent makes the same bytes, and they hold nobody's name but a bank's customer's.
#[actix_web::test]
async fn what_is_sent_is_always_the_same() {
    let (stub, asked) = (Stub::start(), intent(0, rub(1234)));
    let bytes = stub.provider.request_bytes(&asked).unwrap();
    assert_eq!(stub.provider.request_bytes(&asked).unwrap(), bytes);
    let sent: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        sent,
        json!({
            "payout_id": id(&asked), "merchant_order_reference_id": asked.key, "amount": 1234, "currency": "RUB",
            "connector": ["adyen", "paypal"], "payout_type": "wallet",
            "payout_method_data": {"wallet": {"paypal": {"email": "sandbox+00@example.com"}}},
            "customer_id": id(&asked), "customer": {"id": id(&asked), "email": "sandbox+00@example.com"}, "confirm": true, "auto_fulfill": true, "entity_type": "Individual",
            "description": "Cashback", "metadata": {"key": asked.key, "payout_id": asked.payout},
        })
    );
    assert_eq!(id(&asked).len(), 30, "as the description wants it");
    stub.stop().await;
}
