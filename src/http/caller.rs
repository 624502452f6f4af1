//! Who is asking: taken out of `Authorization: Bearer …` or of the session cookie, once a handler asks for it.
//!
//! A cookie goes along with whatever a browser sends, also when another site made it send; so a request that changes
//! something and has only a cookie must come from our own pages.

use std::future::Future;
use std::pin::Pin;

use actix_web::cookie::time::OffsetDateTime;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HOST, ORIGIN};
use actix_web::{FromRequest, HttpRequest, web};
use url::Url;

use super::error::{HttpError, HttpResult};
use crate::base::Secret;
use crate::base::id::{OperatorId, PartnerId, PersonId, ShopperId, TokenId};
use crate::domain::access::{Actor, Permission, Role, TokenKind};
use crate::service::accounts::{Caller, Session, authenticate, require};
use crate::service::extension::extension_authenticate;
use crate::service::{App, ServiceError};

type Later<T> = Pin<Box<dyn Future<Output = HttpResult<T>>>>;

/// Whoever is signed in, with the token that says so. 401 to others.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

/// Whoever it is: `None` without any token. A token that is not valid is still a 401.
#[derive(Debug, Clone)]
pub struct Anyone(pub Option<Caller>);

/// A signed-in shopper; 403 to partners and operators.
#[derive(Debug, Clone, Copy)]
pub struct Shopper(pub ShopperId);

/// A partner's program, or somebody who acts for it; 403 to shoppers and operators.
#[derive(Debug, Clone, Copy)]
pub struct PartnerActor(pub PartnerId, Option<PersonId>);

impl PartnerActor {
    /// The asker as services know it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.1.map_or(Actor::Partner(self.0), |person| Actor::Person(person, self.0))
    }
}

/// Somebody who acts for a partner, in a session; 403 to all others, the partner's programs too. What opens doors to others
/// (secrets, tokens, colleagues) is for people: a token that leaks makes no others.
#[derive(Debug, Clone)]
pub struct PartnerPerson {
    /// The partner.
    pub partner: PartnerId,
    /// Who it is, and by which session.
    pub caller: Caller,
}

impl FromRequest for PartnerPerson {
    type Error = HttpError;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async move {
            let caller = signed_in.await?.0;
            match (&caller.actor, caller.kind) {
                (Actor::Person(_, partner), TokenKind::Session) => Ok(Self { partner: *partner, caller }),
                (_, _) => forbidden(),
            }
        })
    }
}

/// A signed-in operator; 403 to shoppers and partners. Ask [`Operator::require`] before acting.
#[derive(Debug, Clone, Copy)]
pub struct Operator {
    /// Its id.
    pub id: OperatorId,
    /// What it is trusted with.
    pub role: Role,
}

impl Operator {
    /// The operator as services know it.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::Operator(self.id, self.role)
    }

    /// Goes on only with a permission.
    ///
    /// # Errors
    /// A 403 without it.
    pub fn require(&self, permission: Permission) -> HttpResult<()> {
        Ok(require(&self.actor(), permission)?)
    }
}

impl FromRequest for Anyone {
    type Error = HttpError;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { caller(&request).await.map(Self) })
    }
}

impl FromRequest for SignedIn {
    type Error = HttpError;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let caller = caller(&request).await?;
            caller.map(Self).ok_or(HttpError::Service(ServiceError::Unauthenticated))
        })
    }
}

/// An extractor that is one kind of actor.
macro_rules! one_kind {
    ($type:ty, $($actor:pat => $value:expr),+) => {
        impl FromRequest for $type {
            type Error = HttpError;
            type Future = Later<Self>;

            fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                let signed_in = SignedIn::from_request(request, payload);
                Box::pin(async move {
                    match signed_in.await?.0.actor {
                        $($actor => $value),+
                    }
                })
            }
        }
    };
}

fn forbidden<T>() -> HttpResult<T> {
    Err(HttpError::Service(ServiceError::Forbidden))
}

one_kind!(Shopper,
    Actor::Shopper(id) => Ok(Self(id)),
    Actor::Partner(_) | Actor::Person(..) | Actor::Operator(..) | Actor::Console => forbidden());
