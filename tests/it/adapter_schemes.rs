//! Networks nobody has seen, each adapter in TOML alone: signatures, answers, alternatives, inheritance.

use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use kopilka::base::{Secret, Timestamp};
use kopilka::domain::adapter::{RawCall, Reading};
use kopilka::domain::verdict::Verdict;
use serde_json::json;
use sha2::{Digest, Sha256, Sha512};

use crate::support::adapters::{adapter, code, expect, get, post, s, with_header};

/// Minor units by currency, a signature with a prefix, test events to ignore.
#[test]
fn unseen_minor_units_by_currency() {
    let adapter = adapter(
        r#"
        name = "minor-units"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        over = "body"
        signature = "header:x-signature"
        prefix = "sha256="
        [[ignore]]
        when = { any = [{ field = "json:/test", eq = true }, { not = { field = "json:/type", prefix = "reward." } }] }
        why = "a test or another event"
        [fields]
        transaction_id = "json:/data/key"
        click_ref = "json:/data/sub_id"
        commission = "json:/data/amount"
        currency = "json:/data/currency"
        occurred_at = "json:/data/created_at"
        [amounts]
        scale = "currency"
        [time]
        format = "unix_ms"
        [status]
        field = "json:/type"
        [status.map]
        "reward.created" = "pending"
        "reward.voided" = { status = "declined", reason = "voided" }
        "#,
    );
    let body = r#"{"type":"reward.created","data":{"key":"r1","sub_id":"c","amount":1500,"currency":"jpy","created_at":1721141115123}}"#;
    let mut mac = Hmac::<Sha256>::new_from_slice(b"k").unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()).to_uppercase());
    adapter.authenticate(&with_header(post(body), "x-signature", &signature), &s("k"), Timestamp::EPOCH).unwrap();
    let spaced = with_header(post(&body.replace(':', ": ")), "x-signature", &signature);
    assert_eq!(adapter.authenticate(&spaced, &s("k"), Timestamp::EPOCH).unwrap_err().code, "signature_wrong");
    let wanted = json!({"commission": "1500", "currency": "JPY", "occurred_at": {"utc": "2024-07-16T14:45:15.123Z"}});
    expect(&adapter, &post(body), &wanted);
    let dinars = json!({"commission": "1.500", "currency": "KWD"});
    expect(&adapter, &post(&body.replace("jpy", "kwd")), &dinars);
    assert_eq!(code(&adapter, &post(&body.replace("1500", "15.5"))), "amount_not_minor_units");
    assert_eq!(code(&adapter, &post(&body.replace("1500", "1e3"))), "amount_not_a_number");
    assert_eq!(code(&adapter, &post(&body.replace("\"jpy\"", "null"))), "amount_scale_conflict");
    assert!(matches!(adapter.read(&post(r#"{"type":"link.created"}"#)), Reading::Ignored { .. }));
}

/// A digest over all fields, sorted, each with the passphrase; events by name; the body OK.
#[test]
fn unseen_passphrase_over_all_fields() {
    let adapter = adapter(
        r#"
        name = "passphrase"
        key = ["order_id", "order_item_id"]
        [auth]
        kind = "digest"
        algorithm = "sha512"
        parts = [{ pairs = "{name}={value}{secret}", skip_empty = true }]
        signature = "form:sha_sign"
        [fields]
        order_id = "order_id"
        click_ref = { from = "custom", regex = "^click-([0-9a-z]+)" }
        commission = "amount_affiliate"
        currency = "currency"
        [status]
        field = "event"
        [status.map]
        on_payment = "confirmed"
        on_refund = "reversed"
        on_chargeback = { status = "reversed", last = true, reason = "chargeback" }
        connection_test = { ignore = "a connection test" }
        [answer]
        body = "OK"
        [answer.held]
        body = "OK {verdict} {id} {reason}"
        "#,
    );
    let fields = "amount_affiliate=5.00currency=EURcustom=click-abc9_xevent=on_chargebackorder_id=77order_item_id=2";
    let signed: String = [
        "amount_affiliate=5.00",
        "currency=EUR",
        "custom=click-abc9_x",
        "event=on_chargeback",
        "order_id=77",
        "order_item_id=2",
    ]
    .iter()
    .map(|pair| format!("{pair}pass"))
    .collect();
    assert_eq!(signed.replace("pass", ""), fields);
    let sign = hex::encode(Sha512::digest(signed)).to_uppercase();
    let call = post(&format!(
        "event=on_chargeback&order_id=77&order_item_id=2&empty=&custom=click-abc9_x&amount_affiliate=5.00&currency=EUR&sha_sign={sign}"
    ));
    adapter.authenticate(&call, &s("pass"), Timestamp::EPOCH).unwrap();
    let raised = RawCall {
        body: String::from_utf8(call.body.clone()).unwrap().replace("5.00", "9.00").into_bytes(),
        ..call.clone()
    };
    assert!(adapter.authenticate(&raised, &s("pass"), Timestamp::EPOCH).is_err());
    expect(&adapter, &call, &json!({"key": "77/2", "click_ref": "abc9", "weight": "last", "reason": "chargeback"}));
    assert!(
        matches!(adapter.read(&post("event=connection_test")), Reading::Ignored { why } if why == "a connection test")
    );
    let held = adapter.answer(Verdict::Held, "pb1", Some("unknown click"));
    assert_eq!(held.body.as_deref(), Some("OK held pb1 unknown click"));
    assert_eq!(adapter.answer(Verdict::Applied, "pb1", None).body.as_deref(), Some("OK"));
    assert_eq!(adapter.answer(Verdict::Refused, "pb1", None).body, None, "OK is not for strangers");
}

/// Addresses and a digest together; the older secret holds while it is rotated.
#[test]
fn unseen_addresses_and_digest() {
    let adapter = adapter(
        r#"
        name = "offerwall"
        [auth]
        kind = "all"
        of = [
          { kind = "ip", allow = ["198.51.100.0/24", "2001:db8::1"] },
          { kind = "digest", algorithm = "md5", parts = ["uid", "tid", "secret"], separator = ":", signature = "sig" },
        ]
        [fields]
        transaction_id = "tid"
        click_ref = "uid"
        commission = "payout"
        currency = { const = "USD" }
        [status]
        constant = "confirmed"
        [answer]
        body = ""
        status = 204
        "#,
    );
    let call = get(&format!("uid=u&tid=9&payout=0.5&sig={}", hex::encode(md5::Md5::digest("u:9:old"))));
    adapter.authenticate(&call, &[Secret::new("new"), Secret::new("old")], Timestamp::EPOCH).unwrap();
    let away = RawCall { peer: Some("192.0.2.1".parse().unwrap()), ..call.clone() };
    assert_eq!(adapter.authenticate(&away, &s("old"), Timestamp::EPOCH).unwrap_err().code, "address_not_allowed");
    let mapped = RawCall { peer: Some("::ffff:198.51.100.9".parse().unwrap()), ..call.clone() };
    adapter.authenticate(&mapped, &s("old"), Timestamp::EPOCH).unwrap();
    assert_eq!(adapter.authenticate(&call, &[], Timestamp::EPOCH).unwrap_err().code, "no_secret_configured");
    let answer = adapter.answer(Verdict::Applied, "x", None);
    assert_eq!((answer.status, answer.body.as_deref()), (204, Some("")));
}

/// A signature header with a time in it, a base64 key, JSON inside JSON.
#[test]
fn unseen_signature_with_time() {
    let adapter = adapter(
        r#"
        name = "stamped"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        parts = [{ from = "header:x-sign", regex = "t=([0-9]+)" }, "body"]
        separator = "."
        signature = { from = "header:x-sign", regex = "v1=([A-Za-z0-9+/=]+)" }
        encoding = "base64"
        secret_encoding = "base64"
        secret_prefix = "whsec_"
        [fields]
        transaction_id = "json-json:/message:/tx/id"
        commission = "json-json:/message:/tx/fee"
        currency = "json-json:/message:/tx/cur"
        user_ref = "header:x-user"
        [status]
        field = "json-json:/message:/tx/state"
        [status.map]
        true = "confirmed"
        false = "declined"
        "#,
    );
    let body = r#"{"message":"{\"tx\":{\"id\":\"t\",\"fee\":\"2.5\",\"cur\":\"EUR\",\"state\":false}}"}"#;
    let mut mac = Hmac::<Sha256>::new_from_slice(b"raw key").unwrap();
    mac.update(format!("1700000000.{body}").as_bytes());
    let base64 = base64::engine::general_purpose::STANDARD;
    let header = format!("t=1700000000,v1={}", base64.encode(mac.finalize().into_bytes()));
    let secret = format!("whsec_{}", base64.encode("raw key"));
    adapter.authenticate(&with_header(post(body), "x-sign", &header), &s(&secret), Timestamp::EPOCH).unwrap();
    let later = header.replace("1700000000", "1700000001");
    assert!(adapter.authenticate(&with_header(post(body), "x-sign", &later), &s(&secret), Timestamp::EPOCH).is_err());
    let call = with_header(post(body), "x-user", "u7");
    expect(&adapter, &call, &json!({"key": "t", "status": "declined", "commission": "2.5", "user_ref": "u7"}));
}

/// Query and body mixed, part of a sub-id, alternatives of the key, a status told by the query of each URL.
#[test]
fn unseen_mixed_and_fallback_keys() {
    let adapter = adapter(
        r#"
        name = "mixed"
        key = [["transaction_id"], ["click_ref", "occurred_at"], [{ from = "legacy", upper = true }]]
        require = ["query:event", "json:/sum"]
        [auth]
        kind = "field"
        field = "json:/auth/token"
        [envelope]
        repeated = "last"
        [fields]
        transaction_id = { from = "json:/tx", strip_suffix = "-EU" }
        click_ref = { from = "query:sub", after = "_", before = "." }
        commission = ["json:/sum", "query:sum"]
        currency = { from = "json:/cur", default = "EUR" }
        occurred_at = "json:/ts"
        hold = "query:hold"
        kind = { case = [{ when = { field = "json:/sum", ge = "100" }, then = { const = "big" } }], else = { const = "small" } }
        [time]
        format = "unix_s"
        [status]
        field = "query:event"
        [status.map]
        created = "pending"
        accepted = "confirmed"
        [answer]
        body = '{"status":"ok"}'
        content_type = "application/json"
        "#,
    );
    let call = |query: &str, body: &str| RawCall { body: body.as_bytes().to_vec(), ..get(query) };
    let full = call(
        "event=created&event=accepted&sub=site_clk.9&hold=yes",
        r#"{"tx":"T-1-EU","sum":100,"ts":1700000000,"auth":{"token":"tk"}}"#,
    );
    adapter.authenticate(&full, &s("tk"), Timestamp::EPOCH).unwrap();
    let wanted = json!({"key": "T-1", "click_ref": "clk", "status": "confirmed", "hold": true, "kind": "big", "currency": "EUR"});
    expect(&adapter, &full, &wanted);
    let no_tx = call("event=accepted&sub=site_clk", r#"{"tx":"[[[tx]]]","sum":"1","ts":1700000000}"#);
    expect(&adapter, &no_tx, &json!({"key": "clk/2023-11-14T22:13:20Z", "transaction_id": null, "kind": "small"}));
    expect(&adapter, &call("event=accepted&legacy=ab", "{}"), &json!({"key": "AB", "commission": null}));
    assert_eq!(code(&adapter, &call("event=accepted", "{}")), "key_missing");
    assert_eq!(code(&adapter, &call("event=accepted&legacy=a&hold=maybe", "{}")), "flag_unknown");
    assert_eq!(code(&adapter, &call("event=accepted&legacy=a", r#"{"ts":1700000000000}"#)), "time_implausible");
    assert!(matches!(adapter.read(&get("")), Reading::Ignored { .. }));
    let shown = adapter.redact(&full, &s("tk"));
    assert!(!String::from_utf8(shown.body).unwrap().contains("tk"));
    assert_eq!(adapter.answer(Verdict::Unchanged, "x", None).content_type, "application/json");
}

/// A preset taken over and changed in a few lines.
#[test]
fn unseen_sister_network_extends_a_preset() {
    let reach = adapter(
        r#"
        name = "affise-reach"
        extends = "affise"
        unset = ["status.map.5", "fields.reason"]
        [names]
        tid = "conversion"
        [fields]
        currency = { const = "EUR" }
        [status.map]
        4 = { status = "pending", hold = true }
        [amounts.commission]
        scale = 4
        every_currency = true
        sign = "absolute"
        [answer]
        body = "done"
        "#,
    );
    let query = "conversion=c1&click=k&status=4&sum=-125000&osum=250&ocur=USD&ts=1709627400&comment=x";
    let wanted = json!({"key": "c1", "commission": "12.5000", "currency": "EUR", "order_amount": "250",
        "order_currency": "USD", "hold": true, "reason": null});
    expect(&reach, &get(query), &wanted);
    assert_eq!(code(&reach, &get(&query.replace("status=4", "status=5"))), "status_unknown");
    let constant = adapter(
        "name = \"t\"\nextends = \"tune\"\n[status]\nfield = \"st\"\ndefault = \"pending\"\n[status.map]\nok = \"confirmed\"\n",
    );
    expect(&constant, &get("transaction_id=1"), &json!({"status": "pending", "weight": "open"}));
}
