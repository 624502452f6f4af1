//! Every real network's call with each of its fields removed, emptied, made huge, negative or not UTF-8, through the real
//! endpoint: no failure of ours, and no money that nobody promised.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kopilka::db::conversions::conversion_walk;
use kopilka::domain::partner::PartnerSettings;
use kopilka::service::verify_ledger::verify_ledger;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use reqwest::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::task::JoinSet;
use url::form_urlencoded;

use super::process::{answer_to, client};
use crate::on_both;
use crate::postback_http::{add_click, add_partner, add_shopper, with_click};
use crate::support::app::TestApp;
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::fixtures::{Case, Expect, cases};
use crate::support::said::counted;

on_both![no_spoilt_call_breaks_anything];

/// What a value becomes; `None`: its field goes.
const SPOILS: [(&str, Option<&str>); 10] = [
    ("removed", None),
    ("emptied", Some("")),
    ("a huge number", Some("99999999999999999999999999999999999999.99")),
    ("more than can be booked", Some("92233720368547758.07")),
    ("an exponent", Some("1e400")),
    ("not UTF-8", Some("%FF%FEx")),
    ("NUL", Some("a%00b")),
    ("half an escape", Some("%F")),
    ("a very long text", Some(LONG)),
    // Put before the value that is there.
    ("negative", Some("-")),
];
/// Stands for 8,000 letters.
const LONG: &str = "~";

/// A call and what was done to it.
struct Spoilt {
    what: String,
    case: Case,
}

async fn no_spoilt_call_breaks_anything(db: TestDb) {
    let server = TestApp::start(&db.url).await;
    let mut known = Vec::new();
    let mut spoilt = Vec::new();
    let mut believable: BTreeSet<Decimal> = BTreeSet::from([Decimal::ZERO]);
    for case in cases() {
        let partner = match known.iter().find(|(preset, _)| *preset == case.preset) {
            Some((_, partner)) => *partner,
            None => {
                let settings = json!({ "currency": "RUB", "time_zone": "UTC" });
                let settings: PartnerSettings = serde_json::from_value(settings).unwrap();
                let partner = add_partner(&server, case.preset, case.secret, settings).await;
                known.push((case.preset, partner));
                partner
            }
        };
        let shopper = add_shopper(&server).await;
        let click = add_click(&server, &case, shopper, partner).await;
        if let Some(told) = case.means["commission"].as_str() {
            believable.insert(told.parse::<Decimal>().unwrap().abs());
        }
        let case = with_click(&case, click).unwrap_or(case);
        let all = in_the_query(&case).into_iter().chain(in_the_body(&case));
        spoilt.extend(all.map(|Spoilt { what, case }| Spoilt { what, case: signed_anew(case) }));
    }
    assert!(spoilt.len() > 6_000, "only {} calls", spoilt.len());
    // The short run takes one in four, others each time.
    let (begin, step) = if long() { (0, 1) } else { (Dice::told().index(4), 4) };
    let spoilt: Vec<Spoilt> = spoilt.into_iter().skip(begin).step_by(step).collect();
    let count = spoilt.len();
    let (believed, refusals) = send_all(&server, spoilt).await;
    assert_eq!(refusals, Vec::<String>::new());
    let presets: BTreeSet<&str> = known.iter().map(|(preset, _)| *preset).collect();
    assert_eq!(believed, presets, "of each network some are authentic");
    let mut conn = db.connect();
    let orders = conversion_walk(&mut conn, None, 10_000).unwrap();
    assert!(orders.len() >= known.len(), "hardly a call was read: {}", orders.len());
    for order in &orders {
        assert!(believable.contains(&order.commission.major()), "{order:?}");
        assert!(order.cashback.minor() <= order.commission.minor() / 2 && order.cashback.minor() >= 0, "{order:?}");
    }
    assert_eq!(verify_ledger(&server.app).await.unwrap().findings, vec![]);
    counted(&format!(
        "{:?}: {count} spoilt calls, {} orders, none with money that nobody told",
        db.kind(),
        orders.len()
    ));
}

