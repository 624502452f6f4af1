//! One box for everything.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::domain::access::Permission;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::search::search;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    q: String,
}

/// What was found. A single thing is shown at once.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let found = search(&visitor.app, &query.q).await?;
    visitor.page("operator_search.html", context! { q => query.q.trim(), found => of(found) })
}
