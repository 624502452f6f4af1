//! One's own API tokens.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::TokenId;
use crate::db::tokens::TokenRow;
use crate::http::caller::SignedIn;
use crate::http::{HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::accounts::{self, IssuedToken, TokenWanted};
use crate::service::limits::Limits;

/// An API token, without the token.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http::api) struct Token {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: TokenId,
    /// What its owner calls it.
    name: String,
    /// When it was made.
    created_at: Timestamp,
    /// When it ends by itself; absent when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self { id: row.id, name: row.name, created_at: row.created_at, expires_at: row.expires_at }
    }
}

/// What a new token should be.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::api) struct NewToken {
    /// What you call it, 1 to 100 characters.
    #[schema(example = "order import")]
    name: String,
    /// After how many days it ends by itself, 1 to 3650; never when absent.
    expires_in_days: Option<i64>,
    /// A code of the second factor, wanted where the asker has one.
    #[serde(default)]
    code: String,
}

impl From<NewToken> for TokenWanted {
    fn from(body: NewToken) -> Self {
        Self { name: body.name, expires_in_days: body.expires_in_days, code: body.code }
    }
}

/// A token that was just made.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http::api) struct FreshToken {
    /// What is kept of it.
    #[serde(flatten)]
    kept: Token,
    /// The token: this is the only time that it is shown.
    #[schema(example = "kp_shopper_…")]
    token: String,
}

/// Answers with a token that was just made.
pub(in crate::http::api) fn fresh(issued: IssuedToken) -> HttpResponse {
    let token = issued.token.expose().to_owned();
    let body = FreshToken { kept: issued.row.into(), token };
    HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(body)
}

/// Lists the asker's own API tokens, newest first.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<Token>)))]
#[get("/api/v1/tokens")]
pub(super) async fn list(
    app: web::Data<App>,
    caller: SignedIn,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<Token>>> {
    let limit = page.limit()?;
    let rows = accounts::token_list(&app, &caller.0.actor, page.key()?, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(Token::from)))
}

/// Makes an API token for the asker. Needs a session, since an API token cannot make others, and a code where the asker has a
/// second factor.
#[utoipa::path(tag = "account", security(("bearer" = [])), request_body = NewToken, responses((status = 201, body = FreshToken), (status = 422, description = "`code_needed`, `wrong_code`")))]
#[post("/api/v1/tokens")]
pub(super) async fn create(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    caller: SignedIn,
    body: web::Json<NewToken>,
) -> HttpResult<HttpResponse> {
    Ok(fresh(accounts::token_create(&app, &limits, &caller.0, body.into_inner().into()).await?))
}

/// Ends one of the asker's API tokens.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The token")),
    responses((status = 204))
)]
#[delete("/api/v1/tokens/{id}")]
pub(super) async fn revoke(app: web::Data<App>, caller: SignedIn, id: web::Path<TokenId>) -> HttpResult<HttpResponse> {
    accounts::token_revoke(&app, &caller.0.actor, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
