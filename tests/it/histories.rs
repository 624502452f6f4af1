//! Random histories of postbacks, holds and seals against the real services on both databases, step by step beside a
//! model in memory. `TEST_LONG=1` runs many more; a history that fails names the seed to run it again with.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use diesel::prelude::*;
use kopilka::base::id::{ClickId, KeyId, PartnerId, ShopperId, StoreId, TermsId, TransactionId};
use kopilka::base::secret::MasterKey;
use kopilka::base::{Clock, Secret, Timestamp};
use kopilka::config::{Config, Limits};
use kopilka::db::balances::balances_find;
use kopilka::db::clicks::{ClickRow, click_insert};
use kopilka::db::conversions::{ConversionFilter, conversion_list};
use kopilka::db::partners::{
    AdapterRow, PartnerRow, PartnerSecretRow, adapter_put, partner_insert, partner_secret_context,
    partner_secret_insert,
};
use kopilka::db::schema::shoppers;
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::db::{Conn, DbError, Lane};
use kopilka::domain::adapter::{RawCall, ReportStatus, Weight};
use kopilka::domain::conversion::Incoming;
use kopilka::domain::ledger::{Account, Bucket, TransactionKind, Transfer};
use kopilka::domain::partner::{PartnerSettings, Status};
use kopilka::domain::rate::{Rate, Terms};
use kopilka::service::ingest_postback::{Ingested, ingest_postback};
use kopilka::service::post::{post, transaction};
use kopilka::service::release_holds::release_holds;
use kopilka::service::seal_ledger::seal_ledger;
use kopilka::service::verify_ledger::{Report, verify_over};
use kopilka::service::{App, ServiceError};

use crate::on_both;
use crate::support::book::{Book, RUB, promise, rub};
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::said::counted;

on_both![histories_match_the_model];

mod cases;

const SECRET: &str = "p4th-S3cret_0123456789";

