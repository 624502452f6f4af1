//! A shopper's withdrawals and the destinations they go to.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::base::id::{MethodId, PayoutId};
use crate::base::{Secret, Timestamp};
use crate::db::methods::MethodRow;
use crate::db::payouts::{PayoutEventRow, PayoutFilter, PayoutRow};
use crate::domain::money::Amount;
use crate::domain::payout::typed::Typed;
use crate::domain::payout::{MethodKind, PayoutState, ReviewTopic};
use crate::http::caller::Shopper;
use crate::http::{ClientIp, HttpResult, Page, PageOf};
use crate::provider::{Entry, PayoutProvider};
use crate::service::limits::Limits;
use crate::service::payouts::cancel_payout::cancel_payout;
use crate::service::payouts::confirm_payout::{Confirmation, confirm_payout, takes_code};
use crate::service::payouts::look::{PayoutWithEvents, payout_with_events, payouts};
use crate::service::payouts::method_add::{NewMethod, method_add};
use crate::service::payouts::method_list::method_list;
use crate::service::payouts::method_remove::method_remove;
use crate::service::payouts::preview_payout::{Preview, preview_payout};
use crate::service::payouts::request_payout::PayoutRequest;
use crate::service::{App, ServiceError};

/// The shopper's routes of withdrawals.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(providers)
        .service(methods)
        .service(add_method)
        .service(remove_method)
        .service(list)
        .service(request)
        .service(preview)
        .service(get)
        .service(cancel);
}

/// A payout provider, as a shopper's browser has to know it.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Provider {
    /// Its name.
    #[schema(example = "sandbox")]
    pub name: String,
    /// The kinds of destinations that it pays to.
    pub kinds: Vec<MethodKind>,
    /// Those of them that are typed here.
    pub typed: Vec<MethodKind>,
    /// Those of them for which a browser gets a token at `tokenisation_url`.
    pub tokens: Vec<MethodKind>,
    /// Where the browser sends a card or wallet number, and gets a token back. Numbers are never sent to this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenisation_url: Option<String>,
    /// The bearer key for that address; no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The script of the provider's own form for cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget_script: Option<String>,
    /// Our account for that form; no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget_account: Option<String>,
}

impl Provider {
    fn of(provider: &dyn PayoutProvider) -> Self {
        let ways = provider.ways();
        let mut seen = Self {
            name: provider.name().to_owned(),
            kinds: ways.iter().map(|way| way.kind).collect(),
            typed: Vec::new(),
            tokens: Vec::new(),
            tokenisation_url: None,
            public_key: None,
            widget_script: None,
            widget_account: None,
        };
        for way in ways {
            match way.entry {
                Entry::Typed => seen.typed.push(way.kind),
                Entry::Tokens { url, public_key } => {
                    seen.tokens.push(way.kind);
                    (seen.tokenisation_url, seen.public_key) = (Some(url), Some(public_key));
                }
                Entry::Widget { script, account } => {
                    (seen.widget_script, seen.widget_account) = (Some(script), Some(account));
                }
            }
        }
        seen
    }

    /// The origin that browsers call for tokens.
    pub fn origin(&self) -> Option<String> {
        origin_of(self.tokenisation_url.as_deref()?)
    }
}

/// The origin of an address.
pub(in crate::http) fn origin_of(address: &str) -> Option<String> {
    Some(url::Url::parse(address).ok()?.origin().ascii_serialization())
}

/// A saved destination.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Method {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: MethodId,
    /// Who pays out to it.
    provider: String,
    /// What it is.
    kind: MethodKind,
    /// What people recognise it by.
    #[schema(example = "•••• 4242")]
    masked: String,
    /// When it was added.
    created_at: Timestamp,
    /// When it can be used.
    usable_from: Timestamp,
}

impl From<MethodRow> for Method {
    fn from(row: MethodRow) -> Self {
        let MethodRow { id, provider, kind, masked, created_at, usable_from, .. } = row;
        Self { id, provider, kind, masked, created_at, usable_from }
    }
}

