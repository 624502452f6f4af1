//! A new version of a store's terms: typed, held against the one of now, and then added.

use actix_web::web;
use chrono::{NaiveDateTime, TimeZone as _, Utc};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Timestamp;
use crate::domain::access::Permission;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::stores::{TermsPreview, TermsText, terms_add, terms_newest, terms_preview};

const TEMPLATE: &str = "operator_terms.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    rate: String,
    #[serde(default)]
    first_order: String,
    #[serde(default)]
    cap_per_order: String,
    #[serde(default)]
    cap_per_month: String,
    #[serde(default)]
    hold_days: String,
    #[serde(default)]
    attribution_days: String,
    #[serde(default)]
    budget: String,
    #[serde(default)]
    categories: String,
    #[serde(default)]
    exclusions: String,
    /// From when, in the reader's zone; empty for at once.
    #[serde(default)]
    valid_from: String,
    /// Set by the button of the second step.
    confirmed: Option<String>,
}

impl Form {
    fn text(&self) -> TermsText {
        TermsText {
            rate: self.rate.clone(),
            first_order: self.first_order.clone(),
            cap_per_order: self.cap_per_order.clone(),
            cap_per_month: self.cap_per_month.clone(),
            hold_days: self.hold_days.clone(),
            attribution_days: self.attribution_days.clone(),
            budget: self.budget.clone(),
            categories: self.categories.clone(),
            exclusions: self.exclusions.clone(),
        }
    }

    fn typed(&self) -> Fields {
        Fields::typed([
            ("rate", &self.rate),
            ("first_order", &self.first_order),
            ("cap_per_order", &self.cap_per_order),
            ("cap_per_month", &self.cap_per_month),
            ("hold_days", &self.hold_days),
            ("attribution_days", &self.attribution_days),
            ("budget", &self.budget),
            ("categories", &self.categories),
            ("exclusions", &self.exclusions),
            ("valid_from", &self.valid_from),
        ])
    }
}

async fn values(visitor: &Visitor, slug: &str) -> HttpResult<Value> {
    let (version, text) = terms_newest(&visitor.app, slug).await?;
    Ok(context! { slug => slug, version => version, terms => of(text), asked => () })
}

/// The form, filled with the newest version.
pub(in crate::http::page) async fn show(visitor: Visitor, slug: web::Path<String>) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    let values = values(&visitor, &slug).await?;
    visitor.page(TEMPLATE, values)
}

/// Shows what differs, or adds the version.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    form: web::Form<Form>,
) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    match step(&visitor, &slug, &form).await {
        Ok(answer) => Ok(answer),
        Err(error @ HttpError::Service(ServiceError::NotFound(_))) => Err(error),
        Err(error) => {
            let values = values(&visitor, &slug).await?;
            visitor.again(TEMPLATE, form.typed(), error, values)
        }
    }
}

async fn step(visitor: &Visitor, slug: &str, form: &Form) -> PageResult {
    let actor = visitor.operator(Permission::Catalogue)?;
    let terms = form.text().read()?;
    let from = valid_from(visitor, &form.valid_from)?;
    if form.confirmed.is_some() {
        terms_add(&visitor.app, actor, slug, &terms, from).await?;
        return Ok(visitor.go_saying(&format!("/operator/stores/{slug}"), "terms-added").finish());
    }
    let TermsPreview { version, before, differences } = terms_preview(&visitor.app, actor, slug, &terms, from).await?;
    let asked = context! {
        differences => of(differences), from => of(from), typed => of(form.text()),
        valid_from => form.valid_from.as_str(),
    };
    visitor.page(TEMPLATE, context! { slug => slug, version => version, terms => of(before), asked => asked })
}

/// A moment as browsers write it (`2026-12-01T00:00`), in the reader's zone; none when it is empty.
fn valid_from(visitor: &Visitor, typed: &str) -> HttpResult<Option<Timestamp>> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let read = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M")
        .ok()
        .and_then(|local| visitor.reader.zone.from_local_datetime(&local).earliest())
        .map(|time| Timestamp::from_datetime(time.with_timezone(&Utc)));
    read.map(Some).ok_or_else(|| ServiceError::invalid("valid_from", "cannot be read").into())
}
