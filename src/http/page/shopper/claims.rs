//! Claims: an order that never came, told from the click that should have earned it.

use actix_web::web;
use chrono::{NaiveDate, NaiveTime, TimeZone as _, Utc};
use minijinja::context;
use minijinja::value::Value;
use serde::{Deserialize, Serialize};

use super::claim_files;
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId};
use crate::db::claims::ClaimFilter;
use crate::domain::claim::ClaimState;
use crate::domain::money::{Amount, Currency};
use crate::http::api::orders::{AwaitedOrder, ClaimView, awaited_of, claim_of, claims, click_of};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page};
use crate::service::ServiceError;
use crate::service::await_order::{Told, awaited_forget, order_tell};
use crate::service::catalogue::Snapshot;
use crate::service::claims::NewClaim;
use crate::service::store_scores::missing_from;
use crate::web::amount_input;

/// How many claims a page shows.
const SHOWN: i64 = 20;
const FORM: &str = "claim_new.html";
const ONE: &str = "claim.html";

/// A claim, or an order that waits to become one, with the store's name.
#[derive(Serialize)]
struct Line<T> {
    #[serde(flatten)]
    told: T,
    store_name: Option<String>,
}

impl<T> Line<T> {
    fn new(known: &Snapshot, store: Option<&String>, told: T) -> Self {
        let store = store.and_then(|slug| known.stores.get(slug));
        Self { store_name: store.map(|store| store.row.name.clone()), told }
    }
}

fn line(known: &Snapshot, claim: ClaimView) -> Line<ClaimView> {
    Line::new(known, claim.store.clone().as_ref(), claim)
}

/// The claims, newest first, after what waits to become one.
pub(in crate::http::page) async fn list(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let shopper = visitor.shopper()?;
    let filter = ClaimFilter { shopper_id: Some(shopper), ..ClaimFilter::default() };
    let known = visitor.app.catalogue.snapshot();
    let first = part.after.is_none();
    let found = claims(&visitor.app, filter, &part).await?.map(|claim| line(&known, claim));
    let awaited = if first { awaited_of(&visitor.app, shopper).await? } else { Vec::new() };
    let named = |order: AwaitedOrder| Line::new(&known, order.store.clone().as_ref(), order);
    let awaited: Vec<_> = awaited.into_iter().map(named).collect();
    let values = context! { claims => of(found.items), awaited => of(awaited), next => found.next, first => first };
    visitor.page("claims.html", values)
}

/// Takes back an order that waits to become a claim.
pub(in crate::http::page) async fn forget(visitor: Visitor, id: web::Path<ClaimId>) -> PageResult {
    match awaited_forget(&visitor.app, visitor.shopper()?, id.into_inner()).await {
        Ok(()) => Ok(visitor.go_saying("/claims", "order-forgotten").finish()),
        // It came, or became a claim, while the page was looked at.
        Err(ServiceError::NotFound(_)) => Ok(visitor.go("/claims").finish()),
        Err(other) => Err(other.into()),
    }
}

/// One claim.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<ClaimId>) -> PageResult {
    let values = one(&visitor, id.into_inner()).await?;
    visitor.page(ONE, values)
}

/// A claim's page again, with what is wrong with a file.
pub(super) async fn again(visitor: &Visitor, id: ClaimId, error: HttpError) -> PageResult {
    let values = one(visitor, id).await?;
    visitor.again(ONE, Fields::default(), error, values)
}

async fn one(visitor: &Visitor, id: ClaimId) -> HttpResult<Value> {
    let shopper = visitor.shopper()?;
    let claim = claim_of(&visitor.app, shopper, id).await?;
    let known = visitor.app.catalogue.snapshot();
    let files = claim_files::shown(visitor, id).await?;
    let late = claim.state == ClaimState::Open && claim.answer_by < visitor.now();
    Ok(context! { claim => of(line(&known, claim)), files => files, late => late })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct About {
    click: ClickId,
}

async fn values(visitor: &Visitor, click: ClickId) -> HttpResult<Value> {
    let click = click_of(&visitor.app, visitor.shopper()?, click).await?;
    let known = visitor.app.catalogue.snapshot();
    let store = click.store.as_ref().and_then(|slug| known.stores.get(slug));
    let name = store.map(|store| store.row.name.clone());
    let missing_from = missing_from(&visitor.app, store.map(AsRef::as_ref), click.at).await?;
    let waits = missing_from > visitor.now();
    let values = context! { click => of(click), store_name => name, now => of(visitor.now()) };
    Ok(context! { missing_from => of(missing_from), waits => waits, ..values })
}

/// The form, about a click.
pub(in crate::http::page) async fn ask(visitor: Visitor, about: web::Query<About>) -> PageResult {
    let values = values(&visitor, about.click).await?;
    visitor.page(FORM, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    click: ClickId,
    #[serde(default)]
    order_number: String,
    #[serde(default)]
    ordered_at: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    note: String,
    /// Not at once, but when the store has had its time.
    #[serde(default)]
    wait: bool,
}

/// Makes the claim.
pub(in crate::http::page) async fn make(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    match claim(&visitor, &form).await {
        Ok(Told::Claimed(row)) => Ok(visitor.go_saying(&format!("/claims/{}", row.id), "claim-made").finish()),
        Ok(Told::Waits(_row)) => Ok(visitor.go_saying("/claims", "order-awaited").finish()),
        Err(error) => {
            let values = values(&visitor, form.click).await?;
            let typed = Fields::typed([
                ("order_number", &form.order_number),
                ("ordered_at", &form.ordered_at),
                ("amount", &form.amount),
                ("currency", &form.currency),
                ("note", &form.note),
            ]);
            visitor.again(FORM, typed, error, values)
        }
    }
}

async fn claim(visitor: &Visitor, form: &Form) -> HttpResult<Told> {
    let wrong = |field: &str| HttpError::from(ServiceError::invalid(field, "cannot be read"));
    let amount = match form.amount.trim() {
        "" => None,
        typed => {
            let currency: Currency = form.currency.parse().map_err(|_cause| wrong("currency"))?;
            Some(Amount::parse(&amount_input(typed), currency).map_err(|_cause| wrong("amount"))?)
        }
    };
    let clicked = click_of(&visitor.app, visitor.shopper()?, form.click).await?.at;
    let ordered_at = read_day(visitor, &form.ordered_at, clicked).ok_or_else(|| wrong("ordered_at"))?;
    let note = (!form.note.trim().is_empty()).then(|| form.note.clone());
    let wanted = NewClaim { click: form.click, order_number: form.order_number.clone(), amount, ordered_at, note };
    order_tell(&visitor.app, visitor.shopper()?, wanted, form.wait).await.map_err(HttpError::from)
}

/// A day in the reader's zone, as a moment of it: an order of the click's own day was made after the click, and one of
/// today was made before now.
fn read_day(visitor: &Visitor, typed: &str, clicked: Timestamp) -> Option<Timestamp> {
    let day: NaiveDate = typed.trim().parse().ok()?;
    let zone = visitor.reader.zone;
    let noon = zone.from_local_datetime(&day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?)).earliest()?;
    let noon = Timestamp::from_datetime(noon.with_timezone(&Utc));
    let same = |at: Timestamp| at.datetime().with_timezone(&zone).date_naive() == day;
    let from = if same(clicked) { noon.max(clicked) } else { noon };
    Some(if same(visitor.now()) { from.min(visitor.now()) } else { from })
}
