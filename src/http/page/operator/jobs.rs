//! Work that runs by itself: what was given up, and what waits.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::db::jobs::job_list;
use crate::domain::access::Permission;
use crate::http::api::operator::payouts::Job;
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{HttpError, Page, PageOf};

/// How many jobs a page shows.
const SHOWN: i64 = 50;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// Those that wait, and not those that were given up.
    #[serde(default)]
    waiting: bool,
    after: Option<String>,
}

/// The jobs, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let (before, dead) = (part.key()?, !query.waiting);
    let rows = visitor.app.db.read(move |conn| job_list(conn, Some(dead), before, SHOWN + 1).map_err(HttpError::from));
    let found = PageOf::new(rows.await?, SHOWN, |row| row.id)?.map(Job::from);
    visitor.page(
        "operator_jobs.html",
        context! {
            jobs => of(found.items), next => found.next, first => query.after.is_none(), waiting_ones => query.waiting,
        },
    )
}
