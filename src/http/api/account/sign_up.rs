//! Becoming a shopper, and getting back in.

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Secret;
use crate::domain::reason::Language;
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::accounts::{self, SignUp};
use crate::service::limits::Limits;

/// Who wants an account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SignUpBody {
    /// Where the confirmation goes.
    #[schema(example = "anna@example.com")]
    email: String,
    /// 10 to 128 characters, not the address and not among the commonest.
    #[schema(value_type = String, example = "four words make one")]
    password: Secret,
    /// The language of letters; the server's when absent.
    language: Option<Language>,
}

/// The same for every address.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http::api) struct Mailed {
    /// What to do next, for people.
    #[schema(example = "a letter is on its way")]
    detail: &'static str,
}

pub(in crate::http::api) fn mailed() -> HttpResponse {
    HttpResponse::Accepted().json(Mailed { detail: "a letter is on its way" })
}

/// Asks for an account. The answer does not tell whether the address is known: the letter does.
#[utoipa::path(tag = "shopper", request_body = SignUpBody, responses((status = 202, body = Mailed)))]
#[post("/api/v1/shopper/sign-up")]
pub(super) async fn sign_up(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<SignUpBody>,
) -> HttpResult<HttpResponse> {
    let body = body.into_inner();
    limits.sign_in(client.0, &body.email)?;
    let language = body.language.unwrap_or(app.config.language);
    let wanted = SignUp { email: body.email, password: body.password, language };
    accounts::sign_up(&app, wanted).await?;
    Ok(mailed())
}

/// The code out of a letter, and the password of the account: the letter may have reached somebody who did not sign up.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    /// The code.
    #[schema(value_type = String)]
    code: Secret,
    /// The password that was chosen at sign-up.
    #[schema(value_type = String)]
    password: Secret,
}

/// Confirms an address by the code that was sent to it and the account's password. From then on the shopper can sign in.
/// Also for a new address of a shopper who moves. A code is good for five tries; `wrong_password` says how to go on.
#[utoipa::path(
    tag = "shopper", request_body = CodeBody,
    responses((status = 204), (status = 422, description = "`code_not_valid` or `wrong_password`"))
)]
#[post("/api/v1/shopper/confirm-email")]
pub(super) async fn confirm_email(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<CodeBody>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    accounts::confirm_email(&app, &limits, body.code.expose(), &body.password).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whose password was forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http::api) struct ResetBody {
    /// The account's address.
    #[schema(example = "anna@example.com")]
    pub email: String,
}

/// Asks for a letter with which a new password can be set. The answer does not tell whether the address is known.
#[utoipa::path(tag = "shopper", request_body = ResetBody, responses((status = 202, body = Mailed)))]
#[post("/api/v1/shopper/password-reset")]
pub(super) async fn password_reset(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<ResetBody>,
) -> HttpResult<HttpResponse> {
    limits.sign_in(client.0, &body.email)?;
    accounts::password_reset_ask(&app, &body.email).await?;
    Ok(mailed())
}

/// A new password and the code that allows it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPasswordBody {
    /// The code out of the letter.
    #[schema(value_type = String)]
    code: Secret,
    /// The new password, by the same rules as at sign-up.
    #[schema(value_type = String)]
    password: Secret,
}

/// Sets a new password by a mailed code. All sessions and API tokens of the shopper end.
#[utoipa::path(tag = "shopper", request_body = NewPasswordBody, responses((status = 204)))]
#[post("/api/v1/shopper/new-password")]
pub(super) async fn new_password(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<NewPasswordBody>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    accounts::password_reset_finish(&app, body.code.expose(), &body.password).await?;
    Ok(HttpResponse::NoContent().finish())
}
