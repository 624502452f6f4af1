//! Fills the demonstration's database: partners, stores, terms, people. Everything is made by the services that
//! operators use, as if it had been there for months.

use serde_json::json;

use super::api::Api;
use crate::base::{Clock, Secret};
use crate::cli::CliError;
use crate::db::partners::partner_find_by_slug;
use crate::domain::access::{Actor, Role};
use crate::domain::reason::Language;
use crate::service::accounts::{self, NewPerson, TokenWanted};
use crate::service::limits::Limits;
use crate::service::partners::{NewPartner, partner_add};
use crate::service::stores::{ImportRow, Numbered, store_import};
use crate::service::{App, ServiceError};
use crate::simulator::shops::{DemoPartner, DemoStore, Shops};

/// Everybody's password.
pub(super) const PASSWORD: &str = "kopilka demo password";
/// The shopper that the demo stores make links for.
pub(super) const HOST_SHOPPER: &str = "olga@demo.example";
/// Those with a past.
pub(super) const SHOPPERS: [(&str, Language); 3] =
    [(HOST_SHOPPER, Language::En), ("boris@demo.example", Language::Ru), ("vera@demo.example", Language::Ru)];
/// Who runs the service.
pub(super) const OPERATORS: [(&str, &str, Role); 3] = [
    ("admin@demo.example", "Alex Admin", Role::Admin),
    ("support@demo.example", "Sam Support", Role::Support),
    (FINANCE, "Fiona Finance", Role::Finance),
];
/// Who asks for a correction that takes a second person.
pub(super) const FINANCE: &str = "finance@demo.example";
/// Who acts for the first partner.
pub(super) const PERSON: &str = "partner@demo.example";
/// Stores that the browser extension may remind of, with the stand-down packs of their networks.
const WITH_EXTENSION: [(&str, &str); 6] = [
    ("tonkolist", "admitad"),
    ("kotomag", "admitad"),
    ("rukodel", "gdeslon"),
    ("moss-and-wool", "awin"),
    ("harbour-tea", "awin"),
    ("cobble-toys", "awin"),
];
/// For how long everything has been there, in days.
pub(super) const PAST_DAYS: i64 = 75;

/// Who can sign in.
#[derive(Debug, Clone, Default)]
pub(super) struct Logins {
    /// Fresh API tokens of partners: slug and token.
    pub tokens: Vec<(String, String)>,
}

impl Logins {
    pub(super) fn lines(&self) -> Vec<String> {
        let operators = OPERATORS.iter().map(|(email, _, role)| format!("{email:<22} operator, {role}"));
        let shoppers = SHOPPERS.iter().map(|(email, _)| format!("{email:<22} shopper with a past"));
        let tokens = self.tokens.iter().map(|(slug, token)| format!("{slug:<22} partner, API token {token}"));
        let person = std::iter::once(format!("{PERSON:<22} acts for the first partner, at /partner/sign-in"));
        operators.chain(shoppers).chain(person).chain(tokens).collect()
    }
}

