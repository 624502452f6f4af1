//! Outgoing webhooks: the endpoints of a partner, or of the operators, and what they were told.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::base::Timestamp;
use crate::base::id::{HookId, HookMessageId};
use crate::db::hooks::{HookMessageRow, HookRow};
use crate::domain::hook::{EventKind, HookState, MessageState, message_id};
use crate::http::caller::SignedIn;
use crate::http::{HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::hooks::{
    Made, NewHook, hook_add, hook_change, hook_get, hook_list, hook_messages, hook_remove, hook_resend, hook_rotate,
    hook_test,
};

/// The routes of this part.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(add)
        .service(get)
        .service(change)
        .service(remove)
        .service(rotate)
        .service(test)
        .service(messages)
        .service(resend);
}

/// An endpoint.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Hook {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: HookId,
    /// What people call it.
    name: String,
    /// Where to.
    url: String,
    /// What it is told.
    events: Vec<EventKind>,
    /// Whether it is sent to.
    state: HookState,
    /// Why it was switched off by itself: `unreached` or `gone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Since when it is in this state.
    since: Timestamp,
    /// How often in a row it could not be reached.
    failures: i64,
    /// When it took a message last.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
    /// Until when the secret before the present one signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<Timestamp>,
    /// When it was made.
    created_at: Timestamp,
}

impl Hook {
    pub fn of(row: HookRow) -> HttpResult<Self> {
        let events = row.kinds()?;
        let HookRow { id, name, url, state, reason, since, failures, delivered_at, old_until, created_at, .. } = row;
        Ok(Self {
            id,
            name,
            url,
            events,
            state,
            reason,
            since,
            failures,
            delivered_at,
            old_secret_until: old_until,
            created_at,
        })
    }
}

/// An endpoint with its secret, told this once.
#[derive(Serialize, utoipa::ToSchema)]
struct MadeHook {
    /// The endpoint.
    #[serde(flatten)]
    hook: Hook,
    /// `whsec_` and base64, as libraries of Standard Webhooks take it.
    secret: String,
}

fn made(made: Made) -> HttpResult<MadeHook> {
    Ok(MadeHook { secret: made.secret.expose().to_owned(), hook: Hook::of(made.row)? })
}

/// A message.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Message {
    /// Its id here.
    #[schema(value_type = String, format = "uuid")]
    id: HookMessageId,
    /// What it is sent as: `webhook-id`.
    webhook_id: String,
    /// What it tells.
    event: EventKind,
    /// Where it stands.
    state: MessageState,
    /// How often it was tried.
    attempts: i64,
    /// The status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// When it was made.
    created_at: Timestamp,
    /// When it was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    tried_at: Option<Timestamp>,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
    /// The body, as it is sent.
    body: String,
}

impl From<HookMessageRow> for Message {
    fn from(row: HookMessageRow) -> Self {
        Self {
            id: row.id,
            webhook_id: message_id(&row.id.reference()),
            event: row.kind,
            state: row.state,
            attempts: row.attempts,
            status: row.status,
            problem: row.said,
            created_at: row.created_at,
            tried_at: row.tried_at,
            next_at: (row.state == MessageState::Waiting).then_some(row.next_at),
            body: row.body,
        }
    }
}

/// An endpoint that is wanted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBody {
    /// What people call it, 1 to 100 characters.
    name: String,
    /// Where to: https, a public address.
    #[schema(example = "https://shop.example/webhooks/kopilka")]
    url: String,
    /// What it is told; a partner is not told of withdrawals.
    events: Vec<EventKind>,
}

/// What is to be changed; what is absent stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    /// What people call it.
    name: Option<String>,
    /// Where to.
    url: Option<String>,
    /// What it is told.
    events: Option<Vec<EventKind>>,
    /// Switches it on, which sends all that waited, or off.
    on: Option<bool>,
}

/// A new secret.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    /// How long the secret before it signs too, 0 to 720 hours.
    #[serde(default = "a_day")]
    keep_hours: u32,
}

const fn a_day() -> u32 {
    24
}

