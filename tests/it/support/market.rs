//! A small market on a running server: a partner with its store, two shoppers, operators, and their tokens.

use std::sync::atomic::{AtomicU32, Ordering};

use kopilka::base::id::{ClickId, ConversionId, KeyId, OperatorId, PartnerId, PostbackId, ShopperId, StoreId, TermsId};
use kopilka::base::{Clock, Secret, Timestamp};
use kopilka::config::Config;
use kopilka::db::Lane;
use kopilka::db::clicks::{ClickRow, click_insert};
use kopilka::db::conversions::conversion_put;
use kopilka::db::operators::{OperatorRow, operator_insert};
use kopilka::db::partners::{
    PartnerRow, PartnerSecretRow, partner_insert, partner_secret_context, partner_secret_insert,
};
use kopilka::db::postbacks::{PostbackRow, postback_insert};
use kopilka::db::revisions::RevisionCause;
use kopilka::db::shoppers::{ShopperRow, shopper_insert};
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::db::tokens::{Owner, TokenRow, token_insert};
use kopilka::domain::access::{AccountStatus, Role, TokenKind};
use kopilka::domain::adapter::{ReportStatus, Weight};
use kopilka::domain::conversion::{Birth, Decision, Incoming, first};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::partner::Status;
use kopilka::domain::reason::Language;
use kopilka::domain::verdict::Verdict;
use kopilka::service::App;
use kopilka::service::claims::{NewClaim, claim_make};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::accounts::NOBODYS;
use super::app::TestApp;

/// What the partner's calls carry.
pub const SECRET: &str = "p4rtner-S3cret";

/// Who asks.
#[derive(Debug, Clone)]
pub struct Token(pub String);

pub struct Market {
    pub server: TestApp,
    pub partner: PartnerId,
    pub store: StoreId,
    pub terms: TermsId,
    pub shopper: ShopperId,
    pub as_shopper: Token,
    pub as_other: Token,
    pub as_partner: Token,
    pub as_other_partner: Token,
    pub as_admin: Token,
    pub as_viewer: Token,
}

impl Market {
    /// Opens the market. The store gives 50 % of the commission, held for `hold_days`.
    pub async fn open(server: TestApp, hold_days: u16) -> Self {
        let (partner, second, store, terms) = (PartnerId::new(), PartnerId::new(), StoreId::new(), TermsId::new());
        let (shopper, other) = (ShopperId::new(), ShopperId::new());
        let now = server.app.clock.now();
        let sealed = server.app.master.seal(&partner_secret_context(partner), SECRET).unwrap();
        let secret =
            PartnerSecretRow { id: KeyId::new(), partner_id: partner, sealed, created_at: now, retired_at: None };
        let body = json!({ "rate": { "share_of_commission": "50" }, "hold_days": hold_days }).to_string();
        let terms_row = TermsRow { id: terms, store_id: store, version: 1, valid_from: now, body, created_at: now };
        let written = server.app.db.write(Lane::House, move |conn| {
            partner_insert(conn, &partner_row(partner, "network", now))?;
            partner_insert(conn, &partner_row(second, "second", now))?;
            partner_secret_insert(conn, &secret)?;
            store_insert(conn, &store_row(store, partner, now))?;
            terms_insert(conn, &terms_row)?;
            shopper_insert(conn, &shopper_row(shopper, "anna@example.com", now))?;
            shopper_insert(conn, &shopper_row(other, "boris@example.com", now))
        });
        written.await.unwrap();
        server.app.reload_catalogue().await.unwrap();
        let as_shopper = token(&server, Owner::Shopper(shopper)).await;
        let as_other = token(&server, Owner::Shopper(other)).await;
        let as_partner = token(&server, Owner::Partner(partner)).await;
        let as_other_partner = token(&server, Owner::Partner(second)).await;
        let as_admin = operator(&server, Role::Admin).await;
        let as_viewer = operator(&server, Role::Viewer).await;
        Self {
            server,
            partner,
            store,
            terms,
            shopper,
            as_shopper,
            as_other,
            as_partner,
            as_other_partner,
            as_admin,
            as_viewer,
        }
    }

    /// Opens the market at this time, on a server that keeps clicks for so many days.
    pub async fn open_at(url: &str, now: Timestamp, retention_days: u32) -> Self {
        let change = |config: &mut Config| config.clicks.retention_days = retention_days;
        Self::open(TestApp::start_with(url, Clock::manual(now), change).await, 0).await
    }

