//! Who may do what: every route of the server × everybody who could ask. A route that is not in [`table`] fails the
//! test, so whoever adds one has to say here who it is for.

use std::collections::{BTreeSet, HashMap};

use kopilka::base::Clock;
use kopilka::base::id::{OperatorId, PartnerId, ShopperId};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::domain::extension::ExtensionChange;
use kopilka::service::App;
use kopilka::service::extension::activate;
use kopilka::service::stores::{StoreChange, store_update};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market;

on_both![every_route_lets_in_whom_it_is_for];

/// Whom a route is for. `Operators` names the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Anybody,
    SignedIn,
    Shoppers,
    Partners,
    /// The extension in a shopper's browser, and not the shopper's other tokens.
    Extensions,
    Operators(&'static [Role]),
}
use For::{Anybody, Extensions, Operators, Partners, Shoppers, SignedIn};

const LOOK: For = Operators(&[Role::Viewer, Role::Support, Role::Finance, Role::Admin]);
const CARE: For = Operators(&[Role::Support, Role::Admin]);
const MONEY: For = Operators(&[Role::Finance, Role::Admin]);
const CATALOGUE: For = Operators(&[Role::Admin]);
const STAFF: For = Operators(&[Role::Admin]);

/// The routes, a line each: method, path, whom it is for. Where there are placeholders, `.at` names things of
/// [`World`] for them in order; `.of` names whose thing that is, so that others find nothing there (404); `.body` is
/// what a good request sends.
#[rustfmt::skip]
fn table() -> Vec<Row> {
    vec![
        get("/healthz", Anybody),
        get("/readyz", Anybody),
        get("/metrics", Anybody),
        get("/api/openapi.json", Anybody),
        get("/go/{store}", Anybody).at(&["no_such_store"]),
        row(Method::HEAD, "/go/{store}", Anybody).at(&["no_such_store"]),
        get("/postback/{partner}", Anybody).at(&["no_such_partner"]),
        post("/postback/{partner}", Anybody).at(&["no_such_partner"]),
        get("/postback/{partner}/{secret}", Anybody).at(&["no_such_partner", "no_such_secret"]),
        post("/postback/{partner}/{secret}", Anybody).at(&["no_such_partner", "no_such_secret"]),
        post("/api/v1/shopper/sign-up", Anybody).body(json!({ "email": "new@example.com", "password": "some long words" })),
        post("/api/v1/shopper/confirm-email", Anybody).body(json!({ "code": "none", "password": "some long words" })),
        post("/api/v1/shopper/password-reset", Anybody).body(json!({ "email": "no@example.com" })),
        post("/api/v1/shopper/new-password", Anybody).body(json!({ "code": "none", "password": "some long words" })),
        post("/api/v1/shopper/password", Shoppers).body(json!({ "old_password": "none", "password": "some long words" })),
        post("/api/v1/shopper/email", Shoppers).body(json!({ "email": "new@example.com", "password": "none" })),
        post("/api/v1/sessions", Anybody).body(json!({ "email": "no@example.com", "password": "no" })),
        post("/api/v1/operator/sessions", Anybody).body(json!({ "email": "no@example.com", "password": "no" })),
        post("/api/v1/sessions/code", Anybody).body(json!({ "half": "kp_factor_none", "code": "000000" })),
        delete("/api/v1/sessions/current", SignedIn),
        delete("/api/v1/sessions", SignedIn),
        get("/api/v1/me", SignedIn),
        get("/api/v1/tokens", SignedIn),
        post("/api/v1/tokens", SignedIn).body(json!({ "name": "import" })),
        delete("/api/v1/tokens/{id}", SignedIn).at(&["shopper_a_token"]).of(Who::ShopperA),
        get("/api/v1/operator/operators", LOOK),
        post("/api/v1/operator/operators", STAFF).body(json!({
            "email": "o@example.com", "name": "O", "role": "viewer", "password": "some long words" })),
        put("/api/v1/operator/operators/{id}/role", STAFF).at(&["some_operator"]).body(json!({ "role": "support" })),
        post("/api/v1/operator/operators/{id}/block", STAFF).at(&["some_operator"]),
        post("/api/v1/operator/operators/{id}/unblock", STAFF).at(&["some_operator"]),
        get("/api/v1/operator/shoppers", LOOK),
        get("/api/v1/operator/shoppers/{id}", LOOK).at(&["some_shopper"]),
        post("/api/v1/operator/shoppers/{id}/block", CARE).at(&["some_shopper"]).body(json!({ "reason": "test" })),
        post("/api/v1/operator/shoppers/{id}/unblock", CARE).at(&["some_shopper"]).body(json!({ "reason": "test" })),
        get("/api/v1/operator/audit", LOOK),
        get("/api/v1/operator/alarms", LOOK),
        get("/api/v1/operator/waiting", LOOK),
        get("/api/v1/operator/figures", LOOK),
        get("/api/v1/operator/search?q=books", LOOK),
        get("/api/v1/operator/adjustments", LOOK),
        post("/api/v1/operator/adjustments/{id}/approve", MONEY).at(&["adjustment"]),
        post("/api/v1/operator/adjustments/{id}/decline", MONEY).at(&["adjustment"]).body(json!({ "reason": "r" })),
        post("/webhooks/{provider}", Anybody).at(&["no_such_provider"]),
        get("/api/v1/payout-providers", Shoppers),
        get("/api/v1/payout-methods", Shoppers),
        post("/api/v1/payout-methods", Shoppers).body(json!({
            "provider": "none", "kind": "card", "token": "tok_1", "masked": "0004" })),
        delete("/api/v1/payout-methods/{id}", Shoppers).at(&["shopper_a_method"]).of(Who::ShopperA),
        get("/api/v1/payouts", Shoppers),
        post("/api/v1/payouts", Shoppers).body(json!({
            "method": "00000000-0000-7000-8000-000000000000", "amount": { "amount": "1.00", "currency": "RUB" } })),
        get("/api/v1/payouts/{id}", Shoppers).at(&["shopper_a_payout"]).of(Who::ShopperA),
        get("/api/v1/operator/payouts", LOOK),
        get("/api/v1/operator/payouts/{id}", LOOK).at(&["shopper_a_payout"]),
        post("/api/v1/operator/payouts/{id}/ask", MONEY).at(&["shopper_a_payout"]),
        post("/api/v1/operator/payouts/{id}/resolve", MONEY).at(&["shopper_a_payout"]).body(json!({
            "outcome": "not_paid", "reason": "test" })),
        post("/api/v1/operator/payouts/{id}/approve", MONEY).at(&["shopper_a_payout"]),
        post("/api/v1/operator/payouts/{id}/decline", MONEY).at(&["shopper_a_payout"]).body(json!({ "reason": "test" })),
        post("/api/v1/payouts/{id}/cancel", Shoppers).at(&["shopper_a_payout"]).of(Who::ShopperA),
        get("/api/v1/operator/provider-events", LOOK),
        get("/api/v1/operator/jobs", LOOK),
        get("/api/v1/stores", Anybody),
        get("/api/v1/stores/{slug}", Anybody).at(&["no_such_store"]),
        get("/api/v1/extension/list", Anybody),
        get("/api/v1/extension/key", Anybody),
        post("/api/v1/extension/token", Anybody).body(json!({ "code": "none", "verifier": "none" })),
        delete("/api/v1/extension/token", Extensions),
        get("/api/v1/extension/summary", Extensions),
        post("/api/v1/extension/activations", Extensions).body(json!({ "store": "books" })),
        get("/api/v1/extension/activations/{id}", Extensions).at(&["activation_of_a"]).of(Who::BrowserA),
        post("/api/v1/links", Shoppers).body(json!({ "store": "books" })),
        get("/api/v1/operator/partners", LOOK),
        get("/api/v1/operator/partners/{id}", LOOK).at(&["partner_a"]),
        post("/api/v1/operator/partners", CATALOGUE).body(json!({ "slug": "new", "name": "New", "adapter": "awin" })),
        patch("/api/v1/operator/partners/{id}", CATALOGUE).at(&["partner_a"]).body(json!({ "name": "Other" })),
        post("/api/v1/operator/partners/{id}/secrets", CATALOGUE).at(&["partner_a"]).body(json!({})),
        get("/api/v1/operator/adapters", LOOK),
        get("/api/v1/operator/adapters/{name}", LOOK).at(&["awin"]),
        put("/api/v1/operator/adapters/{name}", CATALOGUE).at(&["mine"]).body(json!({ "body": "" })),
        post("/api/v1/operator/adapters/check", LOOK).body(json!({ "body": "" })),
        get("/api/v1/operator/stores", LOOK),
        post("/api/v1/operator/stores", CATALOGUE).body(json!({
            "slug": "new", "partner": "none", "name": "New", "home_url": "https://new.example/",
            "domains": ["new.example"], "landing_url": "https://n.example/?c={click}" })),
        patch("/api/v1/operator/stores/{slug}", CATALOGUE).at(&["books"]).body(json!({ "name": "Other" })),
        get("/api/v1/operator/stores/{slug}/terms", LOOK).at(&["books"]),
        post("/api/v1/operator/stores/{slug}/terms", CATALOGUE).at(&["books"]).body(json!({
            "terms": { "rate": { "percent_of_order": "5" } } })),
        post("/api/v1/operator/keys/rotate", CATALOGUE),
        get("/api/v1/operator/extension", LOOK),
        put("/api/v1/operator/extension/packs/{id}", CATALOGUE).at(&["own"]).body(json!({
            "id": "own", "dated": "2026-11-25", "source": "ours", "hosts": ["own.example"] })),
        post("/api/v1/operator/extension/keys/rotate", CATALOGUE),
        get("/api/v1/operator/partners/{id}/tokens", LOOK).at(&["partner_a"]),
        post("/api/v1/operator/partners/{id}/tokens", CATALOGUE).at(&["partner_a"]).body(json!({ "name": "import" })),
        delete("/api/v1/operator/partners/{id}/tokens/{token}", CATALOGUE).at(&["partner_a", "partner_a_token"]),
        get("/api/v1/clicks", Shoppers),
        get("/api/v1/clicks/{id}", Shoppers).at(&["click_of_a"]).of(Who::ShopperA),
        get("/api/v1/orders", Shoppers),
        get("/api/v1/orders/{id}", Shoppers).at(&["order_of_a"]).of(Who::ShopperA),
        get("/api/v1/balance", Shoppers),
        get("/api/v1/ledger", Shoppers),
        get("/api/v1/claims", Shoppers),
        post("/api/v1/claims", Shoppers).body(json!({
            "click": "01900000-0000-7000-8000-000000000000", "order_number": "", "ordered_at": "2026-01-01T00:00:00Z" })),
        get("/api/v1/claims/{id}", Shoppers).at(&["claim_of_a"]).of(Who::ShopperA),
        get("/api/v1/partner/clicks", Partners),
        get("/api/v1/partner/orders", Partners),
        get("/api/v1/partner/postbacks", Partners),
        post("/api/v1/partner/postbacks/try", Partners).body(json!({ "method": "GET" })),
        post("/api/v1/partner/postbacks/{id}/rerun", Partners).at(&["postback_of_a"]).of(Who::PartnerA),
        get("/api/v1/partner/statement?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", Partners),
        get("/api/v1/partner/claims", Partners),
        post("/api/v1/partner/claims/{id}/answer", Partners).at(&["claim_of_a"]).of(Who::PartnerA)
            .body(json!({ "accepted": true, "answer": "yes" })),
        get("/api/v1/operator/postbacks", LOOK),
        get("/api/v1/operator/postbacks/{id}", LOOK).at(&["postback_of_a"]),
        post("/api/v1/operator/postbacks/{id}/rerun", CARE).at(&["postback_of_a"]).body(json!({ "reason": "again" })),
        post("/api/v1/operator/postbacks/try", LOOK).body(json!({ "adapter": "awin", "call": { "method": "GET" } })),
        get("/api/v1/operator/orders", LOOK),
        get("/api/v1/operator/orders/{id}", LOOK).at(&["order_of_a"]),
        post("/api/v1/operator/adjustments", MONEY).body(json!({
            "key": "k", "shopper": "01900000-0000-7000-8000-000000000000", "fund": "house/none", "reason": "r",
            "amount": { "amount": "1.00", "currency": "RUB" } })),
        post("/api/v1/operator/partners/{id}/payments", MONEY).at(&["partner_a"]).body(json!({
            "bank": "bank/main", "amount": { "amount": "1.00", "currency": "RUB" }, "reference": "r" })),
        get("/api/v1/operator/ledger", LOOK),
        get("/api/v1/operator/ledger/accounts", LOOK),
        get("/api/v1/operator/ledger/verify", LOOK),
        get("/api/v1/operator/ledger/head", LOOK),
        get("/api/v1/operator/claims", LOOK),
        post("/api/v1/operator/claims/{id}/answer", CARE).at(&["claim_of_a"])
            .body(json!({ "accepted": true, "answer": "yes" })),
    ]
}

