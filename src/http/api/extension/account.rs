//! A browser's way in and out, and what it shows of the account.

use actix_web::http::header::{CACHE_CONTROL, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::id::ConversionId;
use crate::base::{Secret, Timestamp};
use crate::domain::browser::browser_name;
use crate::domain::conversion::State;
use crate::domain::money::{Amount, Currency};
use crate::http::caller::Extension;
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::extension::{browser_disconnect, connect_exchange, summary as read};
use crate::service::limits::Limits;

/// What the page `/extension/connected` left in its address, and what the browser alone knows.
#[derive(Deserialize, ToSchema)]
#[schema(as = ExtensionCode)]
#[serde(deny_unknown_fields)]
struct Code {
    /// The code.
    #[schema(value_type = String)]
    code: Secret,
    /// The text whose SHA-256 (base64url) was the challenge.
    verifier: String,
}

/// A browser that was let in.
#[derive(Serialize, ToSchema)]
#[schema(as = ExtensionToken)]
struct Token {
    /// Send it as `Authorization: Bearer …`. It opens the extension's routes alone.
    token: String,
    /// Whose account it is.
    shopper: ShopperShown,
    /// Null: it stays until it is ended, here or on the site.
    expires_at: Option<Timestamp>,
}

/// As much of a shopper as a browser is told.
#[derive(Serialize, ToSchema)]
struct ShopperShown {
    /// The address with most of it hidden.
    #[schema(example = "a…a@example.com")]
    email_masked: String,
}

/// Exchanges a code for the extension's token. The code is good for two minutes and for one try.
#[utoipa::path(tag = "extension", request_body = Code, responses((status = 201, body = Token), (status = 422), (status = 429)))]
#[post("/api/v1/extension/token")]
pub(super) async fn connect(
    request: HttpRequest,
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<Code>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let connected = connect_exchange(&app, &body.code, &body.verifier, &browser_name(agent)).await?;
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(Token {
        token: connected.token.expose().to_owned(),
        shopper: ShopperShown { email_masked: connected.email_masked },
        expires_at: None,
    }))
}

/// Ends the token that this request came with.
#[utoipa::path(tag = "extension", security(("bearer" = [])), responses((status = 204)))]
#[delete("/api/v1/extension/token")]
pub(super) async fn disconnect(app: web::Data<App>, caller: Extension) -> HttpResult<HttpResponse> {
    browser_disconnect(&app, caller.shopper, caller.token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The account at a glance.
#[derive(Serialize, ToSchema)]
struct Summary {
    /// By currency.
    balances: Vec<BalanceLine>,
    /// The last five orders, newest first.
    orders: Vec<OrderLine>,
}

/// What there is of one currency.
#[derive(Serialize, ToSchema)]
struct BalanceLine {
    /// The currency.
    #[schema(value_type = String, example = "RUB")]
    currency: Currency,
    /// Reported, not confirmed.
    pending: Amount,
    /// Confirmed, in hold.
    confirmed: Amount,
    /// May be withdrawn.
    available: Amount,
    /// Reserved for payouts under way.
    in_payout: Amount,
    /// What is owed, as a positive number.
    debt: Amount,
}

/// An order.
#[derive(Serialize, ToSchema)]
struct OrderLine {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ConversionId,
    /// The store's slug.
    store: Option<String>,
    /// Where it stands.
    state: State,
    /// The cashback.
    cashback: Amount,
    /// When the order was made.
    at: Timestamp,
    /// Its page on the site.
    url: String,
}

/// Tells the balances and the last orders of whoever the browser belongs to.
#[utoipa::path(tag = "extension", security(("bearer" = [])), responses((status = 200, body = Summary)))]
#[get("/api/v1/extension/summary")]
pub(super) async fn summary(app: web::Data<App>, caller: Extension) -> HttpResult<HttpResponse> {
    let (found, known) = (read(&app, caller.shopper).await?, app.catalogue.snapshot());
    let balances = found.balances.into_iter().map(|(currency, has)| {
        let amount = |minor| Amount::new(minor, currency);
        BalanceLine {
            currency,
            pending: amount(has.pending),
            confirmed: amount(has.confirmed),
            available: amount(has.available),
            in_payout: amount(has.in_payout),
            debt: amount(has.debt),
        }
    });
    let orders = found.orders.into_iter().map(|order| OrderLine {
        id: order.id,
        store: known.store(order.store_id).map(|store| store.row.slug.clone()),
        state: order.state,
        cashback: order.cashback,
        at: order.occurred_at,
        url: app.public_url(&format!("/orders/{}", order.id)),
    });
    let told = Summary { balances: balances.collect(), orders: orders.collect() };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(told))
}
