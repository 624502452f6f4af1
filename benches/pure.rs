//! The pure parts that every click and every postback goes through, each by itself: `make bench-pure`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot be made ends with why, and the macros write functions of their own"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kopilka::base::id::{ClickId, ConversionId, PartnerId, ShopperId, StoreId, TermsId, TransactionId};
use kopilka::base::{Secret, Timestamp};
use kopilka::domain::adapter::{Adapter, RawCall, Reading, ReportStatus, Weight};
use kopilka::domain::bot::BotPatterns;
use kopilka::domain::chain::{Entry, link};
use kopilka::domain::conversion::{Birth, Conversion, Decision, Incoming, first, transition};
use kopilka::domain::ledger::{Balances, difference, standing, target};
use kopilka::domain::link::{KeyRing, Link};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::rate::{Promise, Rate};

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("a time")
}

fn links(bench: &mut Criterion) {
    let ring = KeyRing::new(&[("k1".to_owned(), Secret::new("a secret of some length"))]);
    let signed = Link {
        store: "books".into(),
        shopper: ShopperId::new().reference().into(),
        terms_version: 17,
        issued_at: at(1_800_000_000),
        expires_at: at(1_800_086_400),
        deep_link: None,
    };
    let path = ring.sign(&signed).expect("the ring has a key");
    let query = path.split_once('?').expect("a query").1;
    bench.bench_function("link: sign", |b| b.iter(|| ring.sign(black_box(&signed))));
    bench.bench_function("link: verify", |b| {
        b.iter(|| ring.verify("books", black_box(query), at(1_800_000_060)).expect("ours"));
    });
    let bots = BotPatterns::built_in().expect("the patterns compile");
    bench.bench_function("link: tell a program from a browser", |b| {
        b.iter(|| bots.verdict(black_box(Some(BROWSER)), None));
    });
}

/// The first call of a network's collected ones, as the service gets it.
fn call(network: &str) -> RawCall {
    let path = format!("{}/tests/data/postbacks/{network}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the fixture is there");
    let all: serde_json::Value = serde_json::from_str(&text).expect("the fixture is JSON");
    let one = all.pointer("/push/0").expect("the network has a call");
    let word = |name: &str| one.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    RawCall {
        method: word("method"),
        path_secret: Some(Secret::new("path-secret")),
        query: word("raw_query"),
        body: word("raw_body").into_bytes(),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        peer: None,
        public_url: format!("https://cashback.example/postback/{network}?{}", word("raw_query")),
    }
}

fn adapters(bench: &mut Criterion) {
    for network in ["admitad", "awin", "tune"] {
        let adapter = Adapter::of_preset(network).expect("a preset").expect("it compiles");
        let call = call(network);
        let told = adapter.read(&call);
        assert!(matches!(told, Reading::Reports(_) | Reading::Unreadable { .. }), "{network}: {told:?}");
        bench.bench_function(&format!("adapter: read a call of {network}"), |b| {
            b.iter(|| adapter.read(black_box(&call)))
        });
        let secrets = [Secret::new("path-secret")];
        bench.bench_function(&format!("adapter: cut secrets out of a call of {network}"), |b| {
            b.iter(|| adapter.redact(black_box(&call), &secrets));
        });
    }
}

fn rub(minor: i64) -> Amount {
    Amount::new(minor, "RUB".parse::<Currency>().expect("a currency"))
}

fn told(status: ReportStatus, seconds: i64) -> Incoming {
    Incoming {
        status,
        weight: if status == ReportStatus::Pending { Weight::Open } else { Weight::Settled },
        event_at: Some(at(seconds)),
        arrived_at: at(seconds),
        order_items: Vec::new(),
        month_left: None,
        commission: Some(rub(12_550)),
        order_amount: Some(rub(502_000)),
        delta: false,
        seen_before: false,
        hold: false,
        payable: None,
        paid: None,
        reason: None,
        order_id: Some("9000412".to_owned()),
    }
}

fn born() -> Conversion {
    let birth = Birth {
        id: ConversionId::new(),
        partner_id: PartnerId::new(),
        external_id: "2018473651".to_owned(),
        store_id: StoreId::new(),
        click_id: ClickId::new(),
        shopper_id: ShopperId::new(),
        terms_id: TermsId::new(),
        promise: Promise {
            rate: Rate::ShareOfCommission("70".parse().expect("a rate")),
            first_order: false,
            cap_per_order: None,
            order_left: None,
            month_left: None,
            hold_days: 0,
            budget: None,
        },
        category: None,
        currency: None,
        occurred_at: at(1_800_000_000),
    };
    let decided = first(birth, &told(ReportStatus::Pending, 1_800_000_100), at(1_800_000_100));
    let Decision::Apply(next) = decided else { panic!("a first report is taken: {decided:?}") };
    *next
}

fn rules(bench: &mut Criterion) {
    let pending = born();
    let confirmed = told(ReportStatus::Confirmed, 1_800_100_000);
    bench.bench_function("conversion: decide about a confirmation", |b| {
        b.iter(|| transition(black_box(&pending), &confirmed, at(1_800_100_000)));
    });
    let Decision::Apply(next) = transition(&pending, &confirmed, at(1_800_100_000)) else { panic!("it is confirmed") };
    let none = Balances::default();
    let before = difference(&pending, &standing(&pending, &[]).expect("sums"), &target(&pending), &none);
    let balances =
        none.after(pending.shopper_id, pending.commission.currency(), &before).expect("a balance from nothing");
    bench.bench_function("ledger: the difference that a confirmation makes", |b| {
        b.iter(|| {
            let stands = standing(black_box(&next), &before).expect("sums");
            difference(&next, &stands, &target(&next), &balances)
        });
    });
    let entry = Entry {
        id: TransactionId::new(),
        at: at(1_800_000_100),
        kind: "conversion",
        source: "conversion/0/1",
        shopper: Some(next.shopper_id),
        partner: Some(next.partner_id),
        conversion: Some(next.id),
        payout: None,
        note: None,
        transfers: &before,
    };
    bench.bench_function("ledger: a link of the hash chain", |b| b.iter(|| link("0", black_box(&entry))));
}

criterion_group!(pure, links, adapters, rules);
criterion_main!(pure);