/// Everybody who could ask; two of those who own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    ShopperA,
    ShopperB,
    PartnerA,
    PartnerB,
    BrowserA,
    BrowserB,
    Operator(Role),
}

const EVERYBODY: &[Who] = &[
    Who::Nobody,
    Who::ShopperB,
    Who::PartnerB,
    Who::BrowserB,
    Who::Operator(Role::Viewer),
    Who::Operator(Role::Support),
    Who::Operator(Role::Finance),
    Who::Operator(Role::Admin),
    Who::BrowserA,
    // Last, since an owner may take away what the others must not find.
    Who::ShopperA,
    Who::PartnerA,
];

/// What must become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// 401: sign in first.
    SignInFirst,
    /// 403: not for you.
    Forbidden,
    /// 404: it is somebody else's, and not even that is told.
    Hidden,
    /// Neither of these, and no failure of the server.
    LetIn,
}

struct Row {
    method: Method,
    path: &'static str,
    whom: For,
    things: &'static [&'static str],
    owner: Option<Who>,
    body: Option<Value>,
}

fn row(method: Method, path: &'static str, whom: For) -> Row {
    Row { method, path, whom, things: &[], owner: None, body: None }
}
fn get(path: &'static str, whom: For) -> Row {
    row(Method::GET, path, whom)
}
fn post(path: &'static str, whom: For) -> Row {
    row(Method::POST, path, whom)
}
fn put(path: &'static str, whom: For) -> Row {
    row(Method::PUT, path, whom)
}
fn patch(path: &'static str, whom: For) -> Row {
    row(Method::PATCH, path, whom)
}
fn delete(path: &'static str, whom: For) -> Row {
    row(Method::DELETE, path, whom)
}