/// Fills the database, or only brings the stores' addresses up to date when it is filled. True when it was fresh.
pub(super) async fn seed(app: &App, shops: &Shops, stores_url: &str) -> Result<(Logins, bool), CliError> {
    let first = shops.partners.first().map_or_else(String::new, |partner| partner.slug.clone());
    let known = app.db.read(move |conn| partner_find_by_slug(conn, &first)).await?;
    let past = App { clock: Clock::manual(app.clock.now().plus_days(-PAST_DAYS)), ..app.clone() };
    let actor = Actor::Console;
    if known.is_none() {
        for partner in &shops.partners {
            partner_add(&past, &actor, new_partner(partner)).await?;
        }
        let password = Secret::new(PASSWORD);
        for (email, name, role) in OPERATORS {
            accounts::operator_add(&past, &actor, email, name, role, &password).await?;
        }
        let first = shops.partners.first().map_or_else(String::new, |partner| partner.slug.clone());
        let found = app.db.read(move |conn| partner_find_by_slug(conn, &first)).await?;
        let partner = found.ok_or(ServiceError::NotFound("partner"))?.id;
        let person =
            NewPerson { partner, email: PERSON.to_owned(), name: "Pavel Partner".to_owned(), language: Language::En };
        accounts::person_add(&past, &actor, person, &password).await?;
        for (email, language) in SHOPPERS {
            accounts::shopper_add(&past, &actor, email, &password, language).await?;
        }
    }
    let importing = if known.is_none() { &past } else { app };
    let rows = shops.stores.iter().zip(1_u64..);
    let rows = rows.map(|(store, line)| Numbered { line, row: Ok(import_row(store, stores_url)) }).collect();
    let imported = store_import(importing, &actor, "demonstration", rows, false, &|_done| {}).await?;
    if let Some(bad) = imported.bad.first() {
        return Err(CliError::Failed(format!("the demo store {}: {}", bad.slug, bad.problem)));
    }
    app.reload_catalogue().await?;
    Ok((Logins { tokens: tokens(app, shops).await? }, known.is_none()))
}

fn new_partner(partner: &DemoPartner) -> NewPartner {
    NewPartner {
        slug: partner.slug.clone(),
        name: partner.name.clone(),
        adapter: partner.network.clone(),
        settings: partner.settings.clone(),
        secret: Some(Secret::new(partner.secret())),
    }
}

/// A store that the extension knows has a host of its own, as in life; browsers lead every name below `localhost` to this
/// machine.
fn import_row(store: &DemoStore, stores_url: &str) -> ImportRow {
    let pack = WITH_EXTENSION.iter().find(|(slug, _)| *slug == store.slug).map(|(_, pack)| *pack);
    let own = format!("{}.localhost", store.slug);
    let at = if pack.is_some() { stores_url.replace("127.0.0.1", &own) } else { stores_url.to_owned() };
    let page = format!("{at}/{}/{}", store.partner, store.slug);
    let mut domains = vec![store.domain()];
    domains.extend(pack.is_some().then_some(own));
    ImportRow {
        slug: store.slug.clone(),
        partner: store.partner.clone(),
        name: store.name.clone(),
        home_url: page.clone(),
        domains,
        landing_url: format!("{page}?click={{click}}"),
        deep_link_url: Some(format!("{page}?click={{click}}&to={{deep_link}}")),
        categories: store.categories.clone(),
        terms: Some(store.terms.clone()),
        ext: pack.is_some().then_some(true),
        serp: pack.is_some().then_some(true),
        max_prompts: pack.is_some().then_some(3),
        network: pack.map(str::to_owned),
        ..ImportRow::default()
    }
}

/// Tokens are shown once only, so each start makes its own; they end after a day.
async fn tokens(app: &App, shops: &Shops) -> Result<Vec<(String, String)>, CliError> {
    let mut out = Vec::new();
    for partner in shops.partners.iter().take(2) {
        let slug = partner.slug.clone();
        let row = app.db.read(move |conn| partner_find_by_slug(conn, &slug)).await?;
        let row = row.ok_or(ServiceError::NotFound("partner"))?;
        let wanted =
            TokenWanted { name: "demonstration".to_owned(), expires_in_days: Some(1), ..TokenWanted::default() };
        let limits = Limits::of(&app.config.limits);
        let issued = accounts::partner_token_create(app, &limits, &Actor::Console, row.id, wanted).await?;
        out.push((partner.slug.clone(), issued.token.expose().to_owned()));
    }
    Ok(out)
}

/// Signs in, and gives the session's token.
pub(super) async fn sign_in(api: &Api, path: &str, email: &str) -> Result<String, String> {
    let answer = api.post(path, None, json!({ "email": email, "password": PASSWORD })).await?.wants(201)?;
    Ok(answer.at("/token"))
}

/// The session that the demo stores make links in.
pub(super) async fn shopper_token(api: &Api) -> Result<Secret, String> {
    Ok(Secret::new(sign_in(api, "/api/v1/sessions", HOST_SHOPPER).await?))
}
