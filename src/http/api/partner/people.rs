//! The people who act for a partner: for its own people, and for operators.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{PartnerId, PersonId};
use crate::db::people::{PersonRow, person_list};
use crate::domain::access::{AccountStatus, Actor, Permission};
use crate::domain::reason::Language;
use crate::http::caller::{Operator, PartnerPerson};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::accounts::{self, NewPerson};

/// Somebody who acts for a partner.
#[derive(Serialize, utoipa::ToSchema)]
struct PersonView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PersonId,
    /// Its address.
    email: String,
    /// Its name.
    name: String,
    /// Whether it may sign in.
    status: AccountStatus,
    /// When the address was confirmed; absent for somebody who was invited and has set no password yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_confirmed_at: Option<Timestamp>,
    /// When the account was made.
    created_at: Timestamp,
}

impl From<PersonRow> for PersonView {
    fn from(row: PersonRow) -> Self {
        let PersonRow { id, email, name, status, email_confirmed_at, created_at, .. } = row;
        Self { id, email, name, status, email_confirmed_at, created_at }
    }
}

/// Who is to act for the partner.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Invited {
    /// Where the letter goes.
    #[schema(example = "max@lamps.example")]
    email: String,
    /// How colleagues see it, 1 to 100 characters.
    #[schema(example = "Max")]
    name: String,
    /// The language to write in; the server's when absent.
    language: Option<Language>,
}

async fn people(app: &App, partner: PartnerId, page: &Page) -> HttpResult<web::Json<PageOf<PersonView>>> {
    let (limit, after) = (page.limit()?, page.key()?);
    let rows = app.db.read(move |conn| person_list(conn, partner, after, limit + 1).map_err(HttpError::from)).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(PersonView::from)))
}

async fn invite_to(app: &App, actor: &Actor, partner: PartnerId, body: Invited) -> HttpResult<HttpResponse> {
    let Invited { email, name, language } = body;
    let wanted = NewPerson { partner, email, name, language: language.unwrap_or(app.config.language) };
    let row = accounts::person_invite(app, actor, wanted).await?;
    Ok(HttpResponse::Created().json(PersonView::from(row)))
}

async fn set_status(
    app: &App,
    actor: &Actor,
    (partner, person): (PartnerId, PersonId),
    to: AccountStatus,
) -> HttpResult<HttpResponse> {
    accounts::person_set_status(app, actor, partner, person, to).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the people who act for the partner, oldest first. For themselves, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<PersonView>)))]
#[get("/api/v1/partner/people")]
pub(super) async fn list(
    app: web::Data<App>,
    person: PartnerPerson,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<PersonView>>> {
    people(&app, person.partner, &page).await
}

/// Invites a colleague: the letter's code sets the first password, by `POST /api/v1/shopper/new-password`. For the partner's
/// people, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), request_body = Invited, responses((status = 201, body = PersonView), (status = 409), (status = 422)))]
#[post("/api/v1/partner/people")]
pub(super) async fn invite(
    app: web::Data<App>,
    person: PartnerPerson,
    body: web::Json<Invited>,
) -> HttpResult<HttpResponse> {
    invite_to(&app, &person.caller.actor, person.partner, body.into_inner()).await
}

/// Shuts a colleague out: all sessions and tokens end. For the partner's people, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path, description = "The colleague")), responses((status = 204), (status = 404), (status = 409)))]
#[post("/api/v1/partner/people/{id}/block")]
pub(super) async fn block(
    app: web::Data<App>,
    person: PartnerPerson,
    id: web::Path<PersonId>,
) -> HttpResult<HttpResponse> {
    set_status(&app, &person.caller.actor, (person.partner, id.into_inner()), AccountStatus::Blocked).await
}

/// Lets a colleague in again. For the partner's people, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path, description = "The colleague")), responses((status = 204), (status = 404), (status = 409)))]
#[post("/api/v1/partner/people/{id}/unblock")]
pub(super) async fn unblock(
    app: web::Data<App>,
    person: PartnerPerson,
    id: web::Path<PersonId>,
) -> HttpResult<HttpResponse> {
    set_status(&app, &person.caller.actor, (person.partner, id.into_inner()), AccountStatus::Active).await
}

/// Lists the people who act for a partner, oldest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner"), Page), responses((status = 200, body = PageOf<PersonView>)))]
#[get("/api/v1/operator/partners/{id}/people")]
pub(in crate::http::api) async fn operator_list(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<PersonView>>> {
    operator.require(Permission::Look)?;
    people(&app, id.into_inner(), &page).await
}

/// Invites somebody to act for a partner. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner")), request_body = Invited, responses((status = 201, body = PersonView), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/operator/partners/{id}/people")]
pub(in crate::http::api) async fn operator_invite(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
    body: web::Json<Invited>,
) -> HttpResult<HttpResponse> {
    invite_to(&app, &operator.actor(), id.into_inner(), body.into_inner()).await
}

/// Shuts out one of a partner's people. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner"), ("person" = String, Path, description = "Who")), responses((status = 204), (status = 404), (status = 409)))]
#[post("/api/v1/operator/partners/{id}/people/{person}/block")]
pub(in crate::http::api) async fn operator_block(
    app: web::Data<App>,
    operator: Operator,
    path: web::Path<(PartnerId, PersonId)>,
) -> HttpResult<HttpResponse> {
    set_status(&app, &operator.actor(), path.into_inner(), AccountStatus::Blocked).await
}

/// Lets one of a partner's people in again. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner"), ("person" = String, Path, description = "Who")), responses((status = 204), (status = 404), (status = 409)))]
#[post("/api/v1/operator/partners/{id}/people/{person}/unblock")]
pub(in crate::http::api) async fn operator_unblock(
    app: web::Data<App>,
    operator: Operator,
    path: web::Path<(PartnerId, PersonId)>,
) -> HttpResult<HttpResponse> {
    set_status(&app, &operator.actor(), path.into_inner(), AccountStatus::Active).await
}
