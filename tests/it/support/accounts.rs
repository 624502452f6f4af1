//! Accounts for tests, put straight into the database: hashing a password for each would take most of a test's time.

use kopilka::base::id::{OperatorId, PartnerId, ShopperId, TokenId};
use kopilka::base::secret::{Secret, sha256_hex};
use kopilka::db::operators::{OperatorRow, operator_insert};
use kopilka::db::partners::{PartnerRow, partner_insert};
use kopilka::db::shoppers::{ShopperRow, shopper_insert};
use kopilka::db::tokens::{Owner, TokenRow, token_insert};
use kopilka::db::{DbError, Lane};
use kopilka::domain::access::{AccountStatus, Actor, Role, TokenKind};
use kopilka::domain::partner::Status;
use kopilka::domain::reason::Language;
use kopilka::service::App;
use kopilka::service::partners::{NewPartner, partner_add};
use kopilka::service::stores::{NewStore, store_add, terms_add};
use serde_json::json;

/// A shopper with a confirmed address who cannot sign in with a password; use [`token`].
pub async fn shopper(app: &App) -> ShopperId {
    let (id, now) = (ShopperId::new(), app.clock.now());
    let row = ShopperRow {
        id,
        public_id: id.reference(),
        email: format!("{}@example.com", id.reference()),
        password_hash: "none".to_owned(),
        status: AccountStatus::Active,
        language: Language::En,
        email_confirmed_at: Some(now),
        created_at: now,
    };
    app.db.write(Lane::House, move |conn| shopper_insert(conn, &row)).await.unwrap();
    id
}

/// An operator who cannot sign in with a password; use [`token`].
pub async fn operator(app: &App, role: Role) -> OperatorId {
    let id = OperatorId::new();
    let row = OperatorRow {
        id,
        email: format!("{}@example.com", id.reference()),
        name: format!("a {role}"),
        password_hash: "none".to_owned(),
        role,
        status: AccountStatus::Active,
        created_at: app.clock.now(),
    };
    app.db.write(Lane::House, move |conn| operator_insert(conn, &row)).await.unwrap();
    id
}

/// A partner that any preset could read.
pub async fn partner(app: &App) -> PartnerId {
    let id = PartnerId::new();
    let row = PartnerRow {
        id,
        slug: id.reference(),
        name: "Partner".to_owned(),
        adapter: "admitad".to_owned(),
        settings: "{}".to_owned(),
        status: Status::Active,
        created_at: app.clock.now(),
    };
    app.db.write(Lane::House, move |conn| partner_insert(conn, &row)).await.unwrap();
    id
}

/// A fresh token of an owner, and its id.
pub async fn token(app: &App, owner: Owner, kind: TokenKind) -> (String, TokenId) {
    let token = Secret::random(32).unwrap().expose().to_owned();
    let row = TokenRow::new(sha256_hex(token.as_bytes()), kind, owner, "test".to_owned(), app.clock.now());
    let id = row.id;
    app.db.write(Lane::House, move |conn| token_insert(conn, &row)).await.map_err(|error: DbError| error).unwrap();
    (token, id)
}

/// A store of this slug with terms, and a partner of its own.
pub async fn store(app: &App, slug: &str) {
    let partner = NewPartner {
        slug: format!("of-{slug}"),
        name: slug.to_owned(),
        adapter: "admitad".to_owned(),
        settings: serde_json::from_value(json!({ "currency": "RUB" })).unwrap(),
        secret: None,
    };
    partner_add(app, &Actor::Console, partner).await.unwrap();
    let store = NewStore {
        slug: slug.to_owned(),
        partner: format!("of-{slug}"),
        name: slug.to_owned(),
        home_url: format!("https://{slug}.example/"),
        domains: vec![format!("{slug}.example")],
        landing_url: "https://network.example/?subid={click}".to_owned(),
        ..NewStore::default()
    };
    store_add(app, &Actor::Console, store).await.unwrap();
    let terms = serde_json::from_value(json!({ "rate": { "percent_of_order": "5" } })).unwrap();
    terms_add(app, &Actor::Console, slug, &terms, None).await.unwrap();
}
