//! Files of changes to orders: uploading one, seeing what each line would do, and carrying it out.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, web};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::own;
use crate::base::id::OrderChangesId;
use crate::db::order_changes::{OrderChangesFact, order_changes_list};
use crate::domain::adapter::uploaded_text;
use crate::http::api::partner::LARGEST;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::desk::order_changes::{
    Done, Line, Told, order_changes_apply, order_changes_get, order_changes_look, order_changes_put,
};

/// How many files a page shows, and how many lines of one.
const SHOWN: i64 = 20;
const LINES: usize = 200;
const TEMPLATE: &str = "partner_changes.html";
const FILE: &str = "partner_change.html";
const PAGE: &str = "/partner/changes";

async fn values(visitor: &Visitor, page: &Page) -> HttpResult<Value> {
    let (partner, _) = own(visitor)?;
    let (id, before) = (partner.row.id, page.key()?);
    let read =
        visitor.app.db.read(move |conn| order_changes_list(conn, id, before, SHOWN + 1).map_err(HttpError::from));
    let found = PageOf::new(read.await?, SHOWN, |row| row.id)?.map(|row: OrderChangesFact| {
        context! {
            id => row.id.to_string(), lines => row.lines, created_at => of(row.created_at), applied_at => of(row.applied_at),
        }
    });
    Ok(context! { files => found.items, next => found.next, first => page.after.is_none() })
}

/// The form, and the files that were uploaded before.
pub(in crate::http::page) async fn list(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let values = values(&visitor, &page).await?;
    visitor.page(TEMPLATE, values)
}

/// Takes a file. Nothing is carried out.
pub(in crate::http::page) async fn upload(visitor: Visitor, request: HttpRequest, body: web::Payload) -> PageResult {
    let (partner, actor) = own(&visitor)?;
    let put = async {
        let wrong = |problem: &str| HttpError::from(ServiceError::invalid("file", problem));
        let body = body.to_bytes_limited(LARGEST).await.map_err(|_large| wrong("must have at most 1 MiB"))?;
        let body = body.map_err(|_cut| wrong("was cut short"))?;
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let text = uploaded_text(&body, kind, &["file", "text"]).map_err(|problem| wrong(&problem))?;
        Ok::<_, HttpError>(order_changes_put(&visitor.app, &partner, &actor, &text).await?)
    };
    match put.await {
        Ok(id) => Ok(visitor.go(&format!("{PAGE}/{id}")).finish()),
        Err(error) => {
            let values = values(&visitor, &Page::default()).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// The line after which the page begins.
    #[serde(default)]
    after: u64,
}

fn line_value(line: &Line) -> Value {
    context! {
        line => line.line,
        order => line.order.as_str(),
        order_id => line.order_id.map(|id| id.to_string()),
        action => line.action.map(|action| action.as_str()),
        reason => line.reason.as_deref(),
        fault => of(line.fault),
        keys => &line.keys,
        would => of(&line.would),
        can => line.can(),
    }
}

fn done_value(done: &Done) -> Value {
    context! {
        line => done.line,
        order => done.order.as_str(),
        order_id => done.order_id.map(|id| id.to_string()),
        verdict => done.verdict.map(|verdict| verdict.as_str()),
        words => of(done.words()),
        fault => of(done.fault),
    }
}

/// One part of the lines, and the number after which the next one begins.
fn part<T>(lines: &[T], number: impl Fn(&T) -> u64, after: u64) -> (Vec<&T>, Option<u64>) {
    let mut rest = lines.iter().filter(|line| number(line) > after);
    let shown: Vec<&T> = rest.by_ref().take(LINES).collect();
    let more = rest.next().is_some();
    let last = shown.last().map(|line| number(line)).filter(|_| more);
    (shown, last)
}

async fn file_values(visitor: &Visitor, id: OrderChangesId, after: u64) -> HttpResult<Value> {
    let (partner, _) = own(visitor)?;
    let row = order_changes_get(&visitor.app, partner.row.id, id).await?;
    let told = order_changes_look(&visitor.app, &partner, &row).await?;
    let [can, same, cannot] = told.counts();
    let about = context! {
        id => id.to_string(), created_at => of(row.created_at), applied_at => of(row.applied_at), after => after,
        lines => (), done => (), next => (), can => can, same => same, cannot => cannot,
    };
    Ok(match told {
        Told::Done(done) => {
            let (shown, next) = part(&done, |one| one.line, after);
            let shown: Vec<Value> = shown.into_iter().map(done_value).collect();
            context! { done => shown, next => next, ..about }
        }
        Told::Would(lines) => {
            let (shown, next) = part(&lines, |line| line.line, after);
            let shown: Vec<Value> = shown.into_iter().map(line_value).collect();
            context! { lines => shown, next => next, ..about }
        }
    })
}

/// What each line would do, or what became of it.
pub(in crate::http::page) async fn show(
    visitor: Visitor,
    id: web::Path<OrderChangesId>,
    query: web::Query<Query>,
) -> PageResult {
    let values = file_values(&visitor, id.into_inner(), query.after).await?;
    visitor.page(FILE, values)
}

/// Carries a file out.
pub(in crate::http::page) async fn apply(visitor: Visitor, id: web::Path<OrderChangesId>) -> PageResult {
    let ((partner, actor), id) = (own(&visitor)?, id.into_inner());
    match order_changes_apply(&visitor.app, &partner, &actor, id).await {
        Ok(_done) => Ok(visitor.go_saying(&format!("{PAGE}/{id}"), "changes-done").finish()),
        Err(error @ ServiceError::Conflict { .. }) => {
            let values = file_values(&visitor, id, 0).await?;
            visitor.again(FILE, Fields::default(), error.into(), values)
        }
        Err(error) => Err(error.into()),
    }
}
