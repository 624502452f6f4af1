//! Destinations of withdrawals. A card's number goes from the browser to the provider, which gives a token for it; it is
//! never sent here.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Secret;
use crate::base::id::MethodId;
use crate::domain::payout::MethodKind;
use crate::domain::payout::typed::Typed;
use crate::http::api::payouts::{Method, Provider, providers_of};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::payouts::confirm_payout::takes_code;
use crate::service::payouts::freeze::frozen_since;
use crate::service::payouts::method_add::{NewMethod, method_add};
use crate::service::payouts::method_list::method_list;
use crate::service::payouts::method_remove::method_remove;

const TEMPLATE: &str = "methods.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    token: Option<Secret>,
    #[serde(default)]
    masked: String,
}

async fn values(visitor: &Visitor) -> HttpResult<(Value, Vec<String>)> {
    let shopper = visitor.shopper()?;
    let rows = method_list(&visitor.app, shopper).await?;
    let methods: Vec<Method> = rows.into_iter().map(Method::from).collect();
    let providers: Vec<Provider> = providers_of(&visitor.app);
    let origins = providers.iter().filter_map(Provider::origin).collect();
    let hours = visitor.app.config.payouts.cool_off_hours;
    let mut pages: Vec<MethodKind> = Vec::new();
    for provider in &providers {
        let widget = provider.widget_script.is_some().then_some(MethodKind::Card);
        let fresh: Vec<MethodKind> =
            provider.typed.iter().copied().chain(widget).filter(|kind| !pages.contains(kind)).collect();
        pages.extend(fresh);
    }
    let values = context! {
        methods => of(methods), providers => of(providers), pages => of(pages), now => of(visitor.now()),
        cool_off => hours, frozen => of(frozen_since(&visitor.app, shopper).await?),
        takes_code => takes_code(&visitor.app, shopper).await?,
    };
    Ok((values, origins))
}

/// The destinations, and a form to add one.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let (values, origins) = values(&visitor).await?;
    visitor.calling(origins).page(TEMPLATE, values)
}

/// Saves a destination by the token that the browser got.
pub(in crate::http::page) async fn add(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    match save(&visitor, form.into_inner()).await {
        Ok(()) => Ok(visitor.go_saying("/methods", "method-added").finish()),
        Err(error) => again(visitor, error).await,
    }
}

/// The page with what went wrong.
pub(super) async fn again(visitor: Visitor, error: HttpError) -> PageResult {
    let (values, origins) = values(&visitor).await?;
    visitor.calling(origins).again(TEMPLATE, Fields::default(), error, values)
}

async fn save(visitor: &Visitor, form: Form) -> HttpResult<()> {
    let kind: MethodKind = form.kind.parse().map_err(|_cause| ServiceError::invalid("kind", "is no kind"))?;
    let token = form.token.unwrap_or_else(|| Secret::new(""));
    let new = NewMethod { provider: form.provider, kind, token, masked: form.masked, typed: Typed::default() };
    method_add(&visitor.app, visitor.shopper()?, new).await.map(|_row| ()).map_err(HttpError::from)
}

/// Removes a destination.
pub(in crate::http::page) async fn remove(visitor: Visitor, id: web::Path<MethodId>) -> PageResult {
    method_remove(&visitor.app, visitor.shopper()?, id.into_inner()).await?;
    Ok(visitor.go_saying("/methods", "method-removed").finish())
}