/// A destination to be saved: a token, or what the kind is typed as.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MethodBody {
    /// The provider that gave the token. Not needed for what is typed.
    #[serde(default)]
    #[schema(example = "sandbox")]
    provider: String,
    /// What it is.
    kind: MethodKind,
    /// The provider's token for a card or a wallet; never a card number.
    #[schema(value_type = Option<String>)]
    token: Option<Secret>,
    /// What people recognise the card or wallet by.
    #[serde(default)]
    #[schema(example = "•••• 4242")]
    masked: String,
    /// For the other kinds, by name: `phone` and `bank_id` (sbp), `account` (yoomoney), `email` (paypal), `iban` and
    /// `name` (iban), `account`, `bik` and `name` (account).
    #[serde(default)]
    #[schema(value_type = Object)]
    destination: Typed,
}

/// A payout that is wanted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestBody {
    /// To where.
    #[schema(value_type = String, format = "uuid")]
    method: MethodId,
    /// How much, the fee included.
    amount: Amount,
    /// A code of the second factor, wanted where the account has one.
    #[serde(default)]
    code: String,
}

/// A payout.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct PayoutView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PayoutId,
    /// Where it stands.
    state: PayoutState,
    /// Why it failed or came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What was reserved, the fee included.
    amount: Amount,
    /// What of it stays here.
    fee: Amount,
    /// Whether it can still be called back.
    can_cancel: bool,
    /// Where it goes.
    #[schema(value_type = String, format = "uuid")]
    method: MethodId,
    /// What it is.
    kind: MethodKind,
    /// What people recognise the destination by.
    masked: String,
    /// When it was requested.
    requested_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<&PayoutRow> for PayoutView {
    fn from(row: &PayoutRow) -> Self {
        Self {
            id: row.id,
            state: row.state,
            reason: row.reason.clone(),
            amount: row.amount(),
            fee: row.fee(),
            can_cancel: row.state.can_cancel(),
            method: row.method_id,
            kind: row.kind,
            masked: row.masked.clone(),
            requested_at: row.requested_at,
            updated_at: row.updated_at,
        }
    }
}

/// A step in a payout's life.
#[derive(Serialize, utoipa::ToSchema)]
struct Step {
    /// When.
    at: Timestamp,
    /// Where it stood afterwards.
    state: PayoutState,
}

/// A payout with its history.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct PayoutDetail {
    /// The payout.
    #[serde(flatten)]
    payout: PayoutView,
    /// What happened to it, oldest first.
    events: Vec<Step>,
    /// What an operator looks at, or looked at, before it is sent.
    looked_at: Vec<ReviewTopic>,
}

impl From<PayoutWithEvents> for PayoutDetail {
    fn from(found: PayoutWithEvents) -> Self {
        let step = |event: PayoutEventRow| Step { at: event.at, state: event.state };
        let topics: BTreeSet<ReviewTopic> = found.reviews.iter().map(|review| review.rule.topic()).collect();
        Self {
            payout: PayoutView::from(&found.row),
            events: found.events.into_iter().map(step).collect(),
            looked_at: topics.into_iter().collect(),
        }
    }
}

/// Lists who pays out, and how a browser gets a token from each.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = [Provider])))]
#[get("/api/v1/payout-providers")]
async fn providers(app: web::Data<App>, _shopper: Shopper) -> web::Json<Vec<Provider>> {
    web::Json(providers_of(&app))
}

/// Who pays out.
pub(in crate::http) fn providers_of(app: &App) -> Vec<Provider> {
    app.providers.iter().map(|provider| Provider::of(provider.as_ref())).collect()
}

/// Lists the saved destinations.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = [Method])))]
#[get("/api/v1/payout-methods")]
async fn methods(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<Vec<Method>>> {
    let rows = method_list(&app, shopper.0).await?;
    Ok(web::Json(rows.into_iter().map(Method::from).collect()))
}

/// Saves a destination. It can be used once its cool-off is over.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = MethodBody,
    responses((status = 201, body = Method), (status = 422, description = "Not a token or not a destination: a card number, for example"))
)]
#[post("/api/v1/payout-methods")]
async fn add_method(app: web::Data<App>, shopper: Shopper, body: web::Json<MethodBody>) -> HttpResult<HttpResponse> {
    let MethodBody { provider, kind, token, masked, destination } = body.into_inner();
    let token = token.unwrap_or_else(|| Secret::new(""));
    let new = NewMethod { provider, kind, token, masked, typed: destination };
    let row = method_add(&app, shopper.0, new).await?;
    Ok(HttpResponse::Created().json(Method::from(row)))
}

