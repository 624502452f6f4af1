//! Links that shoppers ask for in the extension, by a click of their own.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::Timestamp;
use crate::base::id::ActivationId;
use crate::domain::extension::ActivationState;
use crate::http::HttpResult;
use crate::http::caller::Extension;
use crate::service::App;
use crate::service::extension::{activate, activation_find};
use crate::service::limits::Limits;

/// Which store. Nothing of the page that the shopper looks at is asked for.
#[derive(Deserialize, ToSchema)]
#[schema(as = ActivationWanted)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The store's slug.
    #[schema(example = "books")]
    store: String,
}

/// An activation.
#[derive(Serialize, ToSchema)]
struct Activation {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    activation: ActivationId,
    /// The tracking link to follow, in the same tab.
    url: String,
    /// Until when it may be followed.
    expires_at: Timestamp,
}

/// Makes a signed link to a store for the shopper who clicked. 422 `not_in_extension` where the store, or its network, does
/// not allow the extension.
#[utoipa::path(tag = "extension", security(("bearer" = [])), request_body = Wanted, responses((status = 201, body = Activation), (status = 404), (status = 422), (status = 429)))]
#[post("/api/v1/extension/activations")]
pub(super) async fn create(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    caller: Extension,
    body: web::Json<Wanted>,
) -> HttpResult<HttpResponse> {
    limits.links.check(&caller.shopper.to_string())?;
    let made = activate(&app, caller.shopper, &body.store).await?;
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(Activation {
        activation: made.id,
        url: made.url,
        expires_at: made.expires_at,
    }))
}

/// Whether the click of an activation is known.
#[derive(Serialize, ToSchema)]
struct Known {
    /// `recorded` once the service has the click, `waiting` before.
    state: ActivationState,
    /// The click.
    click: Option<Click>,
}

/// A click.
#[derive(Serialize, ToSchema)]
struct Click {
    /// Its reference, as on the site.
    id: String,
    /// When it was.
    at: Timestamp,
}

/// Tells whether the service has the click that followed an activation's link.
#[utoipa::path(tag = "extension", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = Known), (status = 404)))]
#[get("/api/v1/extension/activations/{id}")]
pub(super) async fn get(
    app: web::Data<App>,
    caller: Extension,
    id: web::Path<ActivationId>,
) -> HttpResult<HttpResponse> {
    let click = activation_find(&app, caller.shopper, id.into_inner()).await?;
    let click = click.map(|(id, at)| Click { id: id.reference(), at });
    let state = if click.is_some() { ActivationState::Recorded } else { ActivationState::Waiting };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Known { state, click }))
}
