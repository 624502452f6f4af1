//! Adapters: the presets that come with the service, and the operator's own.

use actix_web::{get, post, put, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::db::partners::{AdapterRow, adapter_list};
use crate::domain::access::Permission;
use crate::domain::adapter::{Adapter, preset, preset_names};
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult};
use crate::service::catalogue::compile;
use crate::service::partners::{AdapterCheck, adapter_put};
use crate::service::{App, ServiceError};

/// An adapter.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct AdapterView {
    /// Its name.
    name: String,
    /// What people call the network, as its text says.
    title: Option<String>,
    /// It is the operator's own, and stands before a preset of the same name.
    own: bool,
    /// When it was stored; presets have none.
    updated_at: Option<Timestamp>,
    /// What is wrong with it, when it cannot be used.
    problem: Option<String>,
    /// Its TOML text.
    body: String,
}

fn view(name: &str, own: &[AdapterRow]) -> Option<AdapterView> {
    let mine = own.iter().find(|row| row.name == name);
    let body = mine.map(|row| row.body.clone()).or_else(|| preset(name).map(str::to_owned))?;
    let (title, problem) = match compile(name, own) {
        Ok(adapter) => (adapter.about().title.clone(), None),
        Err(problem) => (None, Some(problem)),
    };
    Some(AdapterView {
        name: name.to_owned(),
        title,
        own: mine.is_some(),
        updated_at: mine.map(|row| row.updated_at),
        problem,
        body,
    })
}

/// All adapters.
#[derive(Serialize, utoipa::ToSchema)]
struct Adapters {
    /// By name.
    items: Vec<AdapterView>,
}

/// Lists all adapters with their texts: presets and own ones, by name.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Adapters)))]
#[get("/api/v1/operator/adapters")]
pub(super) async fn list(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Adapters>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(Adapters { items: adapters(&app).await? }))
}

/// All adapters, by name.
///
/// # Errors
/// The database's failures.
pub(in crate::http) async fn adapters(app: &App) -> HttpResult<Vec<AdapterView>> {
    let own = app.db.read(|conn| adapter_list(conn).map_err(HttpError::from)).await?;
    let own_names = own.iter().map(|row| row.name.clone());
    let mut names: Vec<String> = preset_names().map(str::to_owned).chain(own_names).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.iter().filter_map(|name| view(name, &own)).collect())
}

/// One adapter.
///
/// # Errors
/// A 404; the database's failures.
pub(in crate::http) async fn adapter_of(app: &App, name: &str) -> HttpResult<AdapterView> {
    let own = app.db.read(|conn| adapter_list(conn).map_err(HttpError::from)).await?;
    Ok(view(name, &own).ok_or(ServiceError::NotFound("adapter"))?)
}

/// Shows an adapter with its text.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = AdapterView)))]
#[get("/api/v1/operator/adapters/{name}")]
pub(super) async fn get(
    app: web::Data<App>,
    operator: Operator,
    name: web::Path<String>,
) -> HttpResult<web::Json<AdapterView>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(adapter_of(&app, &name).await?))
}

/// An adapter's text.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AdapterText {
    /// TOML, as docs/ADAPTERS.md describes it.
    body: String,
}

/// Whether to store it.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct HowToPut {
    /// Try it on the partners' last calls, and store nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Stores an adapter of your own, after reading the partners' last calls with it. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(HowToPut), request_body = AdapterText, responses((status = 200, body = AdapterCheck)))]
#[put("/api/v1/operator/adapters/{name}")]
pub(super) async fn store(
    app: web::Data<App>,
    operator: Operator,
    name: web::Path<String>,
    how: web::Query<HowToPut>,
    body: web::Json<AdapterText>,
) -> HttpResult<web::Json<AdapterCheck>> {
    Ok(web::Json(adapter_put(&app, &operator.actor(), &name, &body.body, how.dry_run).await?))
}

/// What a text says.
#[derive(Serialize, utoipa::ToSchema)]
struct Parsed {
    /// The adapter's name.
    name: String,
    /// What people call the network.
    title: Option<String>,
    /// What to know.
    notes: Vec<String>,
}

/// Reads an adapter's text and says which key is wrong. Stores nothing.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = AdapterText, responses((status = 200, body = Parsed)))]
#[post("/api/v1/operator/adapters/check")]
pub(super) async fn check(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<AdapterText>,
) -> HttpResult<web::Json<Parsed>> {
    operator.require(Permission::Look)?;
    let own = app.db.read(|conn| adapter_list(conn).map_err(HttpError::from)).await?;
    let text = |wanted: &str| {
        let mine = own.iter().find(|row| row.name == wanted).map(|row| row.body.clone());
        mine.or_else(|| preset(wanted).map(str::to_owned))
    };
    let parsed = Adapter::parse(&body.body, &text).map_err(|error| ServiceError::invalid("body", error.to_string()))?;
    let (name, about) = (parsed.name().to_owned(), parsed.about());
    Ok(web::Json(Parsed { name, title: about.title.clone(), notes: about.notes.clone() }))
}
