//! Work that runs by itself: what was given up, and what waits.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::JobId;
use crate::db::jobs::job_list;
use crate::domain::access::Permission;
use crate::http::api::operator::payouts::Job;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::restart_job::restart_job;

/// How many jobs a page shows.
const SHOWN: i64 = 50;
const TEMPLATE: &str = "operator_jobs.html";

#[derive(Deserialize, Default)]
pub(in crate::http::page) struct Query {
    /// Those that wait, and not those that were given up.
    #[serde(default)]
    waiting: bool,
    after: Option<String>,
}

async fn values(visitor: &Visitor, query: &Query) -> HttpResult<Value> {
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let (before, dead) = (part.key()?, !query.waiting);
    let rows = visitor.app.db.read(move |conn| job_list(conn, Some(dead), before, SHOWN + 1).map_err(HttpError::from));
    let found = PageOf::new(rows.await?, SHOWN, |row| row.id)?.map(Job::from);
    let first = query.after.is_none();
    Ok(context! { jobs => of(found.items), next => found.next, first => first, waiting_ones => query.waiting })
}

/// The jobs, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor, &query).await?;
    visitor.page(TEMPLATE, values)
}

/// Has one tried again that was given up.
pub(in crate::http::page) async fn restart(visitor: Visitor, id: web::Path<JobId>) -> PageResult {
    let actor = visitor.operator(Permission::Money)?;
    match restart_job(&visitor.app, actor, id.into_inner()).await {
        Ok(()) => Ok(visitor.go_saying("/operator/jobs?waiting=true", "job-restarted").finish()),
        Err(error @ ServiceError::NotFound(_)) => Err(error.into()),
        Err(error) => {
            let values = values(&visitor, &Query::default()).await?;
            visitor.again(TEMPLATE, Fields::default(), error.into(), values)
        }
    }
}
