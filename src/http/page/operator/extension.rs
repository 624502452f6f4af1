//! The browser extension: its list, the key of it, and the packs that say when it stands down.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::store_edit::words;
use crate::domain::access::Permission;
use crate::domain::extension::pack::Pack;
use crate::http::HttpResult;
use crate::http::api::operator::extension::extension;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::service::ServiceError;
use crate::service::extension::{list_key_rotate, pack_put};

const HOME: &str = "/operator/extension";
const PACK: &str = "operator_pack.html";

/// How it stands.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = context! { list => of(extension(&visitor.app).await?) };
    visitor.page("operator_extension.html", values)
}

/// Puts a new key in place.
pub(in crate::http::page) async fn rotate(visitor: Visitor) -> PageResult {
    list_key_rotate(&visitor.app, visitor.operator(Permission::Catalogue)?).await?;
    Ok(visitor.go_saying(HOME, "list-key-rotated").finish())
}

/// The form for a new pack.
pub(in crate::http::page) async fn new(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    let values = known(&visitor, "");
    visitor.page(PACK, values)
}

/// One pack, and the form to lengthen or broaden it.
pub(in crate::http::page) async fn edit(visitor: Visitor, id: web::Path<String>) -> PageResult {
    visitor.operator(Permission::Look)?;
    if !visitor.app.catalogue.snapshot().packs.contains_key(id.as_str()) {
        return Err(ServiceError::NotFound("pack").into());
    }
    let values = known(&visitor, &id);
    visitor.page(PACK, values)
}

/// What is known of a pack; nothing of a new one.
fn known(visitor: &Visitor, id: &str) -> Value {
    let packs = &visitor.app.catalogue.snapshot().packs;
    context! { pack => of(packs.get(id)), today => visitor.now().datetime().date_naive().to_string() }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    id: String,
    #[serde(default)]
    dated: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    params: String,
    #[serde(default)]
    hosts: String,
    #[serde(default)]
    min_minutes: String,
    #[serde(default)]
    idle_minutes: String,
    whole_session: Option<String>,
    never_activate: Option<String>,
    #[serde(default)]
    max_prompts: String,
}

impl Form {
    fn pack(&self) -> HttpResult<Pack> {
        let wrong = |field: &'static str, problem: &str| ServiceError::invalid(field, problem);
        let minutes = |field: &'static str, text: &str| {
            text.trim().parse::<u32>().map_err(|_cause| wrong(field, "must be a number of minutes"))
        };
        let most = match self.max_prompts.trim() {
            "" => None,
            text => Some(text.parse::<u8>().map_err(|_cause| wrong("max_prompts", "must be a number from 0 to 10"))?),
        };
        Ok(Pack {
            id: self.id.trim().to_owned(),
            dated: self.dated.trim().parse().map_err(|_cause| wrong("dated", "must be a date, as in 2026-11-22"))?,
            source: self.source.trim().to_owned(),
            params: words(&self.params),
            hosts: words(&self.hosts),
            min_minutes: minutes("min_minutes", &self.min_minutes)?,
            idle_minutes: minutes("idle_minutes", &self.idle_minutes)?,
            whole_session: self.whole_session.is_some(),
            never_activate: self.never_activate.is_some(),
            max_prompts: most,
            stores: Vec::new(),
        })
    }

    fn typed(&self) -> Fields {
        Fields::typed([
            ("id", &self.id),
            ("dated", &self.dated),
            ("source", &self.source),
            ("params", &self.params),
            ("hosts", &self.hosts),
            ("min_minutes", &self.min_minutes),
            ("idle_minutes", &self.idle_minutes),
            ("whole_session", self.whole_session.as_deref().unwrap_or_default()),
            ("never_activate", self.never_activate.as_deref().unwrap_or_default()),
            ("max_prompts", &self.max_prompts),
        ])
    }
}

/// Puts a pack in place.
pub(in crate::http::page) async fn put(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    let done = async {
        let actor = visitor.operator(Permission::Catalogue)?;
        Ok(pack_put(&visitor.app, actor, form.pack()?).await?)
    };
    match done.await {
        Ok(_pack) => Ok(visitor.go_saying(HOME, "pack-saved").finish()),
        Err(error) => {
            let values = known(&visitor, form.id.trim());
            visitor.again(PACK, form.typed(), error, values)
        }
    }
}
