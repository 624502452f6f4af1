//! The OpenAPI document, made from the handlers, and a page to read it without the internet.

use actix_web::{HttpResponse, get, web};
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::error::Problem;
use crate::domain::extension::list::Payload;

/// What does not come from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kopilka",
        description = "Signed links, clicks, postbacks, a ledger and payouts. Errors are application/problem+json \
                       (RFC 9457) with a stable code. Lists are paged by key: send next back as after. Amounts are \
                       decimal text with an ISO 4217 code; times are RFC 3339 in UTC."
    ),
    components(schemas(Problem, Payload)),
    modifiers(&Bearer),
    tags(
        (name = "account", description = "For whoever is signed in"),
        (name = "shopper", description = "For the shopper's pages and apps"),
        (name = "partner", description = "For partners' programs"),
        (name = "operator", description = "For those who run the service"),
        (name = "extension", description = "For the browser extension"),
        (name = "public", description = "For anybody: links, postbacks, health")
    )
)]
struct Base;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let description = "A token of a shopper, a partner or an operator: Authorization: Bearer …";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The document before the routes are added.
pub(super) fn base() -> Document {
    Base::openapi()
}

/// The finished document as JSON text, made once.
#[derive(Clone)]
pub(super) struct Rendered(pub web::Bytes);

/// The OpenAPI document of this server.
#[utoipa::path(tag = "public", responses((status = 200, content_type = "application/json")))]
#[get("/api/openapi.json")]
pub(super) async fn openapi_json(rendered: web::Data<Rendered>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(rendered.0.clone())
}

/// The page's address without its last slash leads to the page.
pub(super) async fn to_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((actix_web::http::header::LOCATION, "/api/docs/")).finish()
}

/// A page that shows the document; everything it loads is inside the binary.
pub(super) fn page() -> SwaggerUi {
    // "none" keeps the page from showing the document to a validator elsewhere.
    let config = Config::from("/api/openapi.json").validator_url("none");
    SwaggerUi::new("/api/docs/{tail:.*}").config(config)
}
