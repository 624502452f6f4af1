//! Adding a store, and changing one.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::stores::find;
use crate::db::stores::StoreRow;
use crate::domain::access::Permission;
use crate::domain::extension::ExtensionChange;
use crate::http::HttpResult;
use crate::http::api::operator::stores::StoreView;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::service::ServiceError;
use crate::service::stores::{NewStore, StoreChange, store_add, store_update};

const TEMPLATE: &str = "operator_store_edit.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    slug: String,
    #[serde(default)]
    partner: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    home_url: String,
    #[serde(default)]
    domains: String,
    #[serde(default)]
    landing_url: String,
    #[serde(default)]
    deep_link_url: String,
    #[serde(default)]
    categories: String,
    /// Boxes: there when they are ticked.
    ext: Option<String>,
    cart: Option<String>,
    serp: Option<String>,
    #[serde(default)]
    max_prompts: String,
    #[serde(default)]
    network: String,
    #[serde(default)]
    cart_paths: String,
}

impl Form {
    fn typed(&self) -> Fields {
        Fields::typed([
            ("slug", &self.slug),
            ("partner", &self.partner),
            ("name", &self.name),
            ("home_url", &self.home_url),
            ("domains", &self.domains),
            ("landing_url", &self.landing_url),
            ("deep_link_url", &self.deep_link_url),
            ("categories", &self.categories),
            ("ext", self.ext.as_deref().unwrap_or_default()),
            ("cart", self.cart.as_deref().unwrap_or_default()),
            ("serp", self.serp.as_deref().unwrap_or_default()),
            ("max_prompts", &self.max_prompts),
            ("network", &self.network),
            ("cart_paths", &self.cart_paths),
        ])
    }

    /// What the extension may do, whole: what is not ticked is off.
    fn extension(&self) -> HttpResult<ExtensionChange> {
        let prompts = self.max_prompts.trim();
        let max_prompts = prompts.parse::<u8>().ok();
        if max_prompts.is_none() && !prompts.is_empty() {
            return Err(ServiceError::invalid("max_prompts", "must be a number from 0 to 10").into());
        }
        Ok(ExtensionChange {
            ext: Some(self.ext.is_some()),
            cart: Some(self.cart.is_some()),
            serp: Some(self.serp.is_some()),
            max_prompts,
            network: Some(self.network.trim().to_owned()),
            cart_paths: Some(words(&self.cart_paths)),
        })
    }
}

/// Words that are parted by lines or commas.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(['\n', ',']).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The ids of the stand-down packs.
fn packs(visitor: &Visitor) -> Vec<String> {
    visitor.app.catalogue.snapshot().packs.keys().cloned().collect()
}

fn blank(visitor: &Visitor) -> Value {
    let known = visitor.app.catalogue.snapshot();
    let partners: std::collections::BTreeSet<&String> = known.partners.keys().collect();
    context! { store => (), partners => of(partners), packs => packs(visitor) }
}

/// The form for a new store.
pub(in crate::http::page) async fn new(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    let values = blank(&visitor);
    visitor.page(TEMPLATE, values)
}

/// Adds it.
pub(in crate::http::page) async fn add(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    match added(&visitor, &form).await {
        // Links are made once it has terms, so these come next.
        Ok(row) => Ok(visitor.go_saying(&format!("/operator/stores/{}/terms", row.slug), "store-added").finish()),
        Err(error) => visitor.again(TEMPLATE, form.typed(), error, blank(&visitor)),
    }
}

async fn added(visitor: &Visitor, form: &Form) -> HttpResult<StoreRow> {
    let actor = visitor.operator(Permission::Catalogue)?;
    let deep_link_url = Some(form.deep_link_url.trim().to_owned()).filter(|text| !text.is_empty());
    let wanted = NewStore {
        slug: form.slug.trim().to_owned(),
        partner: form.partner.clone(),
        name: form.name.clone(),
        home_url: form.home_url.trim().to_owned(),
        domains: words(&form.domains),
        landing_url: form.landing_url.trim().to_owned(),
        deep_link_url,
        categories: words(&form.categories),
        extension: form.extension()?,
    };
    Ok(store_add(&visitor.app, actor, wanted).await?)
}

async fn values(visitor: &Visitor, slug: &str) -> HttpResult<Value> {
    let row = find(visitor, slug).await?;
    Ok(
        context! { store => of(StoreView::of(row, &visitor.app.catalogue.snapshot())?), partners => Vec::<String>::new(), packs => packs(visitor) },
    )
}

/// The form for one that is there.
pub(in crate::http::page) async fn edit(visitor: Visitor, slug: web::Path<String>) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    let values = values(&visitor, &slug).await?;
    visitor.page(TEMPLATE, values)
}

/// Changes it.
pub(in crate::http::page) async fn change(
    visitor: Visitor,
    slug: web::Path<String>,
    form: web::Form<Form>,
) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    match changed(&visitor, &slug, &form).await {
        Ok(row) => Ok(visitor.go_saying(&format!("/operator/stores/{}", row.slug), "store-changed").finish()),
        Err(error) => {
            let values = values(&visitor, &slug).await?;
            visitor.again(TEMPLATE, form.typed(), error, values)
        }
    }
}

async fn changed(visitor: &Visitor, slug: &str, form: &Form) -> HttpResult<StoreRow> {
    let actor = visitor.operator(Permission::Catalogue)?;
    let change = StoreChange {
        name: Some(form.name.clone()),
        status: None,
        home_url: Some(form.home_url.trim().to_owned()),
        domains: Some(words(&form.domains)),
        landing_url: Some(form.landing_url.trim().to_owned()),
        deep_link_url: Some(form.deep_link_url.trim().to_owned()),
        categories: Some(words(&form.categories)),
        extension: form.extension()?,
    };
    Ok(store_update(&visitor.app, actor, slug, change).await?)
}
