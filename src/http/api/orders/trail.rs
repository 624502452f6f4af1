//! An order's whole story: click, calls, revisions, money, and where the money went.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{ClickView, Eyes, OrderView, PostbackView, TransactionView, known};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, PayoutId, PostbackId, ShopperId};
use crate::base::secret::MasterKey;
use crate::db::Conn;
use crate::db::clicks::click_find;
use crate::db::conversions::conversion_find;
use crate::db::ledger::{Posted, TransactionFilter, transaction_list};
use crate::db::postbacks::{postback_find, postback_list_of_conversion};
use crate::db::revisions::{RevisionRow, revision_list};
use crate::domain::access::Permission;
use crate::domain::conversion::{Conversion, State};
use crate::domain::ledger::{Account, Bucket, TransactionKind};
use crate::domain::money::{Amount, Currency};
use crate::http::HttpResult;
use crate::http::caller::{Operator, PartnerActor, Shopper};
use crate::service::catalogue::Snapshot;
use crate::service::{App, Outcome, ServiceError};

/// The most transactions, and the most later payouts, that a story shows.
const MOST: i64 = 200;

/// What an order was after one change.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct RevisionView {
    /// Counts from 1.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// The state it got.
    pub state: State,
    /// The partner holds it back.
    pub on_hold: bool,
    /// The cashback.
    pub cashback: Amount,
    /// What the partner owes.
    pub commission: Amount,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `postback`, `hold_over`, or who did it by hand.
    pub cause: String,
    /// The call that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub postback_id: Option<PostbackId>,
}

impl RevisionView {
    fn of(currency: Currency, row: RevisionRow) -> Self {
        Self {
            revision: row.revision,
            at: row.at,
            state: row.state,
            on_hold: row.hold,
            cashback: Amount::new(row.cashback, currency),
            commission: Amount::new(row.commission, currency),
            reason: row.reason,
            cause: row.cause,
            postback_id: row.postback_id,
        }
    }
}

/// A payout that was reserved after the cashback had become available.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PayoutRef {
    /// The payout.
    #[schema(value_type = Option<String>, format = "uuid")]
    payout_id: Option<PayoutId>,
    /// When it was reserved.
    at: Timestamp,
    /// How much.
    amount: Amount,
}

/// An order's story.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Trail {
    /// The order as it stands.
    pub order: OrderView,
    /// The click that earned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click: Option<ClickView>,
    /// The partner's calls about it, oldest first.
    pub postbacks: Vec<PostbackView>,
    /// What it was after each change, oldest first.
    pub revisions: Vec<RevisionView>,
    /// How the money moved, oldest first.
    pub transactions: Vec<TransactionView>,
    /// What was withdrawn after its cashback had become available, oldest first.
    pub later_payouts: Vec<PayoutRef>,
}

/// One of the shopper's orders with its whole story.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = Trail), (status = 404)))]
#[get("/api/v1/orders/{id}")]
pub(super) async fn shopper_get(
    app: web::Data<App>,
    shopper: Shopper,
    id: web::Path<ConversionId>,
) -> HttpResult<web::Json<Trail>> {
    Ok(web::Json(shopper_trail(&app, shopper.0, id.into_inner()).await?))
}

/// One of a shopper's orders with its whole story.
///
/// # Errors
/// A 404 also for another shopper's; the database's failures.
pub(in crate::http) async fn shopper_trail(app: &App, shopper: ShopperId, id: ConversionId) -> HttpResult<Trail> {
    let (master, known) = (app.master.clone(), known(app));
    let told = app.db.read(move |conn| {
        let found = conversion_find(conn, id)?.filter(|conversion| conversion.shopper_id == shopper);
        trail(conn, &master, &known, Eyes::Shopper, found.ok_or(ServiceError::NotFound("order"))?)
    });
    Ok(told.await?)
}

/// One of the partner's orders with its story: its calls, its revisions, what it owes for it.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = Trail), (status = 404)))]
#[get("/api/v1/partner/orders/{id}")]
pub(super) async fn partner_get(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<ConversionId>,
) -> HttpResult<web::Json<Trail>> {
    Ok(web::Json(partner_trail(&app, partner.0, id.into_inner()).await?))
}

