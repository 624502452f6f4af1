//! What a history happens in: the real server, the real bank's simulator beside it, a clock, two partners and some shoppers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::TimeDelta;
use kopilka::base::id::{ClickId, KeyId, PartnerId, ShopperId, StoreId, TermsId};
use kopilka::base::{Secret, Timestamp};
use kopilka::config::{Limits, PayoutRule};
use kopilka::db::clicks::click_insert;
use kopilka::db::partners::{
    AdapterRow, PartnerRow, PartnerSecretRow, adapter_put, partner_insert, partner_secret_context,
    partner_secret_insert,
};
use kopilka::db::shoppers::shopper_insert;
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::db::{Conn, DbError, Lane};
use kopilka::domain::adapter::RawCall;
use kopilka::domain::partner::{PartnerSettings, Status};
use kopilka::domain::rate::{Rate, Terms};
use kopilka::service::App;
use kopilka::service::ingest_postback::{Ingested, ingest_postback};
use kopilka::service::verify_ledger::{Report, verify_over};
use kopilka::simulator::Simulated;

use super::Said;
use super::desk::ALONE;
use super::withdrawals::{DAILY, FEE_FIXED, LEAST, MOST, MOST_OPEN, REVIEW_FROM, percent};
use crate::support::book::{RUB, rub};
use crate::support::db::TestDb;
use crate::support::market::{click_row, shopper_row};
use crate::withdrawals::world::World as Rig;

const SECRET: &str = "p4th-S3cret_0123456789";

fn adapter(name: &str, more: &str) -> String {
    format!(
        "name = {name:?}
        [auth]
        kind = \"path\"
        [fields]
        transaction_id = \"query:id\"
        click_ref = \"query:click\"
        order_id = \"query:id\"
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
pub(super) const PARTNERS: [&str; 2] = ["totals", "changes"];

pub(super) struct World {
    pub rig: Rig,
    /// The server's, with a client of the bank that waits less.
    pub app: App,
    pub start: Timestamp,
    pub partners: Vec<(PartnerId, StoreId, TermsId)>,
    pub shoppers: Vec<ShopperId>,
    /// By shopper and partner.
    pub clicks: BTreeMap<(usize, usize), ClickId>,
    /// Kept open, since the whole ledger is proven after each step: to connect, and to plan each question, costs more than that.
    readers: Mutex<[Conn; 2]>,
}

pub(super) fn terms(partner: usize) -> Terms {
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

pub(super) async fn write(app: &App, body: impl FnMut(&mut Conn) -> Result<(), DbError> + Send + 'static) {
    app.db.write(Lane::House, body).await.unwrap();
}

impl World {
    /// With a bank that tells what becomes of payouts, or is asked.
    pub async fn new(db: &TestDb, shoppers: usize, settings: PartnerSettings, webhooks: bool) -> Self {
        let rig = Rig::start_at(db, webhooks, Simulated::Sandbox, |config| {
            config.public_url = "https://cashback.example".parse().unwrap();
            config.limits =
                Limits { refused_kept_per_minute: 10, adjustment_maximum: vec![rub(ALONE)], ..Limits::default() };
            config.payouts.review_above = vec![rub(REVIEW_FROM)];
            config.payouts.review.self_referral = false;
            config.payouts.review.cancelled_orders = 0;
            config.payouts.limits = vec![PayoutRule {
                kind: "*".to_owned(),
                currency: RUB,
                minimum: rub(LEAST),
                maximum: rub(MOST),
                daily: rub(DAILY),
                fee_fixed: rub(FEE_FIXED),
                fee_percent: percent(),
                max_open: MOST_OPEN,
            }];
        })
        .await;
        let app = rig.app.clone();
        let readers = Mutex::new([app.db.reading_connection().unwrap(), app.db.reading_connection().unwrap()]);
        let (start, clicks) = (rig.clock.now(), BTreeMap::new());
        let mut world = Self { rig, app, start, partners: Vec::new(), shoppers: Vec::new(), clicks, readers };
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
            let click = click_row(id, *partner_id, *store_id, *terms_id, now);
            self.clicks.insert((number, partner), click.id);
            clicks.push(click);
        }
        let row = shopper_row(id, &format!("{id}@example.com"), now);
        write(&self.app, move |conn| {
            shopper_insert(conn, &row)?;
            clicks.iter().try_for_each(|click| click_insert(conn, click))
        })
        .await;
    }

    pub fn call(&self, said: &Said) -> RawCall {
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

    pub fn hour(&self, hour: i64) -> Timestamp {
        self.start.plus_seconds(hour * 3600)
    }

    pub async fn send(&self, said: &Said) -> Ingested {
        ingest_postback(&self.app, PARTNERS[said.partner], self.call(said)).await.unwrap()
    }

    pub fn clean(&self) -> Report {
        let [first, second] = &mut *self.readers.lock().unwrap();
        let report = verify_over([first, second], None).unwrap();
        assert_eq!(report.findings, Vec::new());
        report
    }
}

fn major(minor: i64) -> String {
    rub(minor).major().to_string()
}

pub(super) fn raw(partner: &str, method: &str, query: String, body: Vec<u8>) -> RawCall {
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
