//! A server, a bank and a clock.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use chrono::TimeDelta;
use kopilka::base::id::{MethodId, PayoutId, ShopperId, TransactionId};
use kopilka::base::{Clock, Secret, Timestamp};
use kopilka::config::{Config, PayoutRule};
use kopilka::db::Lane;
use kopilka::db::balances::balances_find;
use kopilka::db::payouts::{PayoutFilter, PayoutRow};
use kopilka::db::provider_events::provider_event_list_waiting;
use kopilka::db::shoppers::{ShopperRow, shopper_insert};
use kopilka::domain::access::AccountStatus;
use kopilka::domain::ledger::{Account, Bucket, TransactionKind, Transfer};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::MethodKind;
use kopilka::domain::payout::typed::Typed;
use kopilka::domain::reason::Language;
use kopilka::job;
use kopilka::provider::client::{ClientSettings, HttpClient, read_body};
use kopilka::provider::list;
use kopilka::provider::sandbox::{Sandbox, SandboxSettings};
use kopilka::service::payouts::look::{payout_of, payouts};
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::payouts::request_payout::{PayoutRequest, Requested, request_payout};
use kopilka::service::post::{post, transaction};
use kopilka::service::verify_ledger::verify_ledger;
use kopilka::service::{App, Outcome, ServiceError};
use kopilka::simulator::{BankConfig, Simulated, card_number, simulate, wallet_number};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::rails;
use crate::support::app::TestApp;
use crate::support::bank::the_bank_agrees;
use crate::support::db::TestDb;

pub const WEBHOOK_SECRET: &str = "the webhook secret";

pub struct World {
    pub test: TestApp,
    /// The server's application, with a client of the bank that waits less.
    pub app: App,
    pub clock: Clock,
    /// Who pays.
    pub which: Simulated,
    url: String,
    /// Where the commands for tests are.
    prefix: &'static str,
    http: HttpClient,
    bank: ServerHandle,
}

pub fn rub(minor: i64) -> Amount {
    Amount::new(minor, Currency::RUB)
}

/// The stable word of a refusal.
pub fn code<T: std::fmt::Debug>(outcome: Outcome<T>) -> &'static str {
    match outcome {
        Err(ServiceError::Refused { code, .. } | ServiceError::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.which == Simulated::Paypal {
            // A test that failed early has none.
            let _absent = std::fs::remove_file(rails::roots(&self.url));
        }
    }
}

fn sandbox(url: &str) -> SandboxSettings {
    SandboxSettings {
        name: "sandbox".to_owned(),
        url: url.to_owned(),
        api_key: Secret::new("secret"),
        webhook_secret: Secret::new(WEBHOOK_SECRET),
        public_key: "public".to_owned(),
        webhook_peers: Vec::new(),
    }
}

impl World {
    pub async fn start(db: &TestDb, webhooks: bool) -> Self {
        Self::start_with(db, webhooks, |_config| {}).await
    }

    /// With a changed configuration.
    pub async fn start_with(db: &TestDb, webhooks: bool, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(db, webhooks, Simulated::Sandbox, change).await
    }

    /// With another provider than the sandbox bank.
    pub async fn start_at(db: &TestDb, webhooks: bool, which: Simulated, change: impl FnOnce(&mut Config)) -> Self {
        // Before all identifiers, which tell the real time: as in life, nothing is made before the time that it says.
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let test = TestApp::start_with(&db.url, clock.clone(), |config| {
            match which {
                Simulated::Sandbox => {
                    config.sandbox.url.clone_from(&url);
                    config.sandbox.key = Some(Secret::new("secret"));
                    config.sandbox.webhook_secret = Some(Secret::new(WEBHOOK_SECRET));
                }
                other => config.payouts.providers = vec![rails::settings(other, &url)],
            }
            config.outgoing.allow_private = true;
            config.payouts.cool_off_hours = 48;
            config.payouts.review_above = vec![rub(50_000)];
            // Many of these shoppers have the same few destinations that a simulator knows.
            config.payouts.review.shared_destination = false;
            config.payouts.limits = vec![PayoutRule {
                kind: "*".to_owned(),
                currency: Currency::RUB,
                minimum: rub(100),
                maximum: rub(800_000),
                daily: rub(800_000),
                fee_fixed: rub(0),
                fee_percent: Decimal::new(15, 1),
                max_open: 100,
            }];
            change(config);
        })
        .await;
        let settings = BankConfig {
            balance: rub(100_000_000),
            api_key: Secret::new("secret"),
            public_key: "public".to_owned(),
            webhook_url: webhooks.then(|| format!("http://{}/webhooks/{which}", test.address)),
            webhook_secret: Secret::new(WEBHOOK_SECRET),
            record: None,
            clock: clock.clone(),
            tick: None,
            stall: Duration::from_secs(20),
        };
        let server = simulate(which, settings, listener).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        // Short, so that the slow body is given up soon.
        let client = ClientSettings { timeout_ms: 3_000, allow_private: true, ..ClientSettings::default() };
        let http = HttpClient::new(&client).unwrap();
        let mut app = test.app.clone();
        let impatient = match which {
            Simulated::Sandbox => Arc::new(Sandbox::new(sandbox(&url), http.clone()).unwrap()),
            _ => list::provider(&app.config.payouts.providers[0], http.clone()).unwrap(),
        };
        let before = app.providers.add(impatient);
        assert!(before.is_some(), "the configured provider");
        if which == Simulated::Paypal {
            let authority = http.request("GET".parse().unwrap(), format!("{url}simulator/ca.pem").parse().unwrap());
            let answer = authority.unwrap().send().await.unwrap();
            std::fs::write(rails::roots(&url), read_body(answer).await.unwrap()).unwrap();
        }
        let prefix = if which == Simulated::Sandbox { "v1" } else { "simulator" };
        Self { test, app, clock, which, url, prefix, http, bank: handle }
    }