/// One of a partner's orders with its story, as far as it is the partner's: who bought, and what became of the cashback
/// afterwards, is not told.
///
/// # Errors
/// A 404 also for another partner's; the database's failures.
pub(in crate::http) async fn partner_trail(app: &App, partner: PartnerId, id: ConversionId) -> HttpResult<Trail> {
    let (master, known) = (app.master.clone(), known(app));
    let told = app.db.read(move |conn| {
        let found = conversion_find(conn, id)?.filter(|conversion| conversion.partner_id == partner);
        let mut told = trail(conn, &master, &known, Eyes::Partner, found.ok_or(ServiceError::NotFound("order"))?)?;
        told.transactions.retain(|transaction| !transaction.transfers.is_empty());
        told.later_payouts.clear();
        Ok::<_, ServiceError>(told)
    });
    Ok(told.await?)
}

/// An order with its whole story.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = Trail), (status = 404)))]
#[get("/api/v1/operator/orders/{id}")]
pub(super) async fn operator_get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ConversionId>,
) -> HttpResult<web::Json<Trail>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(operator_trail(&app, id.into_inner()).await?))
}

/// An order with its whole story, for operators.
///
/// # Errors
/// A 404; the database's failures.
pub(in crate::http) async fn operator_trail(app: &App, id: ConversionId) -> HttpResult<Trail> {
    let (master, known) = (app.master.clone(), known(app));
    let told = app.db.read(move |conn| {
        let found = conversion_find(conn, id)?;
        trail(conn, &master, &known, Eyes::Operator, found.ok_or(ServiceError::NotFound("order"))?)
    });
    Ok(told.await?)
}

fn trail(conn: &mut Conn, master: &MasterKey, known: &Snapshot, eyes: Eyes, order: Conversion) -> Outcome<Trail> {
    let revisions = revision_list(conn, order.id)?;
    let mut calls = postback_list_of_conversion(conn, order.id)?;
    for revision in &revisions {
        // A call about several orders is kept with the first of them; the revisions know it too.
        if let Some(id) = revision.postback_id.filter(|id| calls.iter().all(|call| call.id != *id)) {
            calls.extend(postback_find(conn, id)?);
        }
    }
    calls.sort_by_key(|call| call.id);
    let mut postbacks = Vec::new();
    for call in &calls {
        let view = PostbackView::of(master, known, call)?;
        postbacks.push(if eyes == Eyes::Shopper { view.about(order.id) } else { view });
    }
    let filter = TransactionFilter { conversion_id: Some(order.id), ..TransactionFilter::default() };
    let mut posted = transaction_list(conn, &filter, MOST)?;
    posted.reverse();
    let later_payouts = later_payouts(conn, &order, &posted)?;
    let currency = order.commission.currency();
    Ok(Trail {
        click: click_find(conn, order.click_id)?.map(|row| ClickView::of(known, row)),
        postbacks,
        revisions: revisions.into_iter().map(|row| RevisionView::of(currency, row)).collect(),
        transactions: posted.iter().map(|posted| TransactionView::of(eyes, posted)).collect(),
        later_payouts,
        order: OrderView::of(known, eyes, order),
    })
}

fn later_payouts(conn: &mut Conn, order: &Conversion, posted: &[Posted]) -> Outcome<Vec<PayoutRef>> {
    let available = Account::Shopper(order.shopper_id, Bucket::Available);
    let gave = |one: &&Posted| one.transfers.iter().any(|transfer| transfer.credit == available);
    let Some(first) = posted.iter().find(gave) else { return Ok(Vec::new()) };
    let filter = TransactionFilter {
        shopper_id: Some(order.shopper_id),
        from: Some(first.transaction.at),
        ..TransactionFilter::default()
    };
    let mut out = Vec::new();
    for posted in transaction_list(conn, &filter, MOST)?.iter().rev() {
        if posted.transaction.kind != TransactionKind::PayoutReserved {
            continue;
        }
        let (payout_id, at) = (posted.transaction.payout_id, posted.transaction.at);
        let own = posted.transfers.iter().filter(|transfer| transfer.currency == order.commission.currency());
        out.extend(own.map(|transfer| PayoutRef { payout_id, at, amount: transfer.amount() }));
    }
    Ok(out)
}
