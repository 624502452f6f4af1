//! Adapters: presets and own ones, and the editor of one, which tries a text on the partners' last calls before it is saved.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::domain::access::Permission;
use crate::http::api::operator::adapters::{adapter_of, adapters};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::partners::adapter_put;

const TEMPLATE: &str = "operator_adapter.html";

/// The adapters, by name, with the partners that use each.
pub(in crate::http::page) async fn list(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let known = visitor.app.catalogue.snapshot();
    let mut uses: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for partner in known.partners.values() {
        uses.entry(partner.row.adapter.clone()).or_default().push(partner.row.name.clone());
    }
    let listed = adapters(&visitor.app).await?;
    visitor.page("operator_adapters.html", context! { adapters => of(listed), uses => of(uses) })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct New {
    #[serde(default)]
    name: String,
}

/// The editor of one; of a new one when there is none of that name.
async fn values(visitor: &Visitor, name: &str) -> HttpResult<Value> {
    let found = match adapter_of(&visitor.app, name).await {
        Ok(found) => Some(found),
        Err(HttpError::Service(ServiceError::NotFound(_))) => None,
        Err(error) => return Err(error),
    };
    let start = format!("name = \"{name}\"\nextends = \"\"\n");
    Ok(context! { name => name, adapter => of(found), start => start, check => () })
}

/// Leads to the editor of a new one.
pub(in crate::http::page) async fn new(visitor: Visitor, form: web::Form<New>) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    crate::service::stores::check_slug("name", form.name.trim())?;
    Ok(visitor.go(&format!("/operator/adapters/{}", form.name.trim())).finish())
}

/// One adapter.
pub(in crate::http::page) async fn one(visitor: Visitor, name: web::Path<String>) -> PageResult {
    let actor = visitor.operator(Permission::Look)?;
    if !actor.may(Permission::Catalogue) {
        adapter_of(&visitor.app, &name).await?;
    }
    let values = values(&visitor, &name).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    body: String,
    /// `save`; anything else only tries it.
    #[serde(default)]
    decision: String,
}

/// Tries a text, or saves it.
pub(in crate::http::page) async fn put(visitor: Visitor, name: web::Path<String>, form: web::Form<Form>) -> PageResult {
    let actor = visitor.operator(Permission::Catalogue)?;
    // Forms end their lines in CR LF; the text is kept as it is written everywhere else.
    let body = form.body.replace("\r\n", "\n");
    let save = form.decision == "save";
    match adapter_put(&visitor.app, actor, &name, &body, !save).await {
        Ok(_saved) if save => Ok(visitor.go_saying(&format!("/operator/adapters/{name}"), "adapter-saved").finish()),
        Ok(check) => {
            let values = values(&visitor, &name).await?;
            let typed = of(Fields::typed([("body", &body)]));
            visitor.page(TEMPLATE, context! { check => of(check), form => typed, ..values })
        }
        Err(error) => {
            let values = values(&visitor, &name).await?;
            visitor.again(TEMPLATE, Fields::typed([("body", &body)]), error.into(), values)
        }
    }
}
