//! What somebody who is signed in changes: the password and the address.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;

use super::sessions::Ended;
use super::sign_up::{Mailed, mailed};
use crate::base::Secret;
use crate::http::caller::{Operator, Shopper, SignedIn};
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::accounts;
use crate::service::limits::Limits;

/// Another password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    /// The password that the account has.
    #[schema(value_type = String)]
    pub old_password: Secret,
    /// The one that it shall have, by the same rules as at sign-up.
    #[schema(value_type = String)]
    pub password: Secret,
}

/// Replaces one's password. Needs a session and the old password. All other sessions end, and all codes that were mailed;
/// API tokens stay. A letter tells the address.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = PasswordBody,
    responses((status = 200, body = Ended), (status = 422, description = "`wrong_password`, or a password against the rules"))
)]
#[post("/api/v1/shopper/password")]
pub(super) async fn password(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    caller: SignedIn,
    body: web::Json<PasswordBody>,
) -> HttpResult<web::Json<Ended>> {
    limits.code(client.0)?;
    let sessions = accounts::change_password(&app, &limits, &caller.0, &body.old_password, &body.password).await?;
    Ok(web::Json(Ended { sessions }))
}

/// Another address.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EmailBody {
    /// The address that the account shall have.
    #[schema(example = "anna@example.com")]
    email: String,
    /// The password of the account.
    #[schema(value_type = String)]
    password: Secret,
}

/// Asks to move to another address. Needs a session and the password. A code goes to the new address, a warning to the old
/// one; nothing changes until the code comes back by `POST /api/v1/shopper/confirm-email`. The answer does not tell whether
/// the new address is known.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = EmailBody,
    responses((status = 202, body = Mailed), (status = 422, description = "`wrong_password`, or no address"))
)]
#[post("/api/v1/shopper/email")]
pub(super) async fn email(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    _shopper: Shopper,
    caller: SignedIn,
    body: web::Json<EmailBody>,
) -> HttpResult<HttpResponse> {
    ask_to_move(&app, &limits, client, &caller, &body).await
}

/// Asks to move an operator's account to another address, as shoppers do. Needs a session and the password. A code goes to the new
/// address, a warning to the old one; nothing changes until the code comes back by `POST /api/v1/shopper/confirm-email`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), request_body = EmailBody,
    responses((status = 202, body = Mailed), (status = 422, description = "`wrong_password`, or no address"))
)]
#[post("/api/v1/operator/email")]
pub(super) async fn operator_email(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    _operator: Operator,
    caller: SignedIn,
    body: web::Json<EmailBody>,
) -> HttpResult<HttpResponse> {
    ask_to_move(&app, &limits, client, &caller, &body).await
}

async fn ask_to_move(
    app: &App,
    limits: &Limits,
    client: ClientIp,
    caller: &SignedIn,
    body: &EmailBody,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    accounts::change_email(app, limits, &caller.0, &body.email, &body.password).await?;
    Ok(mailed())
}
