//! Signing in and out.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::id::TokenId;
use crate::base::{Secret, Timestamp};
use crate::http::caller::{SignedIn, ended_cookie, session_cookie};
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::accounts::{self, Session};
use crate::service::limits::Limits;

/// Who signs in.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::api) struct Credentials {
    /// The account's address.
    #[schema(example = "anna@example.com")]
    pub email: String,
    /// The password.
    #[schema(value_type = String)]
    pub password: Secret,
    /// For browsers: set the session as a cookie that scripts cannot read, and leave the token out of the answer.
    #[serde(default)]
    pub cookie: bool,
}

/// A session that was opened.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http::api) struct Opened {
    /// Send it as `Authorization: Bearer …`. Absent when the session went into a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// When the session ends by itself.
    expires_at: Timestamp,
}

/// Half a session: the account has a second factor.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http::api) struct Half {
    /// To be sent with the code to `POST /api/v1/sessions/code`.
    half: String,
    /// When it ends by itself.
    expires_at: Timestamp,
}

/// The other half.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    /// What signing in answered.
    #[schema(value_type = String)]
    half: Secret,
    /// Six digits, or a recovery code.
    #[schema(example = "123456")]
    code: String,
    /// As in signing in.
    #[serde(default)]
    cookie: bool,
}

/// Answers with a fresh session, in the body or as a cookie; with 202 and half of one where a code is needed.
pub(in crate::http::api) fn opened(app: &App, session: &Session, cookie: bool) -> HttpResponse {
    if session.needs_code {
        let half = Half { half: session.token.expose().to_owned(), expires_at: session.expires_at };
        return HttpResponse::Accepted().insert_header(("Cache-Control", "no-store")).json(half);
    }
    let mut answer = HttpResponse::Created();
    answer.insert_header(("Cache-Control", "no-store"));
    if cookie {
        answer.cookie(session_cookie(app, session));
        return answer.json(Opened { token: None, expires_at: session.expires_at });
    }
    answer.json(Opened { token: Some(session.token.expose().to_owned()), expires_at: session.expires_at })
}

/// Signs a shopper in for 30 days.
#[utoipa::path(tag = "shopper", request_body = Credentials, responses((status = 201, body = Opened), (status = 202, body = Half)))]
#[post("/api/v1/sessions")]
pub(super) async fn sign_in(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<Credentials>,
) -> HttpResult<HttpResponse> {
    limits.sign_in(client.0, &body.email)?;
    let session = accounts::shopper_sign_in(&app, &body.email, &body.password).await?;
    Ok(opened(&app, &session, body.cookie))
}

/// Signs in whoever has a second factor: the code beside what signing in answered. For shoppers and operators.
#[utoipa::path(tag = "account", request_body = Code, responses((status = 201, body = Opened), (status = 422)))]
#[post("/api/v1/sessions/code")]
pub(super) async fn sign_in_code(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<Code>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    let session = accounts::sign_in_code(&app, &limits, &body.half, &body.code).await?;
    Ok(opened(&app, &session, body.cookie))
}

/// Signs out: the token that this request came with ends.
#[utoipa::path(tag = "account", security(("bearer" = [])), responses((status = 204)))]
#[delete("/api/v1/sessions/current")]
pub(super) async fn sign_out(app: web::Data<App>, caller: SignedIn) -> HttpResult<HttpResponse> {
    accounts::sign_out(&app, &caller.0).await?;
    Ok(HttpResponse::NoContent().cookie(ended_cookie(&app)).finish())
}

/// How much ended.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Ended {
    /// How many sessions.
    #[schema(example = 3)]
    pub(super) sessions: usize,
}

/// What else ends.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Everywhere {
    /// `true`: browsers that are connected by the extension, too.
    #[serde(default)]
    extension: bool,
}

/// Signs out everywhere: all sessions of the asker end. API tokens stay.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(Everywhere), responses((status = 200, body = Ended)))]
#[delete("/api/v1/sessions")]
pub(super) async fn sign_out_everywhere(
    app: web::Data<App>,
    caller: SignedIn,
    what: web::Query<Everywhere>,
) -> HttpResult<HttpResponse> {
    let sessions = accounts::sign_out_everywhere(&app, &caller.0, what.extension).await?;
    Ok(HttpResponse::Ok().cookie(ended_cookie(&app)).json(Ended { sessions }))
}

/// A session that is open.
#[derive(Serialize, utoipa::ToSchema)]
struct OpenSession {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: TokenId,
    /// When it was opened.
    created_at: Timestamp,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// The one that asks.
    current: bool,
}

/// The sessions that are open.
#[derive(Serialize, utoipa::ToSchema)]
struct OpenSessions {
    /// Newest first, at most 50.
    items: Vec<OpenSession>,
}

/// Lists the asker's sessions that are open.
#[utoipa::path(tag = "account", security(("bearer" = [])), responses((status = 200, body = OpenSessions)))]
#[get("/api/v1/sessions")]
pub(super) async fn list(app: web::Data<App>, caller: SignedIn) -> HttpResult<web::Json<OpenSessions>> {
    let rows = accounts::session_list(&app, &caller.0.actor).await?;
    let shown = rows.into_iter().map(|row| OpenSession {
        id: row.id,
        created_at: row.created_at,
        expires_at: row.expires_at,
        current: row.id == caller.0.token,
    });
    Ok(web::Json(OpenSessions { items: shown.collect() }))
}

/// Ends one of the asker's sessions.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The session")),
    responses((status = 204), (status = 404))
)]
#[delete("/api/v1/sessions/{id}")]
pub(super) async fn end(app: web::Data<App>, caller: SignedIn, id: web::Path<TokenId>) -> HttpResult<HttpResponse> {
    accounts::token_revoke(&app, &caller.0.actor, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