one_kind!(PartnerActor,
    Actor::Partner(id) => Ok(Self(id, None)),
    Actor::Person(person, id) => Ok(Self(id, Some(person))),
    Actor::Shopper(_) | Actor::Operator(..) | Actor::Console => forbidden());
one_kind!(Operator,
    Actor::Operator(id, role) => Ok(Self { id, role }),
    Actor::Shopper(_) | Actor::Partner(_) | Actor::Person(..) | Actor::Console => forbidden());

/// Who sent a request.
///
/// # Errors
/// A 401 for a token that is not valid; a 403 for a change that does not come from our pages.
pub(super) async fn caller(request: &HttpRequest) -> HttpResult<Option<Caller>> {
    let app = app_of(request)?;
    let Some(token) = token(request, app)? else { return Ok(None) };
    let caller = authenticate(app, token.expose()).await?;
    // Its token opens what takes an `Extension`, and nothing else.
    if caller.kind == TokenKind::Extension { forbidden() } else { Ok(Some(caller)) }
}

/// The extension in a shopper's browser. Its token comes as `Authorization: Bearer …` alone; 403 to all others.
#[derive(Debug, Clone, Copy)]
pub struct Extension {
    /// Whose browser it is.
    pub shopper: ShopperId,
    /// By which token.
    pub token: TokenId,
}

impl FromRequest for Extension {
    type Error = HttpError;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = app_of(&request)?;
            let token = bearer(&request)?.ok_or(ServiceError::Unauthenticated)?;
            let (shopper, token) = extension_authenticate(app, token.expose()).await?;
            Ok(Self { shopper, token })
        })
    }
}

fn app_of(request: &HttpRequest) -> HttpResult<&web::Data<App>> {
    let app = request.app_data::<web::Data<App>>();
    Ok(app.ok_or_else(|| ServiceError::Internal("the server has no application".to_owned()))?)
}

fn bearer(request: &HttpRequest) -> HttpResult<Option<Secret>> {
    let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(None) };
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
        return Ok(Some(Secret::new(token.trim())));
    }
    Err(ServiceError::Unauthenticated.into())
}

fn token(request: &HttpRequest, app: &App) -> HttpResult<Option<Secret>> {
    if let Some(token) = bearer(request)? {
        return Ok(Some(token));
    }
    let Some(cookie) = request.cookie(cookie_name(app)) else { return Ok(None) };
    if !request.method().is_safe() && !from_our_pages(request, app) {
        return forbidden();
    }
    Ok(Some(Secret::new(cookie.value())))
}

/// What the browser itself says about where a request comes from: `Sec-Fetch-Site`, or `Origin` in those that do not
/// send it. Without either, nothing vouches for the request.
pub(super) fn from_our_pages(request: &HttpRequest, app: &App) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = header(ORIGIN.as_str()).and_then(|text| Url::parse(text).ok()) else { return false };
    let same_host = origin.host_str().zip(header(HOST.as_str())).is_some_and(|(host, ours)| {
        let with_port = origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        with_port.eq_ignore_ascii_case(ours)
    });
    same_host || origin.origin() == app.config.public_url.origin()
}

pub(super) fn is_https(app: &App) -> bool {
    app.config.public_url.scheme() == "https"
}

/// `__Host-` makes browsers refuse a cookie that is not Secure, not for the whole host, or set by a subdomain.
fn cookie_name(app: &App) -> &'static str {
    if is_https(app) { "__Host-kopilka" } else { "kopilka" }
}

/// The cookie that carries a fresh session.
#[must_use]
pub fn session_cookie(app: &App, session: &Session) -> Cookie<'static> {
    let mut cookie = bare_cookie(app, session.token.expose().to_owned());
    if let Ok(end) = OffsetDateTime::from_unix_timestamp(session.expires_at.seconds()) {
        cookie.set_expires(end);
    }
    cookie
}

/// The cookie that takes a session out of the browser.
#[must_use]
pub fn ended_cookie(app: &App) -> Cookie<'static> {
    let mut cookie = bare_cookie(app, String::new());
    cookie.make_removal();
    cookie
}

fn bare_cookie(app: &App, value: String) -> Cookie<'static> {
    Cookie::build(cookie_name(app), value)
        .path("/")
        .http_only(true)
        .secure(is_https(app))
        .same_site(SameSite::Lax)
        .finish()
}
