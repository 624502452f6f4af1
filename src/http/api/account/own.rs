//! What people set about themselves: language, letters, password; the browsers they connected.

use actix_web::{HttpResponse, delete, get, post, put, web};
use serde::{Deserialize, Serialize};

use super::change::PasswordBody;
use super::sessions::Ended;
use crate::base::Timestamp;
use crate::base::id::TokenId;
use crate::db::tokens::TokenRow;
use crate::domain::access::Actor;
use crate::domain::notice::NoticeKind;
use crate::domain::reason::Language;
use crate::http::caller::{Shopper, SignedIn};
use crate::http::{ClientIp, HttpResult};
use crate::service::accounts;
use crate::service::extension::{browser_disconnect, browser_list};
use crate::service::limits::Limits;
use crate::service::notices::{notices_find, notices_set};
use crate::service::{App, ServiceError};

/// A language.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// What letters and pages are in.
    language: Language,
}

/// Sets the language of letters and pages: for shoppers, and for people who act for a partner.
#[utoipa::path(tag = "account", security(("bearer" = [])), request_body = Chosen, responses((status = 200, body = Chosen)))]
#[put("/api/v1/language")]
pub(super) async fn language(
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Json<Chosen>,
) -> HttpResult<web::Json<Chosen>> {
    match caller.0.actor {
        Actor::Shopper(id) => accounts::change_language(&app, id, body.language).await?,
        Actor::Person(..) => accounts::person_change_language(&app, &caller.0, body.language).await?,
        Actor::Partner(_) | Actor::Operator(..) | Actor::Console => return Err(ServiceError::Forbidden.into()),
    }
    Ok(body)
}

/// Replaces the asker's password: for whoever signs in with one, in a session. All other sessions end; API tokens stay.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = PasswordBody,
    responses((status = 200, body = Ended), (status = 422, description = "`wrong_password`, or a password against the rules"))
)]
#[post("/api/v1/password")]
pub(super) async fn password(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    caller: SignedIn,
    body: web::Json<PasswordBody>,
) -> HttpResult<web::Json<Ended>> {
    limits.code(client.0)?;
    let (old, new) = (&body.old_password, &body.password);
    let sessions = accounts::change_own_password(&app, &limits, &caller.0, old, new).await?;
    Ok(web::Json(Ended { sessions }))
}

/// The news that come by letter.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Notices {
    /// The kinds that are on; all others are off.
    on: Vec<NoticeKind>,
}

/// Tells which news the shopper gets by letter.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = Notices)))]
#[get("/api/v1/notices")]
pub(super) async fn notices(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<Notices>> {
    Ok(web::Json(Notices { on: notices_find(&app, shopper.0).await? }))
}

/// Sets which news the shopper gets by letter.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), request_body = Notices, responses((status = 200, body = Notices)))]
#[put("/api/v1/notices")]
pub(super) async fn set_notices(
    app: web::Data<App>,
    shopper: Shopper,
    body: web::Json<Notices>,
) -> HttpResult<web::Json<Notices>> {
    notices_set(&app, shopper.0, &body.on).await?;
    Ok(web::Json(Notices { on: notices_find(&app, shopper.0).await? }))
}

/// A browser that has the extension.
#[derive(Serialize, utoipa::ToSchema)]
struct ConnectedBrowser {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: TokenId,
    /// What it calls itself.
    name: String,
    /// When it was connected.
    created_at: Timestamp,
    /// When it last called, to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
}

impl From<TokenRow> for ConnectedBrowser {
    fn from(row: TokenRow) -> Self {
        Self { id: row.id, name: row.name, created_at: row.created_at, used_at: row.used_at }
    }
}

/// The browsers of a shopper.
#[derive(Serialize, utoipa::ToSchema)]
struct Browsers {
    /// Newest first, at most twenty.
    items: Vec<ConnectedBrowser>,
}

/// Lists the browsers that the shopper connected by the extension.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = Browsers)))]
#[get("/api/v1/browsers")]
pub(super) async fn browsers(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<Browsers>> {
    let rows = browser_list(&app, shopper.0).await?;
    Ok(web::Json(Browsers { items: rows.into_iter().map(ConnectedBrowser::from).collect() }))
}

/// Disconnects a browser.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), params(("id" = String, Path, description = "The browser")),
    responses((status = 204), (status = 404))
)]
#[delete("/api/v1/browsers/{id}")]
pub(super) async fn disconnect(
    app: web::Data<App>,
    shopper: Shopper,
    id: web::Path<TokenId>,
) -> HttpResult<HttpResponse> {
    browser_disconnect(&app, shopper.0, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
