//! A small market on a running server: a partner with its store, two shoppers, operators, and their tokens.

use std::sync::atomic::{AtomicU32, Ordering};

use kopilka::base::Secret;
use kopilka::base::id::{ClickId, KeyId, OperatorId, PartnerId, ShopperId, StoreId, TermsId};
use kopilka::db::clicks::{ClickRow, click_insert};
use kopilka::db::operators::{OperatorRow, operator_insert};
use kopilka::db::partners::{
    PartnerRow, PartnerSecretRow, partner_insert, partner_secret_context, partner_secret_insert,
};
use kopilka::db::shoppers::{ShopperRow, shopper_insert};
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::db::tokens::{Owner, TokenRow, token_insert};
use kopilka::db::{DbError, Lane};
use kopilka::domain::access::{AccountStatus, Role, TokenKind};
use kopilka::domain::partner::Status;
use kopilka::domain::reason::Language;
use reqwest::{Method, Response};
use serde_json::{Value, json};

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
    pub other: ShopperId,
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
        let body = json!({ "rate": { "share_of_commission": "50" }, "hold_days": hold_days }).to_string();
        let people = vec![(shopper, "anna@example.com"), (other, "boris@example.com")];
        let partner_row = move |id, slug: &str| PartnerRow {
            id,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            adapter: "affise".to_owned(),
            settings: "{}".to_owned(),
            status: Status::Active,
            created_at: now,
        };
        let written = server.app.db.write(Lane::House, move |conn| {
            partner_insert(conn, &partner_row(partner, "network"))?;
            partner_insert(conn, &partner_row(second, "second"))?;
            let secret = PartnerSecretRow {
                id: KeyId::new(),
                partner_id: partner,
                sealed: sealed.clone(),
                created_at: now,
                retired_at: None,
            };
            partner_secret_insert(conn, &secret)?;
            store_insert(conn, &StoreRow {
                id: store,
                slug: "books".to_owned(),
                partner_id: partner,
                name: "Books".to_owned(),
                status: Status::Active,
                home_url: "https://books.example/".to_owned(),
                domains: r#"["books.example"]"#.to_owned(),
                landing_url: "https://network.example/c?sub1={click}".to_owned(),
                deep_link_url: None,
                categories: "[]".to_owned(),
                created_at: now,
                updated_at: now,
            })?;
            terms_insert(conn, &TermsRow {
                id: terms,
                store_id: store,
                version: 1,
                valid_from: now,
                body: body.clone(),
                created_at: now,
            })?;
            for (id, email) in &people {
                shopper_insert(conn, &ShopperRow {
                    id: *id,
                    public_id: id.reference(),
                    email: (*email).to_owned(),
                    password_hash: "-".to_owned(),
                    status: AccountStatus::Active,
                    language: Language::En,
                    email_confirmed_at: Some(now),
                    created_at: now,
                })?;
            }
            Ok::<_, DbError>(())
        });
        written.await.unwrap();
        server.app.reload_catalogue().await.unwrap();
        let (as_shopper, as_other) =
            (token(&server, Owner::Shopper(shopper)).await, token(&server, Owner::Shopper(other)).await);
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
            other,
            as_other,
            as_partner,
            as_other_partner,
            as_admin,
            as_viewer,
        }
    }

    /// A click of `shopper`, now.
    pub async fn click(&self, shopper: ShopperId) -> ClickId {
        let now = self.server.app.clock.now();
        let row = ClickRow {
            id: ClickId::new(),
            shopper_id: shopper,
            store_id: self.store,
            partner_id: self.partner,
            terms_id: self.terms,
            at: now,
            issued_at: now,
            landing_url: "https://network.example/".to_owned(),
            referrer_host: None,
            user_agent: None,
            ip_prefix: None,
            ip_hash: None,
            sec_fetch: None,
            bot: None,
        };
        let id = row.id;
        self.server.app.db.write(Lane::Clicks, move |conn| click_insert(conn, &row)).await.unwrap();
        id
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
        password_hash: "-".to_owned(),
        role,
        status: AccountStatus::Active,
        created_at: now,
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