impl Row {
    fn at(mut self, things: &'static [&'static str]) -> Self {
        self.things = things;
        self
    }
    fn of(mut self, owner: Who) -> Self {
        self.owner = Some(owner);
        self
    }
    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn expected(&self, who: Who) -> Expected {
        let kind_fits = match (self.whom, who) {
            (Anybody, _) => return Expected::LetIn,
            (_, Who::Nobody) => return Expected::SignInFirst,
            (Extensions, who) => matches!(who, Who::BrowserA | Who::BrowserB),
            // Its token opens the extension's routes alone.
            (_, Who::BrowserA | Who::BrowserB) => false,
            (SignedIn, _) => true,
            (Shoppers, who) => matches!(who, Who::ShopperA | Who::ShopperB),
            (Partners, who) => matches!(who, Who::PartnerA | Who::PartnerB),
            (Operators(roles), Who::Operator(role)) => roles.contains(&role),
            (Operators(_), _) => false,
        };
        match (kind_fits, self.owner) {
            (false, _) => Expected::Forbidden,
            (true, Some(owner)) if owner != who => Expected::Hidden,
            (true, _) => Expected::LetIn,
        }
    }

    /// The path with its placeholders filled: with things of the world, or as they are called when there is none.
    fn path_in(&self, world: &World) -> String {
        let mut path = self.path.to_owned();
        for thing in self.things {
            let (start, end) = (path.find('{').expect("a placeholder"), path.find('}').expect("its end"));
            let value = world.things.get(thing).map_or(*thing, String::as_str);
            path.replace_range(start..=end, value);
        }
        assert!(!path.contains('{'), "{} {}: name what stands for each placeholder with .at", self.method, self.path);
        path
    }
}