/// Lists the asker's endpoints, oldest first.
#[utoipa::path(tag = "account", security(("bearer" = [])), responses((status = 200, body = PageOf<Hook>)))]
#[get("/api/v1/webhooks")]
async fn list(app: web::Data<App>, caller: SignedIn) -> HttpResult<web::Json<PageOf<Hook>>> {
    let rows = hook_list(&app, &caller.0.actor).await?;
    let items = rows.into_iter().map(Hook::of).collect::<HttpResult<Vec<_>>>()?;
    Ok(web::Json(PageOf { items, next: None }))
}

/// Makes an endpoint. A partner's is told of its own clicks, orders, claims and payments; an operators' of everything, and needs
/// the permission `catalogue`.
#[utoipa::path(tag = "account", security(("bearer" = [])), request_body = NewBody, responses((status = 201, body = MadeHook)))]
#[post("/api/v1/webhooks")]
async fn add(app: web::Data<App>, caller: SignedIn, body: web::Json<NewBody>) -> HttpResult<HttpResponse> {
    let NewBody { name, url, events } = body.into_inner();
    let wanted = NewHook { name: Some(name), url: Some(url), events: Some(events), on: None };
    Ok(HttpResponse::Created().json(made(hook_add(&app, &caller.0.actor, wanted).await?)?))
}

/// One endpoint.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The endpoint")), responses((status = 200, body = Hook)))]
#[get("/api/v1/webhooks/{id}")]
async fn get(app: web::Data<App>, caller: SignedIn, id: web::Path<HookId>) -> HttpResult<web::Json<Hook>> {
    Ok(web::Json(Hook::of(hook_get(&app, &caller.0.actor, id.into_inner()).await?)?))
}

/// Changes an endpoint, or switches it on or off.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The endpoint")), request_body = ChangeBody, responses((status = 200, body = Hook)))]
#[patch("/api/v1/webhooks/{id}")]
async fn change(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<HookId>,
    body: web::Json<ChangeBody>,
) -> HttpResult<web::Json<Hook>> {
    let ChangeBody { name, url, events, on } = body.into_inner();
    let wanted = NewHook { name, url, events, on };
    Ok(web::Json(Hook::of(hook_change(&app, &caller.0.actor, id.into_inner(), wanted).await?)?))
}

/// Removes an endpoint with all that waits for it.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The endpoint")), responses((status = 204)))]
#[delete("/api/v1/webhooks/{id}")]
async fn remove(app: web::Data<App>, caller: SignedIn, id: web::Path<HookId>) -> HttpResult<HttpResponse> {
    hook_remove(&app, &caller.0.actor, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives an endpoint a new secret; both sign for a while.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The endpoint")), request_body = RotateBody, responses((status = 201, body = MadeHook)))]
#[post("/api/v1/webhooks/{id}/secret")]
async fn rotate(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<HookId>,
    body: web::Json<RotateBody>,
) -> HttpResult<HttpResponse> {
    let rotated = hook_rotate(&app, &caller.0.actor, id.into_inner(), body.keep_hours).await?;
    Ok(HttpResponse::Created().json(made(rotated)?))
}

/// Sends an endpoint a message that says nothing.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The endpoint")), responses((status = 202, body = Message)))]
#[post("/api/v1/webhooks/{id}/test")]
async fn test(app: web::Data<App>, caller: SignedIn, id: web::Path<HookId>) -> HttpResult<HttpResponse> {
    let row = hook_test(&app, &caller.0.actor, id.into_inner()).await?;
    Ok(HttpResponse::Accepted().json(Message::from(row)))
}

/// Lists what an endpoint was told, newest first. Messages are kept for 30 days.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The endpoint"), Page), responses((status = 200, body = PageOf<Message>)))]
#[get("/api/v1/webhooks/{id}/messages")]
async fn messages(
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<HookId>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<Message>>> {
    let limit = page.limit()?;
    let rows = hook_messages(&app, &caller.0.actor, id.into_inner(), page.key()?, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(Message::from)))
}

/// Has a message sent again: the same id, the same bytes.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The endpoint"),
        ("message" = String, Path, description = "The message"),
    ),
    responses((status = 202))
)]
#[post("/api/v1/webhooks/{id}/messages/{message}/resend")]
async fn resend(
    app: web::Data<App>,
    caller: SignedIn,
    path: web::Path<(HookId, HookMessageId)>,
) -> HttpResult<HttpResponse> {
    let (id, message) = path.into_inner();
    hook_resend(&app, &caller.0.actor, id, message).await?;
    Ok(HttpResponse::Accepted().finish())
}
