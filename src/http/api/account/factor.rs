//! The second factor: turned on with a first code, and off with the password and a code. For whoever signs in with a password,
//! in a session.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Secret;
use crate::http::caller::SignedIn;
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::accounts::{self, FactorOffer};
use crate::service::limits::Limits;

/// How it stands.
#[derive(Serialize, utoipa::ToSchema)]
struct FactorView {
    /// Whether codes are asked for.
    on: bool,
    /// How many recovery codes are left.
    recovery_codes: i64,
}

/// A secret that waits for its first code.
#[derive(Serialize, utoipa::ToSchema)]
struct Offer {
    /// In base32, to type in.
    secret: String,
    /// The same as an `otpauth://` address.
    uri: String,
    /// The same as a picture to take with the program: SVG.
    picture: String,
}

impl From<FactorOffer> for Offer {
    fn from(offer: FactorOffer) -> Self {
        let text = |secret: &Secret| secret.expose().to_owned();
        Self { secret: text(&offer.secret), uri: text(&offer.uri), picture: text(&offer.picture) }
    }
}

/// The password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BeginBody {
    /// The password of the account.
    #[schema(value_type = String)]
    password: Secret,
}

/// The first code.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FirstCode {
    /// Six digits.
    #[schema(example = "123456")]
    code: String,
}

/// What turning it off takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OffBody {
    /// The password of the account.
    #[schema(value_type = String)]
    password: Secret,
    /// Six digits, or a recovery code.
    #[schema(example = "123456")]
    code: String,
}

/// The codes for whoever loses the program.
#[derive(Serialize, utoipa::ToSchema)]
struct Recovery {
    /// Each good once, told only now.
    recovery_codes: Vec<String>,
}

/// Tells whether the asker has a second factor.
#[utoipa::path(tag = "account", security(("bearer" = [])), responses((status = 200, body = FactorView)))]
#[get("/api/v1/factor")]
pub(super) async fn state(app: web::Data<App>, caller: SignedIn) -> HttpResult<web::Json<FactorView>> {
    let state = accounts::factor_state(&app, &caller.0.actor).await?;
    Ok(web::Json(FactorView { on: state.on, recovery_codes: state.recovery_codes }))
}

/// Makes a secret for a program that makes codes. Nothing is asked for before its first code comes by
/// `POST /api/v1/factor/confirm`.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = BeginBody,
    responses((status = 201, body = Offer), (status = 409, description = "`factor_on`"), (status = 422, description = "`wrong_password`"))
)]
#[post("/api/v1/factor")]
pub(super) async fn begin(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    caller: SignedIn,
    body: web::Json<BeginBody>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    let offer = accounts::factor_begin(&app, &limits, &caller.0, &body.password).await?;
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(Offer::from(offer)))
}

/// Turns the second factor on with the first code. All other sessions end.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = FirstCode,
    responses((status = 200, body = Recovery), (status = 404), (status = 422, description = "`wrong_code`"))
)]
#[post("/api/v1/factor/confirm")]
pub(super) async fn confirm(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    caller: SignedIn,
    body: web::Json<FirstCode>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    let codes = accounts::factor_confirm(&app, &limits, &caller.0, &body.code).await?;
    let told = Recovery { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(told))
}

/// Turns the second factor off. A letter tells.
#[utoipa::path(
    tag = "account", security(("bearer" = [])), request_body = OffBody,
    responses((status = 204), (status = 404), (status = 422, description = "`wrong_password`, `wrong_code`"))
)]
#[post("/api/v1/factor/off")]
pub(super) async fn off(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    caller: SignedIn,
    body: web::Json<OffBody>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    accounts::factor_off(&app, &limits, &caller.0, &body.password, &body.code).await?;
    Ok(HttpResponse::NoContent().finish())
}
