//! How a partner's integration stands, its secrets and its programs' tokens.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};

use super::known;
use crate::base::Timestamp;
use crate::base::id::{PartnerId, TokenId};
use crate::db::partners::partner_secret_list;
use crate::domain::partner::{PartnerSettings, Status};
use crate::http::api::account::tokens::{FreshToken, NewToken, Token, fresh};
use crate::http::api::operator::partners::{SecretMade, secret_made};
use crate::http::caller::{PartnerActor, PartnerPerson};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::accounts;
use crate::service::desk::overview::{Overview, overview as look};
use crate::service::limits::Limits;
use crate::service::partners::{partner_secret_rotate, postback_address};

/// Tells how the partner's integration and its money stand: the checklist that real calls tick off, what is owed, the
/// application.
#[utoipa::path(tag = "partner", security(("bearer" = [])), responses((status = 200, body = Overview)))]
#[get("/api/v1/partner")]
pub(super) async fn overview(app: web::Data<App>, partner: PartnerActor) -> HttpResult<web::Json<Overview>> {
    Ok(web::Json(look(&app, &*known(&app, partner.0)?).await?))
}

/// A secret without the secret.
#[derive(Serialize, utoipa::ToSchema)]
struct SecretView {
    /// When it was made.
    created_at: Timestamp,
    /// Until when it is accepted; absent for the one of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// What calls need to be taken.
#[derive(Serialize, utoipa::ToSchema)]
struct SettingsView {
    /// The partner's id.
    #[schema(value_type = String, format = "uuid")]
    id: PartnerId,
    /// Its name in URLs.
    slug: String,
    /// Its name for people.
    name: String,
    /// Active, or paused: then its calls are refused.
    status: Status,
    /// The format of its calls.
    adapter: String,
    /// What people call the network.
    title: Option<String>,
    /// What to know of the format.
    notes: Vec<String>,
    /// How calls are authenticated.
    auth: Option<String>,
    /// Where calls go to.
    postback_url: String,
    /// The same as the format's example, with SECRET where the secret stands.
    example: Option<String>,
    /// What an operator set: currency, time zone, limits.
    settings: PartnerSettings,
    /// The secrets that are accepted, newest first.
    secrets: Vec<SecretView>,
}

/// Tells where the partner's calls go and how they are read.
#[utoipa::path(tag = "partner", security(("bearer" = [])), responses((status = 200, body = SettingsView)))]
#[get("/api/v1/partner/settings")]
pub(super) async fn settings(app: web::Data<App>, partner: PartnerActor) -> HttpResult<web::Json<SettingsView>> {
    let (partner, now) = (known(&app, partner.0)?, app.clock.now());
    let id = partner.row.id;
    let secrets = app.db.read(move |conn| partner_secret_list(conn, id, now).map_err(HttpError::from)).await?;
    let secrets = secrets.into_iter().map(|row| SecretView { created_at: row.created_at, until: row.retired_at });
    let adapter = partner.adapter.as_ref().ok();
    let postback_url = app.public_url(&format!("/postback/{}", partner.row.slug));
    Ok(web::Json(SettingsView {
        id,
        slug: partner.row.slug.clone(),
        name: partner.row.name.clone(),
        status: partner.row.status,
        adapter: partner.row.adapter.clone(),
        title: adapter.and_then(|adapter| adapter.about().title.clone()),
        notes: adapter.map(|adapter| adapter.about().notes.clone()).unwrap_or_default(),
        auth: adapter.map(|adapter| adapter.auth_kind()),
        example: adapter.and_then(|adapter| postback_address(adapter, &postback_url, "SECRET")),
        postback_url,
        settings: partner.settings.clone(),
        secrets: secrets.collect(),
    }))
}

/// A new secret.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnSecret {
    /// For how many hours the older ones are still accepted, 0 to 720.
    #[serde(default = "crate::http::api::operator::partners::a_day")]
    #[schema(default = 24, maximum = 720)]
    keep_hours: u32,
}

/// Gives the partner a new secret, told only in this answer. For its people, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), request_body = OwnSecret, responses((status = 201, body = SecretMade)))]
#[post("/api/v1/partner/secrets")]
pub(super) async fn rotate(
    app: web::Data<App>,
    person: PartnerPerson,
    body: web::Json<OwnSecret>,
) -> HttpResult<HttpResponse> {
    let made = partner_secret_rotate(&app, &person.caller.actor, person.partner, None, body.keep_hours).await?;
    Ok(secret_made(made))
}

/// Lists the API tokens of the partner's programs, newest first. For its people, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<Token>)))]
#[get("/api/v1/partner/tokens")]
pub(super) async fn tokens(
    app: web::Data<App>,
    person: PartnerPerson,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<Token>>> {
    let limit = page.limit()?;
    let (actor, partner) = (&person.caller.actor, person.partner);
    let rows = accounts::partner_token_list(&app, actor, partner, page.key()?, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(Token::from)))
}

/// Makes an API token for the partner's programs. For its people, in a session, with a code where they have a second factor.
#[utoipa::path(tag = "partner", security(("bearer" = [])), request_body = NewToken, responses((status = 201, body = FreshToken), (status = 422, description = "`code_needed`, `wrong_code`")))]
#[post("/api/v1/partner/tokens")]
pub(super) async fn create_token(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    person: PartnerPerson,
    body: web::Json<NewToken>,
) -> HttpResult<HttpResponse> {
    let (actor, wanted) = (&person.caller.actor, body.into_inner().into());
    Ok(fresh(accounts::partner_token_create(&app, &limits, actor, person.partner, wanted).await?))
}

/// Ends an API token of the partner's programs. For its people, in a session.
#[utoipa::path(
    tag = "partner", security(("bearer" = [])), params(("id" = String, Path, description = "The token")),
    responses((status = 204), (status = 404))
)]
#[delete("/api/v1/partner/tokens/{id}")]
pub(super) async fn revoke_token(
    app: web::Data<App>,
    person: PartnerPerson,
    id: web::Path<TokenId>,
) -> HttpResult<HttpResponse> {
    accounts::partner_token_revoke(&app, &person.caller.actor, person.partner, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
