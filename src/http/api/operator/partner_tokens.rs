//! Partners' API tokens.

use actix_web::{HttpResponse, delete, get, post, web};

use crate::base::id::{PartnerId, TokenId};
use crate::http::api::account::tokens::{FreshToken, NewToken, Token, fresh};
use crate::http::caller::Operator;
use crate::http::{HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::accounts;
use crate::service::limits::Limits;

/// Lists a partner's API tokens, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner"), Page), responses((status = 200, body = PageOf<Token>)))]
#[get("/api/v1/operator/partners/{id}/tokens")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<Token>>> {
    let limit = page.limit()?;
    let actor = operator.actor();
    let rows = accounts::partner_token_list(&app, &actor, id.into_inner(), page.key()?, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(Token::from)))
}

/// Makes an API token for a partner's program. Needs the permission `catalogue`, and a code where the asker has a second factor.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner")), request_body = NewToken, responses((status = 201, body = FreshToken)))]
#[post("/api/v1/operator/partners/{id}/tokens")]
pub(super) async fn create(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    operator: Operator,
    id: web::Path<PartnerId>,
    body: web::Json<NewToken>,
) -> HttpResult<HttpResponse> {
    let wanted = body.into_inner().into();
    Ok(fresh(accounts::partner_token_create(&app, &limits, &operator.actor(), id.into_inner(), wanted).await?))
}

/// Ends a partner's API token. Needs the permission `catalogue`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The partner"),
        ("token" = String, Path, description = "The token"),
    ),
    responses((status = 204))
)]
#[delete("/api/v1/operator/partners/{id}/tokens/{token}")]
pub(super) async fn revoke(
    app: web::Data<App>,
    operator: Operator,
    path: web::Path<(PartnerId, TokenId)>,
) -> HttpResult<HttpResponse> {
    let (partner, token) = path.into_inner();
    accounts::partner_token_revoke(&app, &operator.actor(), partner, token).await?;
    Ok(HttpResponse::NoContent().finish())
}
