//! The audit trail: who did what, and when.

use actix_web::web;
use chrono::{NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use minijinja::context;
use serde::Deserialize;

use super::names;
use crate::base::Timestamp;
use crate::db::audit::AuditFilter;
use crate::db::operators::operator_list;
use crate::domain::access::Permission;
use crate::http::api::operator::audit::trail_of;
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{HttpError, Page};

const SHOWN: i64 = 50;
/// How many operators may be chosen from.
const OPERATORS: i64 = 100;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    actor: String,
    /// Days in the reader's zone, both included.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    after: Option<String>,
}

/// The trail, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = AuditFilter {
        subject: given(&query.subject),
        actor: given(&query.actor),
        from: day(&visitor, &query.from, 0),
        until: day(&visitor, &query.to, 1),
        before: None,
    };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = trail_of(&visitor.app, filter, &part).await?;
    let names = names::of_actors(&visitor, found.items.iter().map(|entry| Some(&entry.actor))).await?;
    let operators = visitor.app.db.read(|conn| operator_list(conn, None, OPERATORS).map_err(HttpError::from)).await?;
    let operators: Vec<_> = operators.into_iter().map(|row| (format!("operator/{}", row.id), row.name)).collect();
    visitor.page(
        "operator_audit.html",
        context! {
            entries => of(found.items), next => found.next, first => query.after.is_none(), names => of(names),
            operators => of(operators), subject => query.subject.trim(), actor => query.actor.as_str(),
            from => query.from.as_str(), to => query.to.as_str(),
        },
    )
}

/// The beginning of a day in the reader's zone, so many days later; none where no day is named.
fn day(visitor: &Visitor, typed: &str, later: i64) -> Option<Timestamp> {
    let day: NaiveDate = typed.trim().parse().ok()?;
    let day = day.checked_add_signed(TimeDelta::try_days(later)?)?;
    let local = visitor.reader.zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest()?;
    Some(Timestamp::from_datetime(local.with_timezone(&Utc)))
}
