//! The demonstration's stores: small pages with buttons, each of which makes the store's network send its real message
//! to the service. What the service answers is shown as it came.

mod page;
mod visit;

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Server;
use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::{Method, Url};
use serde::Deserialize;

use super::networks::{Message, Network, networks};
use super::shops::{DemoPartner, DemoStore, Shops};
use crate::base::{Clock, Secret};
use crate::domain::reason::Language;
use crate::provider::client::{ClientError, ClientSettings, HttpClient, describe, read_body};

pub use visit::{Action, Heard, Visit};

/// How the stores are set up.
#[derive(Debug, Clone)]
pub struct StoresConfig {
    /// What there is to buy.
    pub shops: Arc<Shops>,
    /// Where the service is, without a slash at the end.
    pub service: String,
    /// The API token of the shopper that the list of stores makes links for; without one it makes none.
    pub shopper_token: Option<Secret>,
    /// The time.
    pub clock: Clock,
}

/// The stores could not start.
#[derive(Debug, thiserror::Error)]
pub enum StoresError {
    /// The listener.
    #[error("the demo stores cannot start: {0}")]
    Io(#[from] io::Error),
    /// The networks' data.
    #[error(transparent)]
    Networks(#[from] super::networks::BadNetwork),
    /// The client.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The running stores.
struct Stores {
    config: StoresConfig,
    networks: BTreeMap<String, Network>,
    http: HttpClient,
    /// What every visitor did, by the click that brought them.
    visits: Mutex<BTreeMap<String, Visit>>,
}

impl Stores {
    /// A panic elsewhere leaves the visits as they were written, so they stay usable.
    fn visits(&self) -> MutexGuard<'_, BTreeMap<String, Visit>> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, partner: &str, store: &str) -> Option<Place<'_>> {
        let shops = &self.config.shops;
        let (store, partner) = (shops.store(store)?, shops.partner(partner)?);
        let network = self.networks.get(&partner.network)?;
        (store.partner == partner.slug).then_some(Place { store, partner, network })
    }
}

/// A store with its partner and the network that speaks for it.
#[derive(Clone, Copy)]
struct Place<'s> {
    store: &'s DemoStore,
    partner: &'s DemoPartner,
    network: &'s Network,
}

/// The stores as a server on `listener`. It runs when awaited or spawned, inside a Tokio or actix runtime.
///
/// # Errors
/// [`StoresError`].
pub fn stores(config: StoresConfig, listener: TcpListener) -> Result<Server, StoresError> {
    // They call the service, which is on the same machine.
    let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() })?;
    let stores = Stores { config, networks: networks()?, http, visits: Mutex::default() };
    let data = web::Data::new(stores);
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes))
        .workers(1)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/", web::get().to(index))
        .route("/go", web::post().to(go))
        .route("/{partner}/{store}", web::get().to(show))
        .route("/{partner}/{store}", web::post().to(act));
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    click: String,
    lang: Option<String>,
}

fn tongue(request: &HttpRequest, asked: Option<&str>) -> Language {
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::from_accept(asked.or(header), Language::En)
}

fn html(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .body(body)
}

fn rendered(page: Result<String, minijinja::Error>) -> HttpResponse {
    match page {
        Ok(body) => html(body),
        Err(cause) => HttpResponse::InternalServerError().body(format!("the page is broken: {cause:#}")),
    }
}

fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to)).finish()
}

async fn index(request: HttpRequest, stores: web::Data<Stores>, asked: web::Query<Asked>) -> HttpResponse {
    let lang = tongue(&request, asked.lang.as_deref());
    rendered(page::index(&stores, lang))
}