fn adapter(name: &str, more: &str) -> String {
    format!(
        "name = {name:?}
        [auth]
        kind = \"path\"
        [fields]
        transaction_id = \"query:id\"
        click_ref = \"query:click\"
        order_amount = \"query:order\"
        commission = \"query:commission\"
        currency = {{ const = \"RUB\" }}
        occurred_at = \"query:at\"
        [status]
        field = \"query:status\"
        [status.map]
        pending = \"pending\"
        confirmed = \"confirmed\"
        declined = \"declined\"
        reversed = \"reversed\"
        [time]
        format = \"unix_s\"
        {more}"
    )
}

/// A partner that tells totals, and one that tells changes. Each has a store.
const PARTNERS: [&str; 2] = ["totals", "changes"];

struct World {
    app: App,
    start: Timestamp,
    partners: Vec<(PartnerId, StoreId, TermsId)>,
    shoppers: Vec<ShopperId>,
    clicks: BTreeMap<(usize, usize), ClickId>,
    /// Kept open, since the whole ledger is proven after each step: to connect, and to plan each question, costs more than that.
    readers: Mutex<[Conn; 2]>,
}

fn terms(partner: usize) -> Terms {
    Terms {
        rate: if partner == 0 { Rate::PercentOfOrder(6.into()) } else { Rate::ShareOfCommission(50.into()) },
        categories: Vec::new(),
        first_order: None,
        cap_per_order: None,
        cap_per_month: None,
        hold_days: if partner == 0 { 3 } else { 0 },
        attribution_days: 900,
        budget: (partner == 0).then(|| "spring".to_owned()),
        exclusions: Vec::new(),
    }
}

async fn write(app: &App, body: impl FnMut(&mut Conn) -> Result<(), DbError> + Send + 'static) {
    app.db.write(Lane::House, body).await.unwrap();
}

impl World {
    async fn new(db: &TestDb, shoppers: usize, settings: PartnerSettings) -> Self {
        let start = Timestamp::from_seconds(1_800_000_000).unwrap();
        let master = MasterKey::from_hex(&"5a".repeat(32)).unwrap();
        let app = start_app(db, Clock::manual(start), master).await;
        let readers = Mutex::new([app.db.reading_connection().unwrap(), app.db.reading_connection().unwrap()]);
        let clicks = BTreeMap::new();
        let mut world = Self { app, start, partners: Vec::new(), shoppers: Vec::new(), clicks, readers };
        for partner in 0..PARTNERS.len() {
            world.add_partner(partner, &settings).await;
        }
        for number in 0..shoppers {
            world.add_shopper(number).await;
        }
        world.app.reload_catalogue().await.unwrap();
        world.app.clock.advance(TimeDelta::days(2));
        world
    }

    async fn add_partner(&mut self, partner: usize, settings: &PartnerSettings) {
        let (id, store_id, terms_id, now) = (PartnerId::new(), StoreId::new(), TermsId::new(), self.start);
        self.partners.push((id, store_id, terms_id));
        let slug = PARTNERS[partner];
        let more = if partner == 0 { "" } else { "[amounts]\nkind = \"delta\"\n" };
        let sealed = self.app.master.seal(&partner_secret_context(id), SECRET).unwrap();
        let row = PartnerRow {
            id,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            adapter: slug.to_owned(),
            settings: serde_json::to_string(settings).unwrap(),
            status: Status::Active,
            created_at: now,
        };
        let adapter = AdapterRow { name: slug.to_owned(), body: adapter(slug, more), updated_at: now };
        let secret = PartnerSecretRow { id: KeyId::new(), partner_id: id, sealed, created_at: now, retired_at: None };
        let store = StoreRow {
            id: store_id,
            slug: format!("store-{slug}"),
            partner_id: id,
            name: slug.to_owned(),
            status: Status::Active,
            home_url: "https://store.example/".to_owned(),
            domains: r#"["store.example"]"#.to_owned(),
            landing_url: "https://net.example/?s={click}".to_owned(),
            deep_link_url: None,
            categories: "[]".to_owned(),
            extension: "{}".to_owned(),
            created_at: now,
            updated_at: now,
        };
        let body = serde_json::to_string(&terms(partner)).unwrap();
        let terms = TermsRow { id: terms_id, store_id, version: 1, valid_from: now, body, created_at: now };
        write(&self.app, move |conn| {
            adapter_put(conn, &adapter)?;
            partner_insert(conn, &row)?;
            partner_secret_insert(conn, &secret)?;
            store_insert(conn, &store)?;
            terms_insert(conn, &terms)
        })
        .await;
    }

    async fn add_shopper(&mut self, number: usize) {
        let (id, now) = (ShopperId::new(), self.start);
        self.shoppers.push(id);
        let mut clicks = Vec::new();
        for (partner, (partner_id, store_id, terms_id)) in self.partners.iter().enumerate() {
            let click = ClickRow {
                id: ClickId::new(),
                shopper_id: id,
                store_id: *store_id,
                partner_id: *partner_id,
                terms_id: *terms_id,
                at: now,
                issued_at: now,
                landing_url: "https://net.example/".to_owned(),
                referrer_host: None,
                user_agent: None,
                ip_prefix: None,
                ip_hash: None,
                sec_fetch: None,
                bot: None,
            };
            self.clicks.insert((number, partner), click.id);
            clicks.push(click);
        }
        write(&self.app, move |conn| {
            diesel::insert_into(shoppers::table)
                .values((
                    shoppers::id.eq(id),
                    shoppers::public_id.eq(id.reference()),
                    shoppers::email.eq(format!("{id}@example.com")),
                    shoppers::password_hash.eq("-"),
                    shoppers::status.eq("active"),
                    shoppers::language.eq("en"),
                    shoppers::created_at.eq(now),
                ))
                .execute(conn)?;
            clicks.iter().try_for_each(|click| click_insert(conn, click))
        })
        .await;
    }

    fn call(&self, said: &Said) -> RawCall {
        let mut query = format!("id={}&status={}", said.order, said.status);
        if let Some(click) = self.clicks.get(&(said.shopper, said.partner)) {
            query.push_str(&format!("&click={}", click.reference()));
        }
        if let Some(minor) = said.commission {
            query.push_str(&format!("&commission={}&order={}", major(minor), major(minor * 10)));
        }
        if let Some(hour) = said.hour {
            query.push_str(&format!("&at={}", self.hour(hour).seconds()));
        }
        raw(PARTNERS[said.partner], "GET", query, Vec::new())
    }

    fn hour(&self, hour: i64) -> Timestamp {
        self.start.plus_seconds(hour * 3600)
    }

    async fn send(&self, said: &Said) -> Ingested {
        ingest_postback(&self.app, PARTNERS[said.partner], self.call(said)).await.unwrap()
    }

    fn clean(&self) -> Report {
        let [first, second] = &mut *self.readers.lock().unwrap();
        let report = verify_over([first, second], None).unwrap();
        assert_eq!(report.findings, Vec::new());
        report
    }
}

fn major(minor: i64) -> String {
    rub(minor).major().to_string()
}

fn raw(partner: &str, method: &str, query: String, body: Vec<u8>) -> RawCall {
    RawCall {
        method: method.to_owned(),
        path_secret: Some(Secret::new(SECRET)),
        public_url: format!("https://cashback.example/postback/{partner}/{SECRET}?{query}"),
        query,
        body,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        peer: Some("203.0.113.9".parse().unwrap()),
    }
}

async fn start_app(db: &TestDb, clock: Clock, master: MasterKey) -> App {
    let config = Config {
        public_url: "https://cashback.example".parse().unwrap(),
        limits: Limits { refused_kept_per_minute: 10, ..Limits::default() },
        ..Config::default()
    };
    App::start(db.open(), clock, Arc::new(config), master).await.unwrap()
}

/// One report.
#[derive(Debug, Clone)]
struct Said {
    shopper: usize,
    partner: usize,
    order: String,
    status: ReportStatus,
    commission: Option<i64>,
    hour: Option<i64>,
}

#[derive(Debug)]
enum Op {
    Send(Box<Said>),
    SendAgain(usize),
    Release,
    Seal,
    Advance(i64),
    Spend(usize, i64),
}

impl Dice {
    fn op(&mut self, shoppers: usize, sent: usize) -> Op {
        match self.below(20) {
            0 | 1 if sent > 0 => Op::SendAgain(self.index(sent)),
            2 => Op::Release,
            3 => Op::Seal,
            4 => Op::Advance(1 + self.small(60)),
            5 | 6 => Op::Spend(self.index(shoppers), 1 + self.small(200)),
            _ => {
                let (shopper, partner) = (self.index(shoppers), self.index(PARTNERS.len()));
                let commission = if partner == 0 { self.small(500) } else { self.small(500) - 60 };
                Op::Send(Box::new(Said {
                    shopper,
                    partner,
                    order: format!("o-{shopper}-{}", self.below(4)),
                    status: ReportStatus::ALL[self.index(4)],
                    commission: (!self.one_in(8)).then_some(commission),
                    hour: (!self.one_in(4)).then(|| self.small(40)),
                }))
            }
        }
    }
}

/// Says which history it was, if it fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let long = if long() { " TEST_LONG=1" } else { "" };
            eprintln!("to run this history again: TEST_SEED={}{long}", self.0);
        }
    }
}

