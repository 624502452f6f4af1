//! The test bench: what would a call do? Nothing is written.

use actix_web::{post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::base::{Secret, Timestamp};
use crate::domain::access::Permission;
use crate::domain::adapter::RawCall;
use crate::domain::partner::PartnerSettings;
use crate::http::HttpResult;
use crate::http::caller::{Operator, PartnerActor};
use crate::service::try_postback::{Asker, Trial, bench_partner, try_postback};
use crate::service::{App, ServiceError};

/// One header.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

/// A call as a partner would make it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Call {
    /// `GET` or `POST`.
    method: String,
    /// The secret in the path, where the partner's stands there.
    #[schema(value_type = Option<String>)]
    path_secret: Option<Secret>,
    /// The raw query, without the question mark.
    #[serde(default)]
    query: String,
    /// The headers.
    #[serde(default)]
    headers: Vec<Header>,
    /// The raw body.
    #[serde(default)]
    body: String,
    /// The address that the call comes from.
    #[schema(value_type = Option<String>)]
    peer: Option<std::net::IpAddr>,
    /// When it came, for a call whose signed time has grown old; now when absent.
    at: Option<Timestamp>,
}

impl Call {
    fn raw(self, app: &App, partner: &str) -> HttpResult<RawCall> {
        if self.method != "GET" && self.method != "POST" {
            return Err(ServiceError::invalid("method", "must be GET or POST").into());
        }
        let secret = self.path_secret.as_ref().map(|secret| format!("/{}", secret.expose())).unwrap_or_default();
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        Ok(RawCall {
            public_url: app.public_url(&format!("/postback/{partner}{secret}{query}")),
            method: self.method,
            path_secret: self.path_secret,
            query: self.query,
            body: self.body.into_bytes(),
            headers: self.headers.into_iter().map(|one| (one.name.to_ascii_lowercase(), one.value)).collect(),
            peer: self.peer,
        })
    }
}

/// A call, and who is to have made it: a partner by slug, or an adapter with secrets and settings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OperatorTrial {
    /// The partner's slug.
    partner: Option<String>,
    /// Instead of a partner: a preset's name, or an adapter's TOML text.
    adapter: Option<String>,
    /// The secrets to accept, with `adapter`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    secrets: Vec<Secret>,
    /// The partner's settings, with `adapter`.
    #[serde(default)]
    settings: PartnerSettings,
    /// The call.
    call: Call,
}

/// Tries a call of the partner's own. Nothing is written.
#[utoipa::path(tag = "partner", security(("bearer" = [])), request_body = Call, responses((status = 200, body = Trial)))]
#[post("/api/v1/partner/postbacks/try")]
pub(super) async fn partner_try(
    app: web::Data<App>,
    partner: PartnerActor,
    body: web::Json<Call>,
) -> HttpResult<web::Json<Trial>> {
    let known = app.catalogue.snapshot();
    let partner = known.partner(partner.0).ok_or(ServiceError::NotFound("partner"))?;
    let (at, call) = (body.at, body.into_inner());
    let call = call.raw(&app, &partner.row.slug)?;
    Ok(web::Json(try_postback(&app, Asker::Partner, partner, call, at).await?))
}

/// Tries a call of any partner, or with an adapter that nobody uses yet. Nothing is written.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = OperatorTrial, responses((status = 200, body = Trial)))]
#[post("/api/v1/operator/postbacks/try")]
pub(super) async fn operator_try(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<OperatorTrial>,
) -> HttpResult<web::Json<Trial>> {
    operator.require(Permission::Look)?;
    let OperatorTrial { partner, adapter, secrets, settings, call } = body.into_inner();
    let partner = match (partner, adapter) {
        (Some(slug), None) => app.partner(&slug).await?,
        (None, Some(adapter)) => bench_partner(&adapter, secrets, settings, app.clock.now())?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(ServiceError::invalid("partner", "give either partner or adapter").into());
        }
    };
    let (at, call) = (call.at, call.raw(&app, &partner.row.slug)?);
    Ok(web::Json(try_postback(&app, Asker::Operator, &partner, call, at).await?))
}