    /// A click of `shopper`, now.
    pub async fn click(&self, shopper: ShopperId) -> ClickId {
        let now = self.server.app.clock.now();
        let row = click_row(shopper, self.partner, self.store, self.terms, now);
        let id = row.id;
        self.server.app.db.write(Lane::Clicks, move |conn| click_insert(conn, &row)).await.unwrap();
        id
    }

    /// A click of the shopper at this time, with an id of that time.
    pub async fn click_at(&self, at: Timestamp) -> ClickId {
        let row = self.click_row_at(self.shopper, at);
        let id = row.id;
        self.store_click(row).await;
        id
    }

    /// A click of this time, with an id of that time, stored nowhere yet.
    pub fn click_row_at(&self, shopper: ShopperId, at: Timestamp) -> ClickRow {
        let random = ClickId::new().uuid().as_u128() & ((1 << 62) - 1);
        let id = ClickId::from_uuid(uuid::Uuid::from_u128(ClickId::first_at(at).uuid().as_u128() | random));
        ClickRow { id, ..click_row(shopper, self.partner, self.store, self.terms, at) }
    }

    /// A click that has happened, and is stored nowhere yet.
    pub fn click_to_come(&self, shopper: ShopperId) -> ClickRow {
        let now = self.server.app.clock.now();
        let id = ClickId::ending_as(&shopper);
        ClickRow { id, ..click_row(shopper, self.partner, self.store, self.terms, now) }
    }

    /// Stores a click.
    pub async fn store_click(&self, row: ClickRow) {
        self.server.app.db.write(Lane::Clicks, move |conn| click_insert(conn, &row)).await.unwrap();
    }

    /// The query of a partner's call: status 1 confirmed, 2 pending, 3 declined.
    pub fn query(&self, order: &str, click: &str, status: u8, commission: &str) -> String {
        format!("tid={order}&click={click}&status={status}&sum={commission}&cur=RUB&secret={SECRET}")
    }