async fn histories_match_the_model(db: TestDb) {
    let replay: Option<u64> = env::var("TEST_SEED").ok().map(|seed| seed.parse().unwrap());
    let (histories, ops) = match (long(), db.kind()) {
        (true, _) => (512, 512),
        (false, kopilka::db::Kind::Sqlite) => (12, 40),
        // Each step is some commits and round trips, which cost more here.
        (false, kopilka::db::Kind::Postgres) => (6, 40),
    };
    let seeds: Vec<u64> = replay.map_or_else(|| (0..histories).map(|_| Dice::seed()).collect(), |seed| vec![seed]);
    for (done, seed) in (1..).zip(seeds.iter().copied()) {
        let _named = Seed(seed);
        // Each history has a database of its own: it is checked whole after every step.
        let fresh = match db.kind() {
            kopilka::db::Kind::Sqlite => TestDb::sqlite(),
            kopilka::db::Kind::Postgres => TestDb::postgres().unwrap(),
        };
        history(&fresh, &mut Dice(seed), ops).await;
        if done % 64 == 0 || done == seeds.len() {
            counted(&format!(
                "{:?}: histories {done} of {}, operations {ops} each, none broken",
                db.kind(),
                seeds.len()
            ));
        }
    }
}

async fn history(db: &TestDb, dice: &mut Dice, ops: usize) {
    let world = World::new(db, 3, PartnerSettings::default()).await;
    let mut books: Vec<Book> = (0..3).map(|_| Book::new(promise())).collect();
    let mut sent: Vec<Said> = Vec::new();
    for number in 0..ops {
        let op = dice.op(books.len(), sent.len());
        for book in &mut books {
            book.now = world.app.clock.now();
        }
        match &op {
            Op::Send(said) => {
                sent.push((**said).clone());
                send_both(&world, &mut books, said, number).await;
            }
            Op::SendAgain(index) => send_both(&world, &mut books, &sent[*index].clone(), number).await,
            Op::Release => {
                let released = release_holds(&world.app, 1000).await.unwrap();
                let mut expected = 0;
                for book in &mut books {
                    for name in book.conversions.keys().cloned().collect::<Vec<_>>() {
                        expected += usize::from(book.hold_over(&name));
                    }
                }
                assert_eq!(released, expected, "op {number}");
            }
            Op::Seal => drop(seal_ledger(&world.app, 1 + dice.small(20)).await.unwrap()),
            Op::Advance(hours) => world.app.clock.advance(TimeDelta::hours(*hours)),
            Op::Spend(shopper, minor) => {
                let real = spend(&world, *shopper, *minor).await;
                let model = books[*shopper].payout("spent", *minor);
                assert_eq!(real, model.is_ok(), "op {number}");
            }
        }
        compare(&world, &books, &format!("op {number}: {op:?}")).await;
        world.clean();
    }
    while seal_ledger(&world.app, 7).await.unwrap() > 0 {}
    let report = world.clean();
    assert_eq!((report.unsealed, report.sealed), (0, report.transactions));
}

