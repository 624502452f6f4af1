//! A new version of a store's terms: typed, held against the one of now, and then added.

use actix_web::web;
use chrono::{NaiveDateTime, TimeZone as _, Utc};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::stores::find;
use crate::base::Timestamp;
use crate::db::stores::terms_list;
use crate::domain::access::Permission;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::stores::{TermsText, terms_add};

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

/// The newest version, as texts; blank texts when there is none.
async fn newest(visitor: &Visitor, slug: &str) -> HttpResult<(i64, TermsText)> {
    let id = find(visitor, slug).await?.id;
    let rows = visitor.app.db.read(move |conn| terms_list(conn, id).map_err(HttpError::from)).await?;
    let first_terms =
        || TermsText { hold_days: "21".to_owned(), attribution_days: "30".to_owned(), ..TermsText::default() };
    match rows.first() {
        Some(row) => Ok((row.version, TermsText::of(&row.terms()?))),
        None => Ok((0, first_terms())),
    }
}

async fn values(visitor: &Visitor, slug: &str) -> HttpResult<Value> {
    let (version, text) = newest(visitor, slug).await?;
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
    if from.is_some_and(|from| from < visitor.now()) {
        return Err(ServiceError::invalid("valid_from", "must not be in the past").into());
    }
    let (version, before) = newest(visitor, slug).await?;
    let asked = context! {
        differences => of(before.differences(&TermsText::of(&terms))), from => of(from), typed => of(form.text()),
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