    /// The partner calls; gives the answer.
    pub async fn report(&self, order: &str, click: ClickId, status: u8, commission: &str) -> Value {
        let query = self.query(order, &click.reference(), status, commission);
        let answer = self.server.get(&format!("/postback/network?{query}")).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn get(&self, who: &Token, path: &str) -> Response {
        self.server.request(Method::GET, path).bearer_auth(&who.0).send().await.unwrap()
    }

    pub async fn post(&self, who: &Token, path: &str, body: &Value) -> Response {
        self.server.request(Method::POST, path).bearer_auth(&who.0).json(body).send().await.unwrap()
    }

    /// An operator's change that must succeed.
    pub async fn change(&self, method: Method, path: &str, body: &Value) {
        let answer = self.server.request(method, path).bearer_auth(&self.as_admin.0).json(body).send().await.unwrap();
        let status = answer.status();
        assert_eq!(status, 200, "{path}: {}", answer.text().await.unwrap());
    }

    /// A GET that must succeed.
    pub async fn read(&self, who: &Token, path: &str) -> Value {
        let answer = self.get(who, path).await;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A POST that must answer `status`.
    pub async fn send(&self, who: &Token, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.post(who, path, body).await;
        let got = answer.status();
        let told: Value = answer.json().await.unwrap();
        assert_eq!(got, status, "{path}: {told}");
        told
    }
}

async fn operator(server: &TestApp, role: Role) -> Token {
    let now = server.app.clock.now();
    let row = OperatorRow {
        id: OperatorId::new(),
        email: format!("{role}@example.com"),
        name: role.to_string(),
        password_hash: NOBODYS.to_owned(),
        role,
        status: AccountStatus::Active,
        created_at: now,
        letters: None,
    };
    let id = row.id;
    server.app.db.write(Lane::House, move |conn| operator_insert(conn, &row)).await.unwrap();
    token(server, Owner::Operator(id)).await
}

async fn token(server: &TestApp, owner: Owner) -> Token {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let text = Secret::new(format!("kp_test_{}", MADE.fetch_add(1, Ordering::Relaxed)));
    let digest = kopilka::base::secret::sha256_hex(text.expose().as_bytes());
    let row = TokenRow::new(digest, TokenKind::Api, owner, "test".to_owned(), server.app.clock.now());
    server.app.db.write(Lane::House, move |conn| token_insert(conn, &row)).await.unwrap();
    Token(text.expose().to_owned())
}

/// A click, a claim, an order without money, and an applied call: of this shopper and this partner, at the store
/// `books`. Gives their ids.
pub async fn things(app: &App, shopper: ShopperId, partner: PartnerId) -> [String; 4] {
    let now = app.clock.now();
    let store = app.store("books").await.unwrap();
    let terms = store.terms_at(now).unwrap().clone();
    let row = click_row(shopper, partner, store.row.id, terms.id, now);
    let click = row.id;
    app.db.write(Lane::Clicks, move |conn| click_insert(conn, &row)).await.unwrap();
    let wanted = NewClaim { click, order_number: "X-1".to_owned(), amount: None, ordered_at: now, note: None };
    let claim = claim_make(app, shopper, wanted).await.unwrap().id;
    let birth = Birth {
        id: ConversionId::new(),
        partner_id: partner,
        external_id: "X-2".to_owned(),
        store_id: store.row.id,
        click_id: click,
        shopper_id: shopper,
        terms_id: terms.id,
        promise: terms.terms.promise(None, false, None).unwrap(),
        category: None,
        currency: Some(Currency::RUB),
        occurred_at: now,
    };
    let incoming = Incoming {
        arrived_at: kopilka::base::Timestamp::EPOCH,
        order_items: Vec::new(),
        month_left: None,
        status: ReportStatus::Declined,
        weight: Weight::Settled,
        event_at: None,
        commission: Some(Amount::new(100, Currency::RUB)),
        order_amount: None,
        delta: false,
        seen_before: false,
        hold: false,
        payable: None,
        paid: None,
        reason: None,
        order_id: None,
    };
    let Decision::Apply(order) = first(birth, &incoming, now) else { panic!("a first decline is applied") };
    let postback = applied_call(partner, order.id, now);
    let ids = [click.to_string(), claim.to_string(), order.id.to_string(), postback.id.to_string()];
    let written = app.db.write(Lane::Shopper(shopper), move |conn| {
        conversion_put(conn, &order, &RevisionCause::Postback(postback.id), 0)?;
        postback_insert(conn, &postback)
    });
    written.await.unwrap();
    ids
}

fn partner_row(id: PartnerId, slug: &str, now: Timestamp) -> PartnerRow {
    PartnerRow {
        id,
        slug: slug.to_owned(),
        name: slug.to_owned(),
        adapter: "affise".to_owned(),
        settings: "{}".to_owned(),
        status: Status::Active,
        created_at: now,
    }
}

fn store_row(id: StoreId, partner: PartnerId, now: Timestamp) -> StoreRow {
    StoreRow {
        id,
        slug: "books".to_owned(),
        partner_id: partner,
        name: "Books".to_owned(),
        status: Status::Active,
        home_url: "https://books.example/".to_owned(),
        domains: r#"["books.example"]"#.to_owned(),
        landing_url: "https://network.example/c?sub1={click}".to_owned(),
        deep_link_url: None,
        categories: "[]".to_owned(),
        extension: "{}".to_owned(),
        created_at: now,
        updated_at: now,
    }
}

/// A shopper with a confirmed address and a password that nobody knows.
pub fn shopper_row(id: ShopperId, email: &str, now: Timestamp) -> ShopperRow {
    ShopperRow {
        id,
        public_id: id.reference(),
        email: email.to_owned(),
        password_hash: NOBODYS.to_owned(),
        status: AccountStatus::Active,
        language: Language::En,
        email_confirmed_at: Some(now),
        created_at: now,
    }
}

/// A click of which nothing is known but where it led.
pub fn click_row(shopper: ShopperId, partner: PartnerId, store: StoreId, terms: TermsId, now: Timestamp) -> ClickRow {
    ClickRow {
        id: ClickId::new(),
        shopper_id: shopper,
        store_id: store,
        partner_id: partner,
        terms_id: terms,
        at: now,
        issued_at: now,
        landing_url: "https://network.example/".to_owned(),
        referrer_host: None,
        user_agent: None,
        ip_prefix: None,
        ip_hash: None,
        sec_fetch: None,
        bot: None,
    }
}

fn applied_call(partner: PartnerId, order: ConversionId, now: Timestamp) -> PostbackRow {
    PostbackRow {
        id: PostbackId::new(),
        partner_id: partner,
        received_at: now,
        method: "GET".to_owned(),
        query: String::new(),
        body: Vec::new(),
        headers: "[]".to_owned(),
        peer: None,
        public_url: "https://cashback.example/postback/x".to_owned(),
        sealed: None,
        digest: String::new(),
        verdict: Verdict::Applied,
        reason: None,
        detail: None,
        reports: "[]".to_owned(),
        conversion_id: Some(order),
        rerun_of: None,
        resolved_by: None,
    }
}