async fn send_both(world: &World, books: &mut [Book], said: &Said, number: usize) {
    let real = world.send(said).await;
    let book = &mut books[said.shopper];
    book.partner = world.partners[said.partner].0;
    book.promise = terms(said.partner).promise(None, false, None).unwrap();
    let incoming = Incoming {
        arrived_at: kopilka::base::Timestamp::EPOCH,
        order_items: Vec::new(),
        month_left: None,
        status: said.status,
        weight: if said.status == ReportStatus::Pending { Weight::Open } else { Weight::Settled },
        event_at: said.hour.map(|hour| world.hour(hour)),
        commission: said.commission.map(rub),
        order_amount: said.commission.map(|minor| rub(minor * 10)),
        delta: said.partner == 1,
        seen_before: false,
        hold: false,
        payable: None,
        paid: None,
        reason: None,
        order_id: None,
    };
    let (verdict, reason) = book.report(&format!("{}/{}", said.partner, said.order), &incoming);
    let expected = (verdict, reason.map(|reason| reason.to_string()));
    assert_eq!((real.verdict, real.reason), expected, "op {number}: {said:?}");
}

/// Takes something out of what is available, as a payout does in the end.
async fn spend(world: &World, shopper: usize, minor: i64) -> bool {
    let (id, at, shopper) = (TransactionId::new(), world.app.clock.now(), world.shoppers[shopper]);
    let from = Account::Shopper(shopper, Bucket::Available);
    let transfers: Vec<Transfer> =
        Transfer::new(from, Account::Bank("sandbox".to_owned()), rub(minor)).into_iter().collect();
    let row = transaction(id, at, TransactionKind::Adjustment, format!("test/{id}"));
    let done = world.app.db.write(Lane::Shopper(shopper), move |conn| post(conn, &row, &transfers)).await;
    match done {
        Ok(()) => true,
        Err(ServiceError::Refused { code: "insufficient_funds", .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

async fn compare(world: &World, books: &[Book], at: &str) {
    for (shopper, book) in world.shoppers.iter().zip(books) {
        let id = *shopper;
        let (balances, conversions) = world
            .app
            .db
            .read(move |conn| {
                let filter = ConversionFilter { shopper_id: Some(id), ..ConversionFilter::default() };
                Ok::<_, DbError>((balances_find(conn, id, RUB)?, conversion_list(conn, &filter, 100)?))
            })
            .await
            .unwrap();
        assert_eq!(balances, book.balances, "{at}");
        assert_eq!(conversions.len(), book.conversions.len(), "{at}");
        for real in conversions {
            let partner = world.partners.iter().position(|(id, ..)| *id == real.partner_id).unwrap();
            let model = &book.conversions[&format!("{partner}/{}", real.external_id)];
            let facts = |c: &kopilka::domain::conversion::Conversion| {
                let amounts = (c.commission, c.cashback, c.order_amount);
                (c.state, amounts, c.revision, c.event_at, c.available_at, c.released, c.reason.clone())
            };
            assert_eq!(facts(&real), facts(model), "{at}");
        }
    }
}