    /// Holds the bank's own count against the payouts, and proves the ledger.
    pub async fn close(self) {
        self.agrees().await;
        self.bank.stop(false).await;
    }

    /// The same, going on.
    pub async fn agrees(&self) {
        job::drain(&self.app).await.unwrap();
        let report = verify_ledger(&self.app).await.unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
        let rows = payouts(&self.app, PayoutFilter::default(), 10_000).await.unwrap();
        the_bank_agrees(&self.moved().await, &rows);
    }

    /// Asks the bank; it has to agree.
    async fn bank(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}{path}", self.url).parse().unwrap();
        let request = self.http.request(method.parse().unwrap(), url).unwrap().bearer_auth("secret");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        serde_json::from_slice(&read_body(response).await.unwrap()).unwrap()
    }

    /// How many jobs wait.
    pub async fn jobs(&self) -> i64 {
        use diesel::prelude::*;
        use kopilka::db::schema::jobs;
        let count = |conn: &mut kopilka::db::Conn| Ok::<_, kopilka::db::DbError>(jobs::table.count().get_result(conn)?);
        self.app.db.read(count).await.unwrap()
    }

    /// Where the provider listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The path of a command for tests.
    pub fn command(&self, words: &str) -> String {
        format!("{}/{words}", self.prefix)
    }

    pub async fn bank_post(&self, path: &str, body: &Value) -> Value {
        self.bank("POST", path, Some(body)).await
    }

    /// The bank decides on a payout of its own by a command: `pay`, `fail` or `return`; false when it is too late for that.
    pub async fn bank_decides(&self, reference: &str, verb: &str) -> bool {
        let url = format!("{}{}", self.url, self.command(&format!("payouts/{reference}/{verb}")));
        let request = self.http.request("POST".parse().unwrap(), url.parse().unwrap()).unwrap();
        let status = request.bearer_auth("secret").send().await.unwrap().status();
        assert!(status.is_success() || status == 409, "{status}");
        status.is_success()
    }

    /// What the bank moved, by its own count.
    pub async fn moved(&self) -> Value {
        self.bank("GET", &self.command("moved"), None).await
    }

    pub async fn times_moved(&self, key: &str) -> u64 {
        let count = self.moved().await;
        let line = count["keys"].as_array().unwrap().iter().find(|line| line["key"] == key).cloned();
        line.map_or(0, |line| line["times"].as_u64().unwrap())
    }

    /// A shopper with so much available and a confirmed address.
    pub async fn shopper(&self, available: i64) -> ShopperId {
        self.new_shopper(available, Some(self.clock.now())).await
    }

    pub async fn unconfirmed_shopper(&self, available: i64) -> ShopperId {
        self.new_shopper(available, None).await
    }

    async fn new_shopper(&self, available: i64, email_confirmed_at: Option<Timestamp>) -> ShopperId {
        let id = ShopperId::new();
        let row = ShopperRow {
            id,
            public_id: id.reference(),
            email: format!("{}@example.com", id.reference()),
            password_hash: "none".to_owned(),
            status: AccountStatus::Active,
            language: Language::En,
            email_confirmed_at,
            created_at: self.clock.now(),
        };
        self.app.db.write(Lane::House, move |conn| shopper_insert(conn, &row)).await.unwrap();
        self.adjust(id, Account::Margin, Account::Shopper(id, Bucket::Available), available).await;
        id
    }

    /// Makes a shopper owe.
    pub async fn owe(&self, id: ShopperId, minor: i64) {
        self.adjust(id, Account::Shopper(id, Bucket::Debt), Account::Margin, minor).await;
    }

    async fn adjust(&self, id: ShopperId, from: Account, to: Account, minor: i64) {
        let transfers: Vec<Transfer> = Transfer::new(from, to, rub(minor)).into_iter().collect();
        let transaction_id = TransactionId::new();
        let source = format!("test/{transaction_id}");
        let mut row = transaction(transaction_id, self.clock.now(), TransactionKind::Adjustment, source);
        row.shopper_id = Some(id);
        self.app.db.write(Lane::Shopper(id), move |conn| post(conn, &row, &transfers)).await.unwrap();
    }

    /// A method whose cool-off is over.
    pub async fn method(&self, shopper: ShopperId, number: u8, kind: MethodKind) -> MethodId {
        let id = self.add_method(shopper, number, kind).await;
        self.age(id).await;
        id
    }

    /// A method that was added just now.
    pub async fn fresh_method(&self, shopper: ShopperId, number: u8) -> MethodId {
        self.add_method(shopper, number, MethodKind::Card).await
    }

    async fn add_method(&self, shopper: ShopperId, code: u8, kind: MethodKind) -> MethodId {
        let new = match self.which {
            Simulated::Sandbox => self.token(code, kind).await,
            _ => rails::method(self, code, kind).await,
        };
        method_add(&self.app, shopper, new).await.unwrap().id
    }

    async fn token(&self, code: u8, kind: MethodKind) -> NewMethod {
        let number = match kind {
            MethodKind::Card => card_number(code),
            MethodKind::Wallet => wallet_number(code),
            other => panic!("the sandbox bank does not pay to a {other}"),
        };
        let given = self.bank_post("v1/destinations", &json!({"kind": kind, "number": number})).await;
        let text = |field: &str| given[field].as_str().unwrap().to_owned();
        NewMethod {
            provider: "sandbox".to_owned(),
            kind,
            token: Secret::new(text("token")),
            masked: text("masked"),
            typed: Typed::default(),
        }
    }

    /// Lets a method's cool-off be over without moving everybody's time.
    async fn age(&self, id: MethodId) {
        use diesel::prelude::*;
        use kopilka::db::schema::payout_methods;
        let now = self.clock.now();
        self.app
            .db
            .write(Lane::House, move |conn| {
                diesel::update(payout_methods::table.find(id))
                    .set(payout_methods::usable_from.eq(now))
                    .execute(conn)?;
                Ok::<_, kopilka::db::DbError>(())
            })
            .await
            .unwrap();
    }

    pub fn wanted(shopper: ShopperId, method: MethodId, minor: i64, key: &str) -> PayoutRequest {
        PayoutRequest { shopper, method, amount: rub(minor), key: key.to_owned() }
    }

    pub async fn request(&self, shopper: ShopperId, method: MethodId, minor: i64, key: &str) -> Outcome<Requested> {
        request_payout(&self.app, Self::wanted(shopper, method, minor, key)).await
    }

    pub async fn payout(&self, id: PayoutId) -> PayoutRow {
        payout_of(&self.app, id).await.unwrap()
    }

    pub async fn payouts(&self) -> usize {
        payouts(&self.app, PayoutFilter::default(), 1_000).await.unwrap().len()
    }

    pub async fn waiting_events(&self) -> usize {
        self.app.db.read(|conn| provider_event_list_waiting(conn, None, 100)).await.unwrap().len()
    }

    /// Available, in payout, debt.
    pub async fn balances(&self, id: ShopperId) -> (i64, i64, i64) {
        let found = self.app.db.read(move |conn| balances_find(conn, id, Currency::RUB)).await.unwrap();
        (found.available, found.in_payout, found.debt)
    }

    pub async fn drain(&self) {
        job::drain(&self.app).await.unwrap();
    }

    /// Does what is due, here and at the bank, while almost a day goes by: less than the bank remembers keys for.
    pub async fn settle(&self) {
        for _ in 0..6 {
            self.drain().await;
            self.bank_post(&self.command("tick"), &json!({})).await;
            self.clock.advance(TimeDelta::hours(3));
        }
        self.drain().await;
    }
}
