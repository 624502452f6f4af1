//! How old a signed call may be: declared by the adapter, judged when the call comes.

use base64::Engine as _;
use chrono::TimeDelta;
use kopilka::base::{Clock, Timestamp};
use kopilka::domain::adapter::{Adapter, RawCall};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::adapters::{adapter, get, hmac_sha256, post, read_network_by, refused, s};
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![an_old_call_is_refused_and_a_kept_one_can_be_run_again];

/// 2026-11-22 10:00:00 UTC.
const NOW: i64 = 1_795_341_600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn code(adapter: &Adapter, call: &RawCall, secret: &str, now: i64) -> String {
    adapter.authenticate(call, &s(secret), at(now)).map_or_else(|failure| failure.code.to_owned(), |()| "ok".to_owned())
}

const REST: &str = "\n[fields]\ntransaction_id = \"json:/id\"\nclick_ref = \"json:/click\"\ncommission = \"json:/fee\"\n\
                    currency = { const = \"RUB\" }\n[status]\nconstant = \"confirmed\"\n";

/// The scheme of the Standard Webhooks specification: three parts, a base64 key, several signatures in one header.
fn standard_webhooks() -> Adapter {
    adapter(&format!(
        r#"
        name = "standard"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        parts = ["header:webhook-id", "header:webhook-timestamp", "body"]
        separator = "."
        signature = "header:webhook-signature"
        split = " "
        prefix = "v1,"
        encoding = "base64"
        secret_encoding = "base64"
        secret_prefix = "whsec_"
        signed_at = {{ field = "header:webhook-timestamp", max_age_seconds = 300, max_ahead_seconds = 60 }}
        {REST}"#
    ))
}

