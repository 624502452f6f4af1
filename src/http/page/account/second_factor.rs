//! The second factor: asked for at the door, and turned on and off. For whoever signs in with a password.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, web};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::sign_in::{Next, door_to, let_in, local};
use crate::base::Secret;
use crate::http::caller::is_https;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, FactorOffer, Session};
use crate::service::limits::Limits;
use crate::service::{App, ServiceError};

const DOOR: &str = "sign_in_code.html";
const TEMPLATE: &str = "factor.html";
/// Carries the first half of a session to the page that asks for the code.
const COOKIE: &str = "kopilka_half";

/// The cookie of a session that waits for its code. Only the page that asks for it gets it.
pub(super) fn half_cookie(app: &App, session: &Session) -> Cookie<'static> {
    let mut cookie = cookie(app, session.token.expose().to_owned());
    cookie.set_max_age(Duration::minutes(10));
    cookie
}

fn cookie(app: &App, value: String) -> Cookie<'static> {
    let bare = Cookie::build(COOKIE, value).path("/sign-in/code").http_only(true);
    bare.secure(is_https(app)).same_site(SameSite::Strict).finish()
}

/// Asks for the code.
pub(in crate::http::page) async fn ask(visitor: Visitor, query: web::Query<Next>) -> PageResult {
    let next = local(query.next.as_deref().unwrap_or("/"));
    visitor.page(DOOR, context! { next => next })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Code {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// Lets in with the code.
pub(in crate::http::page) async fn enter(
    visitor: Visitor,
    request: HttpRequest,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Code>,
) -> PageResult {
    let next = local(&form.next);
    let done = async {
        limits.code(client.0)?;
        let half = request.cookie(COOKIE).map(|cookie| Secret::new(cookie.value()));
        let half = half.unwrap_or_else(|| Secret::new(""));
        accounts::sign_in_code(&visitor.app, &limits, &half, &form.code).await.map_err(HttpError::from)
    };
    match done.await {
        Ok(session) => {
            let mut over = cookie(&visitor.app, String::new());
            over.make_removal();
            Ok(let_in(&visitor, next, &session).await?.cookie(over).finish())
        }
        // Too late, or tried too often: from the beginning.
        Err(HttpError::Service(ServiceError::Refused { code: accounts::CODE_OVER, .. })) => {
            Ok(visitor.go_saying(door_to(next), "code-over").finish())
        }
        Err(error) => visitor.again(DOOR, Fields::default(), error, context! { next => next }),
    }
}

fn shown(offer: &FactorOffer) -> Value {
    let (secret, uri) = (offer.secret.expose(), offer.uri.expose());
    context! { secret => secret, uri => uri, picture => offer.picture.expose() }
}

async fn values(visitor: &Visitor, codes: &[Secret]) -> HttpResult<Value> {
    let caller = visitor.signed_in()?;
    let state = accounts::factor_state(&visitor.app, &caller.actor).await?;
    let offer = match state.on {
        true => None,
        false => accounts::factor_offer(&visitor.app, caller).await?,
    };
    let codes: Vec<&str> = codes.iter().map(Secret::expose).collect();
    let offer = offer.as_ref().map(shown);
    Ok(context! { on => state.on, left => state.recovery_codes, offer => offer, codes => of(codes), failed => "" })
}

async fn again(visitor: &Visitor, failed: &'static str, error: HttpError) -> PageResult {
    let values = values(visitor, &[]).await?;
    visitor.again(TEMPLATE, Fields::default(), error, context! { failed => failed, ..values })
}

/// Whether codes are asked for, and how to turn that on or off.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor, &[]).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    code: String,
    password: Option<Secret>,
}

/// Makes a secret, or takes its first code: then the recovery codes are shown, this once.
pub(in crate::http::page) async fn on(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let caller = visitor.signed_in()?;
    limits.code(client.0)?;
    if let Some(password) = &form.password {
        return match accounts::factor_begin(&visitor.app, &limits, caller, password).await {
            Ok(_offer) => Ok(visitor.go("/account/factor").finish()),
            Err(error) => again(&visitor, "on", error.into()).await,
        };
    }
    match accounts::factor_confirm(&visitor.app, &limits, caller, &form.code).await {
        Ok(codes) => {
            let values = values(&visitor, &codes).await?;
            visitor.page(TEMPLATE, values)
        }
        Err(error) => again(&visitor, "confirm", error.into()).await,
    }
}

/// Turns it off.
pub(in crate::http::page) async fn off(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    limits.code(client.0)?;
    let password = form.password.clone().unwrap_or_else(|| Secret::new(""));
    match accounts::factor_off(&visitor.app, &limits, visitor.signed_in()?, &password, &form.code).await {
        Ok(()) => Ok(visitor.go_saying("/account/factor", "factor-off").finish()),
        Err(error) => again(&visitor, "off", error.into()).await,
    }
}
