//! What a partner owes, a month at a time: on a page that prints well, and as a table for spreadsheets.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use chrono::{Datelike as _, Months, NaiveDate, NaiveTime, TimeZone as _, Utc};
use minijinja::context;
use serde::Deserialize;

use super::own;
use crate::base::Timestamp;
use crate::http::page::shopper::orders::harmless;
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::desk::statement::{Entry, entries, statement};

/// How many transactions a page looks at, and a part of an export.
const SHOWN: i64 = 200;
/// How many lines an export holds at most.
const MOST: usize = 50_000;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// `2026-11`; the present one when absent.
    #[serde(default)]
    month: String,
    after: Option<String>,
}

/// A month in the reader's zone.
struct Chosen {
    first: NaiveDate,
    from: Timestamp,
    to: Timestamp,
}

impl Chosen {
    fn read(visitor: &Visitor, typed: &str) -> HttpResult<Self> {
        let zone = visitor.reader.zone;
        let today = visitor.now().datetime().with_timezone(&zone).date_naive();
        let first = match typed {
            "" => today.with_day(1).unwrap_or(today),
            typed => format!("{typed}-01")
                .parse()
                .map_err(|_cause| ServiceError::invalid("month", "must look like 2026-11"))?,
        };
        let start = |day: NaiveDate| {
            let start = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
            start.map(|start| Timestamp::from_datetime(start.with_timezone(&Utc)))
        };
        let next = first.checked_add_months(Months::new(1)).and_then(start);
        let (Some(from), Some(to)) = (start(first), next) else {
            return Err(ServiceError::invalid("month", "must look like 2026-11").into());
        };
        Ok(Self { first, from, to })
    }

    fn word(&self) -> String {
        self.first.format("%Y-%m").to_string()
    }
}

/// The statement of a month.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let chosen = Chosen::read(&visitor, &query.month)?;
    let part = Page { after: query.after.clone(), limit: None };
    let told = statement(&visitor.app, partner.row.id, chosen.from, chosen.to).await?;
    let (lines, next) = entries(&visitor.app, partner.row.id, (chosen.from, chosen.to), part.key()?, SHOWN).await?;
    let lines = PageOf::before(lines, next)?;
    let moved = |months: Option<NaiveDate>| months.map(|day| day.format("%Y-%m").to_string());
    let later = chosen.first.checked_add_months(Months::new(1)).filter(|_| chosen.to <= visitor.now());
    visitor.page(
        "partner_statement.html",
        context! {
            partner => partner.row.name.as_str(),
            statement => of(&told),
            entries => of(lines.items),
            next => lines.next,
            first => query.after.is_none(),
            chosen => chosen.word(),
            earlier => moved(chosen.first.checked_sub_months(Months::new(1))),
            later => moved(later),
        },
    )
}

/// The same month's changes as a table for spreadsheets.
pub(in crate::http::page) async fn export(visitor: Visitor, query: web::Query<Query>) -> HttpResult<HttpResponse> {
    let (partner, _) = own(&visitor)?;
    let chosen = Chosen::read(&visitor, &query.month)?;
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["at", "what", "order", "amount", "currency"]).map_err(ServiceError::internal)?;
    let (mut before, mut written) = (None, 0);
    loop {
        let (lines, next) = entries(&visitor.app, partner.row.id, (chosen.from, chosen.to), before, SHOWN).await?;
        written += lines.len();
        for line in lines {
            out.write_record(record(line)).map_err(ServiceError::internal)?;
        }
        before = next;
        if before.is_none() || written >= MOST {
            break;
        }
    }
    let body = out.into_inner().map_err(ServiceError::internal)?;
    let name = format!("attachment; filename=\"statement-{}.csv\"", chosen.word());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body))
}

fn record(entry: Entry) -> [String; 5] {
    [
        entry.at.to_string(),
        entry.kind.as_str().to_owned(),
        harmless(entry.number.unwrap_or_default()),
        entry.amount.major().to_string(),
        entry.amount.currency().code().to_owned(),
    ]
}
