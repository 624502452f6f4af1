//! Signing in and out.

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use minijinja::context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::second_factor::half_cookie;
use crate::base::Secret;
use crate::db::tokens::Owner;
use crate::domain::access::TokenKind;
use crate::http::caller::{ended_cookie, session_cookie};
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, Session};
use crate::service::limits::Limits;

/// Where to go afterwards.
#[derive(Deserialize)]
pub(in crate::http::page) struct Next {
    pub next: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    pub email: String,
    pub password: Secret,
    #[serde(default)]
    pub next: String,
}

/// A path of ours: anything else would send a visitor elsewhere in our name. Browsers drop tabs and line ends from an
/// address, and read a backslash as a slash.
pub(in crate::http::page) fn local(next: &str) -> &str {
    let odd = |c: char| c.is_control() || c == '\\';
    if next.starts_with('/') && !next.starts_with("//") && !next.contains(odd) { next } else { "/" }
}

/// Where the owner of an account signs in.
pub(in crate::http::page) const fn door_of(owner: Owner) -> &'static str {
    match owner {
        Owner::Shopper(_) => "/sign-in",
        Owner::Person(_) | Owner::Partner(_) => "/partner/sign-in",
        Owner::Operator(_) => "/operator/sign-in",
    }
}

/// Where signing in to see a path is asked for.
pub(in crate::http::page) fn door_to(path: &str) -> &'static str {
    let within = |place: &str| path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
    let doors = [("/operator", "/operator/sign-in"), ("/partner", "/partner/sign-in")];
    doors.into_iter().find(|(place, _)| within(place)).map_or("/sign-in", |(_, door)| door)
}

/// A door: its page, and where it leads when nothing else is wanted.
pub(in crate::http::page) struct Door {
    pub template: &'static str,
    pub home: &'static str,
}

/// The shoppers' own.
const DOOR: Door = Door { template: "sign_in.html", home: "/" };

impl Door {
    /// The form.
    pub fn show(&self, visitor: &Visitor, query: &Next) -> PageResult {
        let next = local(query.next.as_deref().unwrap_or(self.home));
        visitor.page(self.template, context! { next => next })
    }

    /// Sends on who was let in, with the session's cookie, or to the second step; shows others the form again.
    pub async fn opened(&self, visitor: &Visitor, form: &Form, done: HttpResult<Session>) -> PageResult {
        let next = if form.next.is_empty() { self.home } else { local(&form.next) };
        match done {
            Ok(session) if session.needs_code => {
                let code = format!("/sign-in/code?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC));
                Ok(visitor.go(&code).cookie(half_cookie(&visitor.app, &session)).finish())
            }
            Ok(session) => let_in(visitor, next, &session).await.map(|mut answer| answer.finish()),
            Err(error) => {
                let typed = Fields::typed([("email", &form.email)]);
                visitor.again(self.template, typed, error, context! { next => next })
            }
        }
    }
}

/// The form. Who is signed in has no need of it.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Next>) -> PageResult {
    if visitor.caller.is_some() {
        return Ok(visitor.go(local(query.next.as_deref().unwrap_or(DOOR.home))).finish());
    }
    DOOR.show(&visitor, &query)
}

/// Opens a session.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let done = open(&visitor, &limits, client, &form).await;
    DOOR.opened(&visitor, &form, done).await
}

/// Sends on with a session's cookie. The session that was there before ends: it would stay open, and nobody would have it.
pub(super) async fn let_in(visitor: &Visitor, next: &str, session: &Session) -> HttpResult<HttpResponseBuilder> {
    if let Some(before) = visitor.caller.as_ref().filter(|caller| caller.kind == TokenKind::Session) {
        accounts::sign_out(&visitor.app, before).await?;
    }
    let mut answer = visitor.go(next);
    answer.cookie(session_cookie(&visitor.app, session));
    Ok(answer)
}

async fn open(visitor: &Visitor, limits: &Limits, client: ClientIp, form: &Form) -> HttpResult<Session> {
    limits.sign_in(client.0, &form.email)?;
    accounts::shopper_sign_in(&visitor.app, &form.email, &form.password).await.map_err(HttpError::from)
}

/// Ends the session.
pub(in crate::http::page) async fn sign_out(visitor: Visitor) -> HttpResult<HttpResponse> {
    if let Some(caller) = &visitor.caller {
        accounts::sign_out(&visitor.app, caller).await?;
    }
    Ok(visitor.go_saying("/", "signed-out").cookie(ended_cookie(&visitor.app)).finish())
}
