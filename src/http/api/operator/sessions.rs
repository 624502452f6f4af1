//! Operators sign in.

use actix_web::{HttpResponse, post, web};

use crate::http::api::account::{Credentials, opened};
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::accounts;
use crate::service::limits::Limits;

/// Signs an operator in for 30 days.
#[utoipa::path(tag = "operator", request_body = Credentials, responses((status = 201, body = crate::http::api::account::Opened), (status = 202, body = crate::http::api::account::Half)))]
#[post("/api/v1/operator/sessions")]
pub(super) async fn sign_in(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<Credentials>,
) -> HttpResult<HttpResponse> {
    limits.operator_sign_in(client.0, &body.email)?;
    let session = accounts::operator_sign_in(&app, &body.email, &body.password).await?;
    Ok(opened(&app, &session, body.cookie))
}