async fn show(
    request: HttpRequest,
    stores: web::Data<Stores>,
    path: web::Path<(String, String)>,
    asked: web::Query<Asked>,
) -> HttpResponse {
    let lang = tongue(&request, asked.lang.as_deref());
    let Some(place) = stores.find(&path.0, &path.1) else {
        return HttpResponse::NotFound().body("there is no such store");
    };
    let visit = stores.visits().get(&asked.click).cloned().unwrap_or_default();
    rendered(page::store(place, &asked.click, &visit, lang))
}

#[derive(Deserialize)]
struct Act {
    click: String,
    action: Action,
    lang: String,
}

async fn act(stores: web::Data<Stores>, path: web::Path<(String, String)>, form: web::Form<Act>) -> HttpResponse {
    let Some(place) = stores.find(&path.0, &path.1) else {
        return HttpResponse::NotFound().body("there is no such store");
    };
    let Act { click, action, lang } = form.into_inner();
    let known = stores.visits().get(&click).cloned().unwrap_or_default();
    let now = stores.config.clock.now();
    if let Some((mut next, sent)) = known.step(place, &click, action, now) {
        let heard = send(&stores, place.partner, &sent.message, sent.told, action).await;
        next.heard.push(heard);
        stores.visits().insert(click.clone(), next);
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("click", &click)
        .append_pair("lang", &lang)
        .finish();
    see_other(&format!("/{}/{}?{query}#messages", path.0, path.1))
}

async fn send(
    stores: &Stores,
    partner: &DemoPartner,
    message: &Message,
    told: super::networks::Told,
    action: Action,
) -> Heard {
    let (slug, secret) = (&partner.slug, partner.secret());
    let mut heard = Heard {
        action,
        told,
        method: message.method,
        url: format!("{}/postback/{slug}{}", stores.config.service, message.shown(&secret)),
        body: message.body.clone(),
        status: 0,
        answer: String::new(),
    };
    let address = format!("{}/postback/{slug}{}", stores.config.service, message.tail);
    let method = if message.method == "POST" { Method::POST } else { Method::GET };
    let request = Url::parse(&address).map_err(|cause| cause.to_string());
    let request = request.and_then(|url| stores.http.request(method, url).map_err(|cause| cause.to_string()));
    let mut request = match request {
        Ok(request) => request,
        Err(problem) => return Heard { answer: problem, ..heard },
    };
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    if let Some(body) = &message.body {
        request = request.body(body.clone());
    }
    match request.send().await {
        Ok(response) => {
            heard.status = response.status().as_u16();
            heard.answer = match read_body(response).await {
                Ok(body) => pretty(&body),
                Err(problem) => problem,
            };
            heard
        }
        Err(cause) => Heard { answer: describe(cause), ..heard },
    }
}

fn pretty(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).into_owned();
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or(text),
        Err(_not_json) => text,
    }
}

#[derive(Deserialize)]
struct Go {
    store: String,
}

/// What the service answers to the wish for a link.
#[derive(Deserialize)]
struct MadeLink {
    url: String,
}

/// Asks the service for a link in the demo shopper's name, and follows it.
async fn go(stores: web::Data<Stores>, form: web::Form<Go>) -> HttpResponse {
    match link(&stores, &form.store).await {
        Ok(url) => see_other(&url),
        Err(problem) => HttpResponse::BadGateway().body(problem),
    }
}

async fn link(stores: &Stores, store: &str) -> Result<String, String> {
    let token = stores.config.shopper_token.as_ref().ok_or("there is no demo shopper to make links for")?;
    let url = Url::parse(&format!("{}/api/v1/links", stores.config.service)).map_err(|cause| cause.to_string())?;
    let request = stores.http.request(Method::POST, url).map_err(|cause| cause.to_string())?;
    let body = serde_json::json!({ "store": store });
    let response = request.bearer_auth(token.expose()).json(&body).send().await.map_err(describe)?;
    let body = read_body(response).await?;
    let made: Result<MadeLink, _> = serde_json::from_slice(&body);
    made.map(|made| made.url).map_err(|_cause| String::from_utf8_lossy(&body).into_owned())
}