/// Networks that sign what is spoilt would otherwise be refused before it is read.
fn signed_anew(mut case: Case) -> Case {
    let (header, over) = match case.preset {
        "dub" => ("dub-signature", case.body.clone()),
        "ayet-studios" => {
            let mut pairs: Vec<(String, String)> = form_urlencoded::parse(case.query.as_bytes()).into_owned().collect();
            pairs.sort();
            let over = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            ("x-ayetstudios-security-hash", over.into_bytes())
        }
        _ => return case,
    };
    // One of the fixtures has a wrong signature, and keeps it.
    if case.expect == Expect::RejectAuth {
        return case;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(case.secret.as_bytes()).unwrap();
    mac.update(&over);
    case.headers.retain(|(name, _)| name != header);
    case.headers.push((header.to_owned(), hex::encode(mac.finalize().into_bytes())));
    case
}

/// Sends them, some at a time; gives of which networks some were believed, and what was answered wrongly.
async fn send_all(server: &TestApp, spoilt: Vec<Spoilt>) -> (BTreeSet<&'static str>, Vec<String>) {
    let (http, address) = (client(), server.address);
    let lots: Vec<Vec<Spoilt>> = {
        let mut lots: Vec<Vec<Spoilt>> = (0..12).map(|_| Vec::new()).collect();
        for (number, one) in spoilt.into_iter().enumerate() {
            lots[number % 12].push(one);
        }
        lots
    };
    let mut running = JoinSet::new();
    for lot in lots {
        let http = http.clone();
        running.spawn(async move {
            let (mut believed, mut wrong) = (BTreeSet::new(), Vec::new());
            for Spoilt { what, case } in lot {
                let secret = case.path_secret.map(|secret| format!("/{secret}")).unwrap_or_default();
                let query = if case.query.is_empty() { String::new() } else { format!("?{}", case.query) };
                let url = format!("http://{address}/postback/{}{secret}{query}", case.preset);
                let mut request = http.request(case.method.parse().unwrap(), url).body(case.body.clone());
                for (name, value) in &case.headers {
                    request = request.header(name, value);
                }
                let answer = answer_to(request).await;
                let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).map(str::to_owned);
                let status = answer.status();
                if status == StatusCode::OK {
                    believed.insert(case.preset);
                }
                if let Some(complaint) = complaint(status, kind.as_deref(), &answer.text().await.unwrap()) {
                    wrong.push(format!("{}[{}] with {what}: {complaint}", case.file, case.index));
                }
            }
            (believed, wrong)
        });
    }
    let all = running.join_all().await;
    let believed = all.iter().flat_map(|(believed, _)| believed.iter().copied()).collect();
    (believed, all.into_iter().flat_map(|(_, wrong)| wrong).collect())
}

/// 200 for what was kept, 401 with the verdict for what is not authentic, and problems for all other refusals.
fn complaint(status: StatusCode, kind: Option<&str>, body: &str) -> Option<String> {
    let good = match status {
        StatusCode::OK => true,
        StatusCode::UNAUTHORIZED => {
            let told: Value = serde_json::from_str(body).unwrap_or_default();
            told["verdict"] == "refused"
        }
        status => status.is_client_error() && kind == Some("application/problem+json"),
    };
    (!good).then(|| format!("{status} {kind:?} {}", body.chars().take(300).collect::<String>()))
}

/// A value after it was spoilt, in the form in which it stands in a query or a form.
fn spoil(how: (&str, Option<&str>), value: &str) -> Option<String> {
    match how {
        ("negative", _) => Some(format!("-{value}")),
        (_, Some(LONG)) => Some("x".repeat(8_000)),
        (_, text) => text.map(str::to_owned),
    }
}

/// Each way of spoiling each pair of `a=1&b=2`.
fn spoilt_pairs(pairs: &str) -> Vec<(String, String)> {
    let all: Vec<&str> = pairs.split('&').collect();
    let mut out = Vec::new();
    for (place, pair) in all.iter().enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        for how in SPOILS {
            let mut changed: Vec<String> = all.iter().map(|pair| (*pair).to_owned()).collect();
            match spoil(how, value) {
                Some(value) => changed[place] = format!("{name}={value}"),
                None => drop(changed.remove(place)),
            }
            out.push((format!("{name} {}", how.0), changed.join("&")));
        }
        out.extend(spoilt_inside(&all, place).into_iter().map(|(what, pairs)| (format!("{name}{what}"), pairs)));
        out.push((format!("{name} twice"), format!("{pairs}&{name}=other")));
        out.push((format!("the name {name} not UTF-8"), pairs.replacen(name, "%FF%C3", 1)));
    }
    out
}

