//! Who may do what: every route of the server × everybody who could ask. A route that is not in [`table`] fails the
//! test, so whoever adds one has to say here who it is for.

use std::collections::{BTreeSet, HashMap};

use kopilka::base::Clock;
use kopilka::base::id::{OperatorId, PartnerId, PersonId, ShopperId};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::domain::extension::ExtensionChange;
use kopilka::service::App;
use kopilka::service::claim_files::claim_file_add;
use kopilka::service::extension::activate;
use kopilka::service::stores::{StoreChange, store_update};
use reqwest::Method;
use serde_json::Value;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::{market, paperwork};
use table::table;

mod table;

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
    /// Partners, and operators of these roles, each with what is theirs.
    PartnersAnd(&'static [Role]),
    /// Those who act for a partner in person, and not its programs.
    People,
    /// Whoever signs in with a password: all but partners' programs.
    Passworded,
    /// Those whom letters are written to about their own affairs.
    ShoppersAndPeople,
    /// The shopper whose claim it is, its partner, and operators.
    Concerned,
}
use For::{
    Anybody, Concerned, Extensions, Operators, Partners, PartnersAnd, Passworded, People, Shoppers, ShoppersAndPeople,
    SignedIn,
};

/// Everybody who could ask; two of those who own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    ShopperA,
    ShopperB,
    PartnerA,
    PartnerB,
    PersonA,
    PersonB,
    BrowserA,
    BrowserB,
    Operator(Role),
}

const EVERYBODY: &[Who] = &[
    Who::Nobody,
    Who::ShopperB,
    Who::PartnerB,
    Who::PersonB,
    Who::BrowserB,
    Who::Operator(Role::Viewer),
    Who::Operator(Role::Support),
    Who::Operator(Role::Finance),
    Who::Operator(Role::Admin),
    Who::BrowserA,
    // Last, since an owner may take away what the others must not find.
    Who::ShopperA,
    Who::PersonA,
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
    /// There is nothing of the asker's that it could be done with: 404 to whom it is for.
    missing: bool,
}

fn row(method: Method, path: &'static str, whom: For) -> Row {
    Row { method, path, whom, things: &[], owner: None, body: None, missing: false }
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
    fn missing(mut self) -> Self {
        self.missing = true;
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
            (Partners | PartnersAnd(_), Who::PartnerA | Who::PartnerB | Who::PersonA | Who::PersonB) => true,
            (Partners, _) => false,
            (People, who) => matches!(who, Who::PersonA | Who::PersonB),
            (Passworded, who) => !matches!(who, Who::PartnerA | Who::PartnerB),
            (ShoppersAndPeople, who) => {
                matches!(who, Who::ShopperA | Who::ShopperB | Who::PersonA | Who::PersonB)
            }
            (Concerned, Who::Operator(_) | Who::PartnerA | Who::PersonA) => return Expected::LetIn,
            (Concerned, _) => true,
            (Operators(roles) | PartnersAnd(roles), Who::Operator(role)) => roles.contains(&role),
            (Operators(_), _) => false,
            (PartnersAnd(_), _) => false,
        };
        match (kind_fits, self.owner) {
            (false, _) => Expected::Forbidden,
            (true, Some(Who::PartnerA)) if who == Who::PersonA => Expected::LetIn,
            (true, Some(owner)) if owner != who => Expected::Hidden,
            (true, _) if self.missing => Expected::Hidden,
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
    people: [PersonId; 2],
    operators: HashMap<Role, OperatorId>,
    things: HashMap<&'static str, String>,
}

impl World {
    async fn make(app: &App) -> Self {
        let shoppers = [accounts::shopper(app).await, accounts::shopper(app).await];
        let partners = [accounts::partner(app).await, accounts::partner(app).await];
        let people = [accounts::person(app, partners[0]).await, accounts::person(app, partners[1]).await];
        let mut operators = HashMap::new();
        for role in [Role::Viewer, Role::Support, Role::Finance, Role::Admin] {
            operators.insert(role, accounts::operator(app, role).await);
        }
        accounts::store(app, "books").await;
        let (_, shopper_a_token) = accounts::token(app, Owner::Shopper(shoppers[0]), TokenKind::Api).await;
        let (_, partner_a_token) = accounts::token(app, Owner::Partner(partners[0]), TokenKind::Api).await;
        let (payout, method) = accounts::payout(app, shoppers[0]).await;
        let [click, claim, order, postback] = market::things(app, shoppers[0], partners[0]).await;
        let (hook, message) = accounts::hook(app, partners[0]).await;
        let (case, statement) = accounts::case(app, payout).await;
        let receipt =
            claim_file_add(app, shoppers[0], claim.parse().unwrap(), "r", b"%PDF-1.7".to_vec()).await.unwrap();
        let (_, other_token) = accounts::token(app, Owner::Partner(partners[0]), TokenKind::Api).await;
        let (_, session) = accounts::token(app, Owner::Shopper(shoppers[0]), TokenKind::Session).await;
        let (_, browser) = accounts::token(app, Owner::Shopper(shoppers[0]), TokenKind::Extension).await;
        let things = HashMap::from([
            ("receipt_of_a", receipt.id.to_string()),
            ("partner_a_other_token", other_token.to_string()),
            ("shopper_a_session", session.to_string()),
            ("browser_of_a", browser.to_string()),
            ("colleague_of_a", accounts::person(app, partners[0]).await.to_string()),
            ("changes_of_a", paperwork::changes(app, partners[0]).await),
            ("report_of_a", paperwork::bench_report(app, partners[0]).await),
            ("application", paperwork::application(app).await),
            ("payout_file", paperwork::payout_file(app).await),
            ("job", paperwork::job(app).await),
            ("activation_of_a", activation(app, shoppers[0]).await),
            ("case", case.to_string()),
            ("statement", statement.to_string()),
            ("hook_of_a", hook.to_string()),
            ("message_of_a", message.to_string()),
            ("adjustment", accounts::adjustment(app, shoppers[0]).await.to_string()),
            ("awaited_of_a", paperwork::awaited_order(app, shoppers[0], click.parse().unwrap()).await),
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
        Self { shoppers, partners, people, operators, things }
    }

    fn owner(&self, who: Who) -> Option<Owner> {
        match who {
            Who::Nobody => None,
            Who::ShopperA | Who::BrowserA => Some(Owner::Shopper(self.shoppers[0])),
            Who::ShopperB | Who::BrowserB => Some(Owner::Shopper(self.shoppers[1])),
            Who::PartnerA => Some(Owner::Partner(self.partners[0])),
            Who::PartnerB => Some(Owner::Partner(self.partners[1])),
            Who::PersonA => Some(Owner::Person(self.people[0])),
            Who::PersonB => Some(Owner::Person(self.people[1])),
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
            // What a person takes away its partner's program does not find any more.
            if who == Who::PersonA && row.method == Method::DELETE && row.owner == Some(Who::PartnerA) {
                continue;
            }
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
