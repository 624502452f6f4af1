//! Becoming a partner, and getting in: for anybody.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Secret;
use crate::domain::reason::Language;
use crate::http::api::account::{Credentials, Half, Mailed, Opened, ResetBody, mailed, opened};
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::accounts::{self, Application};
use crate::service::limits::Limits;
use crate::service::partners::{self, Format};

/// The formats that an application may name.
#[derive(Serialize, utoipa::ToSchema)]
struct Formats {
    /// The one for shops without a network first, the others by title.
    items: Vec<Format>,
}

/// Lists the formats that a partner's calls may come in.
#[utoipa::path(tag = "partner", responses((status = 200, body = Formats)))]
#[get("/api/v1/partner/formats")]
pub(super) async fn formats() -> web::Json<Formats> {
    web::Json(Formats { items: partners::formats() })
}

/// Who wants to be a partner.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplicationBody {
    /// The name of the network or store, 1 to 100 characters.
    #[schema(example = "Lamps & Sons")]
    name: String,
    /// Its site.
    #[schema(example = "https://lamps.example/")]
    site: String,
    /// The format of its calls: a name of `GET /api/v1/partner/formats`.
    #[schema(example = "direct")]
    adapter: String,
    /// Anything else, up to 2000 characters.
    note: Option<String>,
    /// The name of the person who applies, 1 to 100 characters.
    #[schema(example = "Pia")]
    person: String,
    /// Where the confirmation goes.
    #[schema(example = "pia@lamps.example")]
    email: String,
    /// 10 to 128 characters, not the address and not among the commonest.
    #[schema(value_type = String)]
    password: Secret,
    /// The language of letters; the server's when absent.
    language: Option<Language>,
}

/// Applies to become a partner. The answer does not tell whether the address is known: the letter does. Its code goes to
/// `POST /api/v1/shopper/confirm-email`, with the password; an operator decides after that.
#[utoipa::path(tag = "partner", request_body = ApplicationBody, responses((status = 202, body = Mailed), (status = 422)))]
#[post("/api/v1/partner/applications")]
pub(super) async fn apply(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<ApplicationBody>,
) -> HttpResult<HttpResponse> {
    let ApplicationBody { name, site, adapter, note, person, email, password, language } = body.into_inner();
    limits.person_sign_in(client.0, &email)?;
    let (site, language) = (site.trim().to_owned(), language.unwrap_or(app.config.language));
    accounts::apply(&app, Application { name, site, adapter, note, person, email, password, language }).await?;
    Ok(mailed())
}

/// Signs somebody in who acts for a partner, for 30 days.
#[utoipa::path(tag = "partner", request_body = Credentials, responses((status = 201, body = Opened), (status = 202, body = Half)))]
#[post("/api/v1/partner/sessions")]
pub(super) async fn sign_in(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<Credentials>,
) -> HttpResult<HttpResponse> {
    limits.person_sign_in(client.0, &body.email)?;
    let session = accounts::person_sign_in(&app, &body.email, &body.password).await?;
    Ok(opened(&app, &session, body.cookie))
}

/// Asks for a letter with which somebody who acts for a partner can set a new password, by `POST /api/v1/shopper/new-password`.
/// The answer does not tell whether the address is known.
#[utoipa::path(tag = "partner", request_body = ResetBody, responses((status = 202, body = Mailed)))]
#[post("/api/v1/partner/password-reset")]
pub(super) async fn password_reset(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<ResetBody>,
) -> HttpResult<HttpResponse> {
    limits.person_sign_in(client.0, &body.email)?;
    accounts::person_password_reset_ask(&app, &body.email).await?;
    Ok(mailed())
}
