//! The inbox: partners' calls that wait for a person, and running one again.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::id::PostbackId;
use crate::db::postbacks::{PostbackFilter, postback_find};
use crate::domain::access::Permission;
use crate::http::api::orders::{PostbackView, calls, operator_run};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page};
use crate::service::ServiceError;

/// How many calls a page shows.
const SHOWN: i64 = 30;
const TEMPLATE: &str = "operator_call.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// Every call, and not only those that wait.
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

/// The calls, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let filter = PostbackFilter { waiting: !query.all, ..PostbackFilter::default() };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = calls(&visitor.app, filter, &part).await?;
    let first = query.after.is_none();
    visitor.page(
        "operator_calls.html",
        context! { calls => of(found.items), next => found.next, first => first, all => query.all },
    )
}

async fn find(visitor: &Visitor, id: PostbackId) -> HttpResult<PostbackView> {
    let found = visitor.app.db.read(move |conn| postback_find(conn, id).map_err(HttpError::from)).await?;
    let row = found.ok_or(ServiceError::NotFound("postback"))?;
    Ok(PostbackView::of(&visitor.app.master, &visitor.app.catalogue.snapshot(), &row)?)
}

/// One call as it came, with what became of it.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<PostbackId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let call = find(&visitor, id.into_inner()).await?;
    visitor.page(TEMPLATE, context! { call => of(call) })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    reason: String,
    /// Vouches for a call that was refused.
    trusted: Option<String>,
}

/// Runs a call again.
pub(in crate::http::page) async fn rerun(
    visitor: Visitor,
    id: web::Path<PostbackId>,
    form: web::Form<Form>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Care)?, id.into_inner());
    match operator_run(&visitor.app, actor, id, form.trusted.is_some(), &form.reason).await {
        Ok(run) => Ok(visitor.go_saying(&format!("/operator/calls/{}", run.id), "call-rerun").finish()),
        Err(error) => {
            let call = find(&visitor, id).await?;
            visitor.again(TEMPLATE, Fields::typed([("reason", &form.reason)]), error, context! { call => of(call) })
        }
    }
}
