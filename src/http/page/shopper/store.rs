//! One store: its terms, and the way to it.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::domain::reason::Language;
use crate::domain::score::Score;
use crate::http::api::shopper::stores::{PublicStore, public};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::limits::Limits;
use crate::service::make_link::{MadeLink, make_link};
use crate::service::store_scores::store_scores;

const TEMPLATE: &str = "store.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    /// A product's address, pasted.
    #[serde(default)]
    deep_link: String,
}

/// A store that makes a promise now, and its score.
async fn store(visitor: &Visitor, slug: &str) -> HttpResult<(PublicStore, Option<Score>)> {
    let found = visitor.app.store(slug).await?;
    let store = public(&found, visitor.now()).ok_or(ServiceError::NotFound("store"))?;
    let score = store_scores(&visitor.app, &[&found]).await?.pop().flatten();
    Ok((store, score))
}

fn values(visitor: &Visitor, (store, score): &(PublicStore, Option<Score>)) -> Value {
    let exclusions: Vec<String> = store
        .terms
        .exclusions
        .iter()
        .map(|exclusion| match visitor.reader.language {
            Language::En => exclusion.en.clone(),
            Language::Ru => exclusion.ru.clone(),
        })
        .collect();
    let ttl_hours = visitor.app.config.links.ttl_hours;
    context! { store => of(store), score => of(score), exclusions => exclusions, ttl_hours => ttl_hours }
}

/// What the store pays, and what voids it: before the click.
pub(in crate::http::page) async fn show(visitor: Visitor, slug: web::Path<String>) -> PageResult {
    let store = store(&visitor, &slug).await?;
    visitor.page(TEMPLATE, values(&visitor, &store))
}

/// Makes a link and leads to it. The page between is needed: browsers that keep to `form-action` do not follow a form's
/// redirect to another site.
pub(in crate::http::page) async fn go(
    visitor: Visitor,
    limits: web::Data<Limits>,
    slug: web::Path<String>,
    form: web::Form<Form>,
) -> PageResult {
    let store = store(&visitor, &slug).await?;
    let pasted = form.deep_link.trim();
    match link(&visitor, &limits, &slug, pasted).await {
        Ok(made) => {
            let path = made.url.strip_prefix(visitor.app.public_url("").as_str()).unwrap_or(&made.url);
            visitor.page("leave.html", context! { link => path, ..values(&visitor, &store) })
        }
        Err(HttpError::Service(ServiceError::Unauthenticated)) => Err(ServiceError::Unauthenticated.into()),
        Err(error) => visitor.again(TEMPLATE, Fields::typed([("deep_link", pasted)]), error, values(&visitor, &store)),
    }
}

async fn link(visitor: &Visitor, limits: &Limits, slug: &str, pasted: &str) -> HttpResult<MadeLink> {
    let shopper = visitor.shopper()?;
    limits.links.check(&shopper.to_string())?;
    let deep_link = (!pasted.is_empty()).then_some(pasted);
    make_link(&visitor.app, shopper, slug, deep_link).await.map_err(HttpError::from)
}
