//! Adapters and calls written in place, for tests of the language.

use hmac::{Hmac, KeyInit, Mac};
use kopilka::base::Secret;
use kopilka::domain::access::Actor;
use kopilka::domain::adapter::{Adapter, RawCall, Reading, Report, preset};
use kopilka::service::partners::{PartnerChange, adapter_put, partner_update};
use serde_json::Value;
use sha2::Sha256;

use super::market::Market;

pub fn adapter(text: &str) -> Adapter {
    Adapter::parse(text, &|name| preset(name).map(str::to_owned)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub fn refused(text: &str) -> String {
    Adapter::parse(text, &|name| preset(name).map(str::to_owned)).expect_err("must be refused").to_string()
}

pub fn get(query: &str) -> RawCall {
    RawCall {
        method: "GET".to_owned(),
        path_secret: None,
        query: query.to_owned(),
        body: Vec::new(),
        headers: Vec::new(),
        peer: Some("198.51.100.7".parse().unwrap()),
        public_url: format!("https://cashback.example/postback/new?{query}"),
    }
}

pub fn post(body: &str) -> RawCall {
    RawCall { method: "POST".to_owned(), body: body.as_bytes().to_vec(), ..get("") }
}

pub fn with_header(call: RawCall, name: &str, value: &str) -> RawCall {
    RawCall { headers: vec![(name.to_owned(), value.to_owned())], ..call }
}

pub fn reports(adapter: &Adapter, call: &RawCall) -> Vec<Report> {
    match adapter.read(call) {
        Reading::Reports(reports) => reports,
        other => panic!("{}: {other:?}", adapter.name()),
    }
}

pub fn code(adapter: &Adapter, call: &RawCall) -> &'static str {
    match adapter.read(call) {
        Reading::Unreadable { code, .. } => code,
        other => panic!("{}: {other:?}", adapter.name()),
    }
}

/// Reads one report and compares the keys that `wanted` has.
pub fn expect(adapter: &Adapter, call: &RawCall, wanted: &Value) {
    let all = reports(adapter, call);
    assert_eq!(all.len(), 1, "{}", adapter.name());
    expect_report(adapter.name(), &all[0], wanted);
}

pub fn expect_report(name: &str, report: &Report, wanted: &Value) {
    let told = serde_json::to_value(report).unwrap();
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&told[key], value, "{name}: {key}");
    }
    let back: Report = serde_json::from_value(told).unwrap();
    assert_eq!(&back, report, "{name}: a stored report reads back the same");
}

pub fn s(text: &str) -> Vec<Secret> {
    vec![Secret::new(text)]
}

/// The HMAC-SHA256 of a message.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Makes the market's partner `network` be read by this adapter.
pub async fn read_network_by(market: &Market, text: &str) {
    let app = &market.server.app;
    let name = adapter(text).name().to_owned();
    adapter_put(app, &Actor::Console, &name, text, false).await.unwrap();
    let change = PartnerChange { adapter: Some(name), ..PartnerChange::default() };
    partner_update(app, &Actor::Console, market.partner, change).await.unwrap();
}
