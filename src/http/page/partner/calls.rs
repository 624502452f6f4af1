//! The log of a partner's calls: what came, what was decided, and why.

use actix_web::web;
use chrono::{Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use minijinja::context;
use serde::Deserialize;

use super::own;
use crate::base::Timestamp;
use crate::base::id::PostbackId;
use crate::db::postbacks::CallSearch;
use crate::domain::verdict::Verdict;
use crate::http::api::orders::{call_of, partner_run, search};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, Page};
use crate::service::ServiceError;

/// How many calls a page shows.
const SHOWN: i64 = 30;
const TEMPLATE: &str = "partner_call.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// A verdict, `waiting`, or anything else for all.
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    number: String,
    after: Option<String>,
}

/// The first moment of a day in the reader's zone; `None` for what is no day.
pub(in crate::http::page) fn day_start(visitor: &Visitor, typed: &str, days_later: u64) -> Option<Timestamp> {
    let day: NaiveDate = typed.trim().parse().ok()?;
    let day = day.checked_add_days(Days::new(days_later))?;
    let start = visitor.reader.zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest()?;
    Some(Timestamp::from_datetime(start.with_timezone(&Utc)))
}

/// A query's part for links to further pages.
pub(in crate::http::page) fn query_of(parts: &[(&str, &str)]) -> String {
    let given = parts.iter().filter(|(_, value)| !value.is_empty());
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

/// The calls, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let number = query.number.trim();
    let wanted = CallSearch {
        verdict: query.verdict.parse::<Verdict>().ok(),
        waiting: query.verdict == "waiting",
        from: day_start(&visitor, &query.from, 0),
        until: day_start(&visitor, &query.until, 1),
        number: (!number.is_empty()).then(|| number.to_owned()),
        before: None,
    };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = search(&visitor.app, partner.row.id, wanted, &part).await?;
    let kept =
        query_of(&[("verdict", &*query.verdict), ("from", &*query.from), ("until", &*query.until), ("number", number)]);
    visitor.page(
        "partner_calls.html",
        context! {
            calls => of(found.items),
            next => found.next,
            first => query.after.is_none(),
            verdict => query.verdict.as_str(),
            from => query.from.trim(),
            until => query.until.trim(),
            number => number,
            kept => kept,
            verdicts => Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect::<Vec<_>>(),
        },
    )
}

/// One call as it came, with what became of it.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<PostbackId>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let call = call_of(&visitor.app, partner.row.id, id.into_inner()).await?;
    visitor.page(TEMPLATE, context! { call => of(call) })
}

/// Runs a held call again.
pub(in crate::http::page) async fn rerun(visitor: Visitor, id: web::Path<PostbackId>) -> PageResult {
    let ((partner, actor), id) = (own(&visitor)?, id.into_inner());
    match partner_run(&visitor.app, &actor, partner.row.id, id).await {
        Ok(run) => Ok(visitor.go_saying(&format!("/partner/calls/{}", run.id), "call-rerun").finish()),
        Err(error @ HttpError::Service(ServiceError::Conflict { .. })) => {
            let call = call_of(&visitor.app, partner.row.id, id).await?;
            visitor.again(TEMPLATE, Fields::default(), error, context! { call => of(call) })
        }
        Err(error) => Err(error),
    }
}