/// Those who ask, and the things that routes are tried on.
struct World {
    shoppers: [ShopperId; 2],
    partners: [PartnerId; 2],
    operators: HashMap<Role, OperatorId>,
    things: HashMap<&'static str, String>,
}

impl World {
    async fn make(app: &App) -> Self {
        let shoppers = [accounts::shopper(app).await, accounts::shopper(app).await];
        let partners = [accounts::partner(app).await, accounts::partner(app).await];
        let mut operators = HashMap::new();
        for role in [Role::Viewer, Role::Support, Role::Finance, Role::Admin] {
            operators.insert(role, accounts::operator(app, role).await);
        }
        accounts::store(app, "books").await;
        let (_, shopper_a_token) = accounts::token(app, Owner::Shopper(shoppers[0]), TokenKind::Api).await;
        let (_, partner_a_token) = accounts::token(app, Owner::Partner(partners[0]), TokenKind::Api).await;
        let (payout, method) = accounts::payout(app, shoppers[0]).await;
        let [click, claim, order, postback] = market::things(app, shoppers[0], partners[0]).await;
        let things = HashMap::from([
            ("activation_of_a", activation(app, shoppers[0]).await),
            ("adjustment", accounts::adjustment(app, shoppers[0]).await.to_string()),
            ("click_of_a", click),
            ("claim_of_a", claim),
            ("order_of_a", order),
            ("postback_of_a", postback),
            ("shopper_a_payout", payout.to_string()),
            ("shopper_a_method", method.to_string()),
            ("shopper_a_token", shopper_a_token.to_string()),
            ("partner_a_token", partner_a_token.to_string()),
            ("partner_a", partners[0].to_string()),
            ("some_operator", accounts::operator(app, Role::Viewer).await.to_string()),
            ("some_shopper", accounts::shopper(app).await.to_string()),
        ]);
        Self { shoppers, partners, operators, things }
    }