/// Each way of spoiling what is inside of a pair whose value is JSON, as Awin's is.
fn spoilt_inside(all: &[&str], place: usize) -> Vec<(String, String)> {
    let mut decoded = form_urlencoded::parse(all[place].as_bytes());
    let Some((name, value)) = decoded.next() else { return Vec::new() };
    let Ok(document @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str::<Value>(&value) else {
        return Vec::new();
    };
    let with = |(what, json): (String, Vec<u8>)| {
        let pair = format!("{name}={}", percent_encode(&json, NON_ALPHANUMERIC));
        let pairs = all.iter().enumerate().map(|(at, old)| if at == place { pair.as_str() } else { old });
        (what, pairs.collect::<Vec<_>>().join("&"))
    };
    spoilt_json(&document, &document, "").into_iter().map(with).collect()
}

fn in_the_query(case: &Case) -> Vec<Spoilt> {
    if case.query.is_empty() {
        return Vec::new();
    }
    let one = |(what, query)| Spoilt { what: format!("query: {what}"), case: Case { query, ..case.clone() } };
    spoilt_pairs(&case.query).into_iter().map(one).collect()
}

fn in_the_body(case: &Case) -> Vec<Spoilt> {
    let Ok(text) = std::str::from_utf8(&case.body) else { return Vec::new() };
    if text.is_empty() {
        return Vec::new();
    }
    let one =
        |(what, body): (String, Vec<u8>)| Spoilt { what: format!("body: {what}"), case: Case { body, ..case.clone() } };
    let mut out: Vec<(String, Vec<u8>)> = Vec::new();
    match serde_json::from_str::<Value>(text) {
        Ok(document) => out.extend(spoilt_json(&document, &document, "")),
        Err(_) => out.extend(spoilt_pairs(text).into_iter().map(|(what, body)| (what, body.into_bytes()))),
    }
    // The whole of it: cut, of bytes that are no text, and much.
    out.push(("cut".to_owned(), case.body[..case.body.len() / 2].to_vec()));
    out.push(("no text".to_owned(), case.body.iter().copied().chain([0xff, 0xfe, 0]).collect()));
    out.push(("too much".to_owned(), [case.body.as_slice(), &vec![b' '; 70_000]].concat()));
    out.into_iter().map(one).collect()
}

/// Each way of spoiling each value inside `at`, which stands at `pointer` of `whole`.
fn spoilt_json(whole: &Value, at: &Value, pointer: &str) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let inner: Vec<(String, &Value)> = match at {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(place, value)| (place.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let path = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        out.extend(spoilt_json(whole, value, &path));
        let mut without = whole.clone();
        match without.pointer_mut(pointer).unwrap() {
            Value::Object(fields) => drop(fields.remove(&name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => {}
        }
        out.push((format!("{path} removed"), without.to_string().into_bytes()));
        let huge = "9".repeat(400);
        for (how, text) in [
            ("null", "null"),
            ("emptied", "\"\""),
            ("a list", "[1]"),
            ("a huge number", huge.as_str()),
            ("an exponent", "1e400"),
            ("negative", "-12.34"),
            ("a lone surrogate", "\"\\ud800\""),
            ("NUL", "\"\\u0000\""),
            ("not UTF-8", "\"\u{fffd}\""),
        ] {
            const PLACE: &str = "kopilka-place";
            let mut changed = whole.clone();
            *changed.pointer_mut(&path).unwrap() = json!(PLACE);
            let written = changed.to_string().replace(&format!("\"{PLACE}\""), text);
            // U+FFFD stands for a byte that no text has.
            let body = written.split('\u{fffd}').map(str::as_bytes).collect::<Vec<_>>().join(&0xff);
            out.push((format!("{path} {how}"), body));
        }
    }
    out
}