/// Removes a destination. Payouts on their way to it go on.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), params(("id" = String, Path, description = "The destination")),
    responses((status = 204), (status = 404))
)]
#[delete("/api/v1/payout-methods/{id}")]
async fn remove_method(app: web::Data<App>, shopper: Shopper, id: web::Path<MethodId>) -> HttpResult<HttpResponse> {
    method_remove(&app, shopper.0, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the shopper's payouts, newest first.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<PayoutView>)))]
#[get("/api/v1/payouts")]
async fn list(
    app: web::Data<App>,
    shopper: Shopper,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<PayoutView>>> {
    let (limit, before) = (page.limit()?, page.key()?);
    let filter = PayoutFilter { shopper_id: Some(shopper.0), before, ..PayoutFilter::default() };
    let rows = payouts(&app, filter, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(|row| PayoutView::from(&row))))
}

/// Requests a payout. Repeating a request with its Idempotency-Key answers with the same payout. An account with a second factor
/// has to send a code of it (`code_needed`).
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = RequestBody,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for each payout")),
    responses(
        (status = 201, body = PayoutView),
        (status = 409, description = "The Idempotency-Key belongs to another request"),
        (status = 422, description = "A rule stands against it; code says which")
    )
)]
#[post("/api/v1/payouts")]
async fn request(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    shopper: Shopper,
    client: ClientIp,
    request: HttpRequest,
    body: web::Json<RequestBody>,
) -> HttpResult<HttpResponse> {
    limits.payouts.check(&shopper.0.to_string())?;
    let key = request.headers().get("idempotency-key").and_then(|value| value.to_str().ok());
    let key = key.ok_or_else(|| ServiceError::invalid("Idempotency-Key", "must be sent: a new one for each payout"))?;
    let wanted = PayoutRequest { shopper: shopper.0, method: body.method, amount: body.amount, key: key.to_owned() };
    let said = Confirmation { ip: client.0, code: body.into_inner().code };
    let requested = confirm_payout(&app, &limits, wanted, said).await?;
    let mut answer = HttpResponse::Created();
    if requested.replayed {
        answer.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(answer.json(PayoutView::from(&requested.row)))
}

/// What a payout would be.
#[derive(Serialize, utoipa::ToSchema)]
struct PayoutLook {
    /// To where.
    method: Method,
    /// What would be reserved, the fee included.
    amount: Amount,
    /// What would stay here.
    fee: Amount,
    /// What would arrive.
    net: Amount,
    /// An operator would look first.
    needs_review: bool,
    /// A code of the second factor is wanted with the request.
    takes_code: bool,
}

/// Tells what a payout would cost, or what stands against it; asks for nothing, and takes no key.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = RequestBody,
    responses((status = 200, body = PayoutLook), (status = 422, description = "A rule stands against it; code says which"))
)]
#[post("/api/v1/payouts/preview")]
async fn preview(
    app: web::Data<App>,
    shopper: Shopper,
    body: web::Json<RequestBody>,
) -> HttpResult<web::Json<PayoutLook>> {
    let (shopper, amount) = (shopper.0, body.amount);
    let told =
        preview_payout(&app, &PayoutRequest { shopper, method: body.method, amount, key: "-".to_owned() }).await?;
    let takes_code = takes_code(&app, shopper).await?;
    let Preview { method, fee, net, needs_review } = told;
    Ok(web::Json(PayoutLook { method: method.into(), amount, fee, net, needs_review, takes_code }))
}

/// Shows a payout with its history.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    responses((status = 200, body = PayoutDetail), (status = 404))
)]
#[get("/api/v1/payouts/{id}")]
async fn get(app: web::Data<App>, shopper: Shopper, id: web::Path<PayoutId>) -> HttpResult<web::Json<PayoutDetail>> {
    let found = payout_with_events(&app, id.into_inner(), Some(shopper.0)).await?;
    Ok(web::Json(PayoutDetail::from(found)))
}

/// Calls a payout back that was not sent yet.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    responses((status = 200, body = PayoutView), (status = 409, description = "It may have been sent already"))
)]
#[post("/api/v1/payouts/{id}/cancel")]
async fn cancel(app: web::Data<App>, shopper: Shopper, id: web::Path<PayoutId>) -> HttpResult<web::Json<PayoutView>> {
    let advanced = cancel_payout(&app, shopper.0, id.into_inner()).await?;
    Ok(web::Json(PayoutView::from(&advanced.row)))
}