    fn owner(&self, who: Who) -> Option<Owner> {
        match who {
            Who::Nobody => None,
            Who::ShopperA | Who::BrowserA => Some(Owner::Shopper(self.shoppers[0])),
            Who::ShopperB | Who::BrowserB => Some(Owner::Shopper(self.shoppers[1])),
            Who::PartnerA => Some(Owner::Partner(self.partners[0])),
            Who::PartnerB => Some(Owner::Partner(self.partners[1])),
            Who::Operator(role) => Some(Owner::Operator(self.operators[&role])),
        }
    }

    /// Sends one request with a session made for it alone: some routes end it.
    async fn ask(&self, server: &TestApp, row: &Row, who: Who) -> (u16, String) {
        let mut request = server.request(row.method.clone(), &row.path_in(self));
        if let Some(owner) = self.owner(who) {
            let kind = match who {
                Who::BrowserA | Who::BrowserB => TokenKind::Extension,
                _ => TokenKind::Session,
            };
            let (token, _) = accounts::token(&server.app, owner, kind).await;
            request = request.bearer_auth(token);
        }
        if let Some(body) = &row.body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let problem: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default();
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }
}

/// A link to the store `books` that this shopper asked for in the extension.
async fn activation(app: &App, shopper: ShopperId) -> String {
    let allowed =
        StoreChange { extension: ExtensionChange { ext: Some(true), ..Default::default() }, ..Default::default() };
    store_update(app, &Actor::Console, "books", allowed).await.unwrap();
    activate(app, shopper, "books").await.unwrap().id.to_string()
}

fn as_expected(expected: Expected, whom: For, status: u16, code: &str) -> bool {
    match expected {
        Expected::SignInFirst => (status, code) == (401, "unauthenticated"),
        Expected::Forbidden => (status, code) == (403, "forbidden"),
        Expected::Hidden => (status, code) == (404, "not_found"),
        // Wrong passwords and partners' secrets are 401 too, unknown stores 404: routes for anybody have their own tests.
        Expected::LetIn if whom == Anybody => {
            !matches!(code, "unauthenticated" | "forbidden") && ![405, 500].contains(&status)
        }
        // What is there and allowed works, whatever the body led to; a refusal by a rule is a 409 or a 422.
        Expected::LetIn => (200..300).contains(&status) || [409, 422].contains(&status),
    }
}

async fn every_route_lets_in_whom_it_is_for(db: TestDb) {
    let outbox = tempfile::TempDir::new().unwrap();
    let server = TestApp::start_with(&db.url, Clock::System, |config| {
        config.mail.outbox = outbox.path().to_owned();
        config.limits.sign_in_per_minute = 10_000;
    })
    .await;
    let table = table();
    let document: Value = server.get("/api/openapi.json").await.json().await.unwrap();
    assert_eq!(declared(&table), routes_of(&document), "left: this table; right: what the server has");
    let world = World::make(&server.app).await;
    let mut wrong = Vec::new();
    for row in &table {
        for &who in EVERYBODY {
            let expected = row.expected(who);
            let (status, code) = world.ask(&server, row, who).await;
            if !as_expected(expected, row.whom, status, &code) {
                wrong.push(format!(
                    "{} {} by {who:?}: expected {expected:?}, was {status} {code}",
                    row.method, row.path
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn declared(table: &[Row]) -> BTreeSet<String> {
    let lines: BTreeSet<String> =
        table.iter().map(|row| format!("{} {}", row.method, row.path.split('?').next().unwrap())).collect();
    assert_eq!(lines.len(), table.len(), "a route stands in the table twice");
    lines
}

fn routes_of(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let methods: Vec<String> = item.as_object().expect("a path item").keys().cloned().collect();
        methods.into_iter().map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}