fn standard_call(signed_at: &str, signatures: &[&str]) -> RawCall {
    let headers =
        [("webhook-id", "m1"), ("webhook-timestamp", signed_at), ("webhook-signature", &signatures.join(" "))];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    RawCall { headers, ..post(r#"{"id":1}"#) }
}

#[test]
fn standard_webhooks_are_taken_while_they_are_fresh() {
    let (adapter, base64) = (standard_webhooks(), base64::engine::general_purpose::STANDARD);
    let secret = format!("whsec_{}", base64.encode("raw key"));
    let sign = |time: &str, key: &str| {
        let signature = hmac_sha256(key.as_bytes(), format!("m1.{time}.{{\"id\":1}}").as_bytes());
        format!("v1,{}", base64.encode(signature))
    };
    let fresh = NOW.to_string();
    let call = standard_call(&fresh, &[&sign(&fresh, "raw key")]);
    for (now, wanted) in [
        (NOW, "ok"),
        (NOW + 300, "ok"),
        (NOW + 301, "timestamp_too_old"),
        (NOW + 86_400 * 400, "timestamp_too_old"),
        (NOW - 60, "ok"),
        (NOW - 61, "timestamp_ahead"),
    ] {
        assert_eq!(code(&adapter, &call, &secret, now), wanted, "{}", now - NOW);
    }
    // While the secret is changed the partner sends two; those of another scheme are passed over.
    let rotated = standard_call(&fresh, &[&sign(&fresh, "next key"), "v1a,AAAA", &sign(&fresh, "raw key")]);
    assert_eq!(code(&adapter, &rotated, &secret, NOW), "ok");
    let others = standard_call(&fresh, &[&sign(&fresh, "next key"), "v1a,AAAA"]);
    assert_eq!(code(&adapter, &others, &secret, NOW), "signature_wrong");
    let foreign = standard_call(&fresh, &["v1a,AAAA"]);
    assert_eq!(code(&adapter, &foreign, &secret, NOW), "signature_wrong");
    // A time that was made younger does not fit the signature; one that is signed but no time is told so.
    let renewed = standard_call(&(NOW + 301).to_string(), &[&sign(&fresh, "raw key")]);
    assert_eq!(code(&adapter, &renewed, &secret, NOW + 301), "signature_wrong");
    for (time, wanted) in [("soon", "timestamp_unreadable"), ("", "timestamp_missing"), ("0", "timestamp_missing")] {
        let call = standard_call(time, &[&sign(time, "raw key")]);
        assert_eq!(code(&adapter, &call, &secret, NOW), wanted, "{time:?}");
    }
    let failure = adapter.authenticate(&call, &s(&secret), at(NOW + 720)).unwrap_err().to_string();
    assert!(failure.contains("signed at 2026-11-22T10:00:00Z, which is 720 s ago"), "{failure}");
}

/// `t=…,v1=…` in one header, the time a part of it.
#[test]
fn a_time_inside_the_signatures_header() {
    let adapter = adapter(&format!(
        r#"
        name = "stamped"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        parts = [{{ from = "header:x-signature", regex = "t=([0-9]+)" }}, "body"]
        separator = "."
        signature = "header:x-signature"
        split = ","
        prefix = "v1="
        [auth.signed_at]
        field = {{ from = "header:x-signature", regex = "t=([0-9]+)" }}
        max_age_seconds = 300
        {REST}"#
    ));
    let signature = hex::encode(hmac_sha256(b"k", format!("{NOW}.{{}}").as_bytes()));
    let call = |time: i64| {
        let header = format!("t={time},v1={},v1={signature},v0=00", "0".repeat(64));
        RawCall { headers: vec![("x-signature".to_owned(), header)], ..post("{}") }
    };
    assert_eq!(code(&adapter, &call(NOW), "k", NOW + 299), "ok");
    assert_eq!(code(&adapter, &call(NOW), "k", NOW + 3600), "timestamp_too_old");
    assert_eq!(code(&adapter, &call(NOW), "k", NOW - 301), "timestamp_ahead", "five minutes ahead unless declared");
    assert_eq!(code(&adapter, &call(NOW + 3600), "k", NOW + 3600), "signature_wrong");
}

/// A parameter of the query, day first, in a declared zone; what follows the signature is nobody's.
#[test]
fn a_time_among_the_parameters() {
    let adapter = adapter(
        r#"
        name = "query-time"
        [auth]
        kind = "hmac"
        algorithm = "sha256"
        over = "query_before_signature"
        signature = "query:sign"
        signed_at = { field = "query:at", format = "%d.%m.%Y %H:%M:%S", zone = "Europe/Moscow", max_age_seconds = 60 }
        [envelope]
        repeated = "last"
        [fields]
        transaction_id = "query:id"
        [status]
        constant = "confirmed"
        "#,
    );
    let query = "id=1&at=22.11.2026+13:00:00";
    let signed = format!("{query}&sign={}", hex::encode(hmac_sha256(b"k", query.as_bytes())));
    assert_eq!(code(&adapter, &get(&signed), "k", NOW + 60), "ok");
    assert_eq!(code(&adapter, &get(&signed), "k", NOW + 61), "timestamp_too_old");
    let renewed = format!("{signed}&at=22.11.2026+13:10:00");
    assert_eq!(code(&adapter, &get(&renewed), "k", NOW + 600), "signature_wrong");
    let bitlabs = adapter_of("bitlabs");
    let call = get("uid=u&val=1&tx=t");
    let url = call.public_url.clone();
    let key: &[u8] = b"k";
    let sign = {
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap();
        mac.update(url.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    };
    assert_eq!(code(&bitlabs, &get(&format!("uid=u&val=1&tx=t&hash={sign}")), "k", NOW), "ok");
    let taken_back = get(&format!("uid=u&val=1&tx=t&hash={sign}&ref=t"));
    assert_eq!(code(&bitlabs, &taken_back, "k", NOW), "signature_wrong", "a ref that nobody signed");
}

fn adapter_of(preset: &str) -> Adapter {
    Adapter::of_preset(preset).unwrap().unwrap()
}

/// A time that is not signed proves nothing, and the adapter is told so.
#[test]
fn times_that_are_not_signed_are_refused() {
    let with = |over: &str, signed_at: &str| {
        format!(
            "name = \"x\"\n[auth]\nkind = \"hmac\"\nalgorithm = \"sha256\"\n{over}\nsignature = \"header:x-sign\"\n\
             signed_at = {signed_at}\n{REST}"
        )
    };
    let of = |field: &str| format!("{{ field = {field}, max_age_seconds = 300 }}");
    for (over, field) in [
        ("over = \"body\"", "\"header:x-time\""),
        ("over = \"body\"", "\"query:time\""),
        ("over = \"body\"", "\"time\""),
        ("over = \"sorted_query\"", "\"json:/time\""),
        ("parts = [\"header:x-time\", \"body\"]", "\"header:x-other\""),
        (
            "parts = [{ from = \"header:x-sign\", regex = \"t=([0-9]+)\" }]",
            "{ from = \"header:x-sign\", regex = \"u=([0-9]+)\" }",
        ),
        ("parts = [{ pairs = \"{name}{value}\", except = [\"time\"] }]", "\"query:time\""),
        ("parts = [\"body\"]", "{ const = \"1795341600\" }"),
    ] {
        let told = refused(&with(over, &of(field)));
        assert!(told.contains("auth.signed_at.field: is not among what is signed"), "{over} {field}: {told}");
    }
    for (over, field) in [
        ("over = \"body\"", "\"json:/time\""),
        ("over = \"body\"", "\"xml:/sale/@time\""),
        ("over = \"url\"", "\"query:time\""),
        ("parts = [\"header:x-time\", \"body\"]", "{ from = \"header:x-time\", before = \".\" }"),
        ("parts = [\"time\"]", "\"time\""),
        ("parts = [{ pairs = \"{name}{value}\" }]", "\"form:time\""),
    ] {
        adapter(&with(over, &of(field)));
    }
    for (signed_at, wanted) in [
        ("{ field = \"json:/time\" }", "signed_at.max_age_seconds: is missing"),
        ("{ max_age_seconds = 300 }", "signed_at.field: is missing"),
        ("{ field = \"json:/time\", max_age_seconds = \"5m\" }", "must be a whole number of seconds"),
        ("{ field = \"json:/time\", max_age_seconds = 300, format = \"%Y-%m-%d\" }", "signed_at.zone: is missing"),
        ("{ field = \"json:/time\", max_age = 300 }", "unknown key"),
    ] {
        let told = refused(&with("over = \"body\"", signed_at));
        assert!(told.contains(wanted), "{signed_at}: {told}");
    }
}

/// Sends a body, signed at `time` under `key`, to the market's partner.
async fn send(market: &Market, body: &str, time: i64, key: &str) -> (u16, Value) {
    let signature = hex::encode(hmac_sha256(key.as_bytes(), format!("{time}.{body}").as_bytes()));
    let request = market.server.request(Method::POST, "/postback/network").body(body.to_owned());
    let request = request.header("x-time", time.to_string()).header("x-sign", signature);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn an_old_call_is_refused_and_a_kept_one_can_be_run_again(db: TestDb) {
    let server = TestApp::start_with(&db.url, Clock::manual(at(NOW)), |_config| {}).await;
    let market = Market::open(server, 0).await;
    let text = format!(
        "name = \"dated\"\n[auth]\nkind = \"hmac\"\nalgorithm = \"sha256\"\nparts = [\"header:x-time\", \"body\"]\n\
         separator = \".\"\nsignature = \"header:x-sign\"\n\
         signed_at = {{ field = \"header:x-time\", max_age_seconds = 300 }}\n{REST}"
    );
    read_network_by(&market, &text).await;
    let click = market.click(market.shopper).await;
    let sale = format!(r#"{{"id":"A-1","click":"{}","fee":"10.00"}}"#, click.reference());

    let (status, told) = send(&market, &sale, NOW - 301, SECRET).await;
    assert_eq!((status, &told["verdict"], &told["reason"]), (401, &json!("refused"), &json!("not_authentic")));
    assert!(told["detail"].as_str().unwrap().starts_with("timestamp_too_old: signed at "), "{told}");
    assert_eq!(told["reports"], json!([]));
    let (status, told) = send(&market, &sale, NOW + 301, SECRET).await;
    assert!(status == 401 && told["detail"].as_str().unwrap().starts_with("timestamp_ahead"), "{told}");
    let (status, told) = send(&market, &sale, NOW - 300, SECRET).await;
    assert_eq!((status, &told["verdict"]), (200, &json!("applied")), "{told}");

    // A call with an unknown click waits; another comes while the partner has a new secret that nobody told us.
    let (_, held) = send(&market, r#"{"id":"A-2","click":"nobody","fee":"1.00"}"#, NOW, SECRET).await;
    assert_eq!(held["verdict"], "held");
    let other = sale.replace("A-1", "A-3");
    let (status, refused) = send(&market, &other, NOW, "another-secret").await;
    assert_eq!(status, 401);
    market.server.app.clock.advance(TimeDelta::days(3));
    let rerun = |call: &Value| format!("/api/v1/operator/postbacks/{}/rerun", call["postback"].as_str().unwrap());
    let body = json!({ "reason": "looked at" });
    let again = market.send(&market.as_admin, &rerun(&held), &body, 200).await;
    assert_eq!((&again["verdict"], &again["reason"]), (&json!("held"), &json!("unknown_click")), "{again}");
    let again = market.send(&market.as_admin, &rerun(&refused), &body, 200).await;
    assert!(again["detail"].as_str().unwrap().starts_with("signature_wrong"), "{again}");
    let secrets = format!("/api/v1/operator/partners/{}/secrets", market.partner);
    market.send(&market.as_admin, &secrets, &json!({ "secret": "another-secret", "keep_hours": 2 }), 201).await;
    let again = market.send(&market.as_admin, &rerun(&refused), &body, 200).await;
    assert_eq!(again["verdict"], "applied", "it was fresh when it came: {again}");

    // The test bench judges a call as of now, unless it is told when it came.
    let signature = hex::encode(hmac_sha256(SECRET.as_bytes(), format!("{NOW}.{sale}").as_bytes()));
    let headers = json!([{ "name": "x-time", "value": NOW.to_string() }, { "name": "x-sign", "value": signature }]);
    let mut call = json!({ "method": "POST", "body": sale, "headers": headers });
    let path = "/api/v1/partner/postbacks/try";
    let trial = market.send(&market.as_partner, path, &call, 200).await;
    assert!(trial["authentication"]["detail"].as_str().unwrap().contains("timestamp_too_old"), "{trial}");
    call["at"] = json!("2026-11-22T10:01:00Z");
    let trial = market.send(&market.as_partner, path, &call, 200).await;
    assert_eq!((&trial["authentication"]["passed"], &trial["verdict"]), (&json!(true), &json!("unchanged")), "{trial}");
}
