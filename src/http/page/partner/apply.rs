//! Applying to become a partner.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Secret;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError};
use crate::service::accounts::{self, Application};
use crate::service::limits::Limits;
use crate::service::partners::formats;

const TEMPLATE: &str = "partner_apply.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    adapter: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    email: String,
    password: Secret,
}

fn values() -> Value {
    context! { formats => of(formats()) }
}

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.page(TEMPLATE, values())
}

/// Applies.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let wanted = Application {
        name: form.name.clone(),
        site: form.site.trim().to_owned(),
        adapter: form.adapter.clone(),
        note: Some(form.note.clone()),
        person: form.person.clone(),
        email: form.email.clone(),
        password: form.password.clone(),
        language: visitor.reader.language,
    };
    let asked = async {
        limits.person_sign_in(client.0, &form.email)?;
        accounts::apply(&visitor.app, wanted).await.map_err(HttpError::from)
    };
    match asked.await {
        Ok(()) => Ok(visitor.go("/letter").finish()),
        Err(error) => {
            let typed = Fields::typed([
                ("name", &*form.name),
                ("site", &*form.site),
                ("adapter", &*form.adapter),
                ("note", &*form.note),
                ("person", &*form.person),
                ("email", &*form.email),
            ]);
            visitor.again(TEMPLATE, typed, error, values())
        }
    }
}
