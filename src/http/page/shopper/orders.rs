//! The shopper's orders.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use minijinja::context;
use serde::{Deserialize, Serialize};

use crate::db::conversions::ConversionFilter;
use crate::domain::conversion::State;
use crate::http::api::orders::{Eyes, OrderView, orders};
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{Page, PageOf};
use crate::service::ServiceError;
use crate::service::catalogue::Snapshot;

/// How many orders a page shows.
const SHOWN: i64 = 30;
/// How many orders an export reads at a time, and holds at most.
const PART: i64 = 100;
const MOST: usize = 50_000;

#[derive(Deserialize, Default)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    state: String,
    #[serde(default)]
    number: String,
    after: Option<String>,
}

/// An order with the store's name.
#[derive(Serialize)]
pub(in crate::http::page) struct Line {
    #[serde(flatten)]
    pub order: OrderView,
    pub store_name: Option<String>,
}

impl Line {
    pub fn of(known: &Snapshot, order: OrderView) -> Self {
        let store = order.store.as_ref().and_then(|slug| known.stores.get(slug));
        Self { store_name: store.map(|store| store.row.name.clone()), order }
    }
}

async fn part(visitor: &Visitor, query: &Query, part: &Page) -> crate::http::HttpResult<PageOf<Line>> {
    let number = query.number.trim();
    let filter = ConversionFilter {
        shopper_id: Some(visitor.shopper()?),
        // A word that is no state filters nothing, as the choice "all" does.
        state: query.state.parse::<State>().ok(),
        number: (!number.is_empty()).then(|| number.to_owned()),
        ..ConversionFilter::default()
    };
    let known = visitor.app.catalogue.snapshot();
    Ok(orders(&visitor.app, Eyes::Shopper, filter, part).await?.map(|order| Line::of(&known, order)))
}

/// The orders, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let page = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = part(&visitor, &query, &page).await?;
    visitor.page(
        "orders.html",
        context! {
            orders => of(found.items),
            next => found.next,
            first => query.after.is_none(),
            state => query.state.as_str(),
            number => query.number.trim(),
            states => State::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>(),
        },
    )
}

/// The same orders as a table for spreadsheets.
pub(in crate::http::page) async fn export(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let mut out = csv::Writer::from_writer(Vec::new());
    let head = [
        "made",
        "store",
        "order",
        "state",
        "reason",
        "order_amount",
        "order_currency",
        "cashback",
        "currency",
        "available_at",
    ];
    out.write_record(head).map_err(ServiceError::internal)?;
    let (mut after, mut written) = (None, 0);
    loop {
        let found = part(&visitor, &query, &Page { after, limit: Some(PART) }).await?;
        written += found.items.len();
        for line in found.items {
            out.write_record(record(line)).map_err(ServiceError::internal)?;
        }
        after = found.next;
        if after.is_none() || written >= MOST {
            break;
        }
    }
    let body = out.into_inner().map_err(ServiceError::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"orders.csv\""))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body))
}

fn record(line: Line) -> [String; 10] {
    let order = line.order;
    let (sum, of) = order
        .order_amount
        .map_or_else(Default::default, |amount| (amount.major().to_string(), amount.currency().code().to_owned()));
    [
        order.occurred_at.to_string(),
        harmless(line.store_name.unwrap_or_default()),
        harmless(order.order_number.unwrap_or(order.external_id)),
        order.state.as_str().to_owned(),
        harmless(order.reason.unwrap_or_default()),
        sum,
        of,
        order.cashback.major().to_string(),
        order.cashback.currency().code().to_owned(),
        order.available_at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

/// A text that spreadsheets do not take for a formula: stores and partners write these words. Some take a semicolon or a
/// tab for the end of a field.
pub(in crate::http::page) fn harmless(text: String) -> String {
    let text = text.replace([';', '\t', '\r', '\n'], " ");
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}
