//! Balances and the ledger.

use std::collections::BTreeMap;

use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{Eyes, TransactionView};
use crate::base::Timestamp;
use crate::base::id::ShopperId;
use crate::db::Conn;
use crate::db::balances::{balances_list, balances_walk};
use crate::db::conversions::{ConversionFilter, conversion_list};
use crate::db::ledger::{TransactionFilter, transaction_list};
use crate::db::seals::{folded_list, seal_head, unsealed_count};
use crate::domain::access::Permission;
use crate::domain::chain::GENESIS;
use crate::domain::conversion::State;
use crate::domain::ledger::Bucket;
use crate::domain::money::{Amount, Currency};
use crate::http::caller::{Operator, Shopper};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::verify_ledger::{Report, verify_ledger};
use crate::service::watch::check_ledger;
use crate::service::{App, Outcome};

/// How many holds a balance tells one by one.
const HOLDS: i64 = 100;

/// Cashback that waits for the end of its hold.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Hold {
    /// How much.
    amount: Amount,
    /// When it becomes available.
    until: Timestamp,
}

/// What a shopper has of one currency.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Balance {
    /// The currency.
    #[schema(value_type = String, example = "RUB")]
    currency: Currency,
    /// Reported, not confirmed.
    pending: Amount,
    /// Confirmed, in hold.
    confirmed: Amount,
    /// The holds of that, the first to end first; at most 100.
    holds: Vec<Hold>,
    /// May be withdrawn.
    pub available: Amount,
    /// Reserved for payouts under way.
    in_payout: Amount,
    /// What the shopper owes, as a positive number: cashback that was taken back after it had been withdrawn.
    debt: Amount,
}

/// The shopper's balance, by currency.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = Vec<Balance>)))]
#[get("/api/v1/balance")]
pub(super) async fn shopper_balance(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<Vec<Balance>>> {
    Ok(web::Json(balance_of(&app, shopper.0).await?))
}

/// A shopper's balance, by currency.
///
/// # Errors
/// The database's failures.
pub(in crate::http) async fn balance_of(app: &App, shopper: ShopperId) -> HttpResult<Vec<Balance>> {
    let told = app.db.read(move |conn| {
        let filter = ConversionFilter {
            shopper_id: Some(shopper),
            state: Some(State::Confirmed),
            ..ConversionFilter::default()
        };
        let mut holds: Vec<Hold> = Vec::new();
        for order in conversion_list(conn, &filter, 1000)?.iter().filter(|order| !order.released) {
            holds.extend(order.available_at.map(|until| Hold { amount: order.cashback, until }));
        }
        holds.sort_by_key(|hold| hold.until);
        let balances = balances_list(conn, shopper)?.into_iter().map(|(currency, has)| {
            let amount = |minor| Amount::new(minor, currency);
            let of_currency = holds.iter().filter(|hold| hold.amount.currency() == currency && !hold.amount.is_zero());
            let some = usize::try_from(HOLDS).unwrap_or(usize::MAX);
            Balance {
                currency,
                pending: amount(has.pending),
                confirmed: amount(has.confirmed),
                holds: of_currency.take(some).map(|hold| Hold { amount: hold.amount, until: hold.until }).collect(),
                available: amount(has.available),
                in_payout: amount(has.in_payout),
                debt: amount(has.debt.saturating_neg()),
            }
        });
        Ok::<_, HttpError>(balances.collect())
    });
    told.await
}

async fn list(app: &App, eyes: Eyes, filter: TransactionFilter, page: &Page) -> HttpResult<PageOf<TransactionView>> {
    let (limit, filter) = (page.limit()?, TransactionFilter { before: page.key()?, ..filter });
    let rows = app.db.read(move |conn| transaction_list(conn, &filter, limit + 1).map_err(HttpError::from)).await?;
    Ok(PageOf::new(rows, limit, |row| row.transaction.id)?.map(|row| TransactionView::of(eyes, &row)))
}

/// Lists the transactions of the shopper's accounts, newest first.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<TransactionView>)))]
#[get("/api/v1/ledger")]
pub(super) async fn shopper_ledger(
    app: web::Data<App>,
    shopper: Shopper,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<TransactionView>>> {
    Ok(web::Json(postings_of(&app, shopper.0, &page).await?))
}

/// A page of the transactions of a shopper's accounts, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn postings_of(
    app: &App,
    shopper: ShopperId,
    page: &Page,
) -> HttpResult<PageOf<TransactionView>> {
    let filter = TransactionFilter { shopper_id: Some(shopper), ..TransactionFilter::default() };
    list(app, Eyes::Shopper, filter, page).await
}

/// The same for operators, with the movements of all accounts.
///
/// # Errors
/// As [`postings_of`].
pub(in crate::http) async fn operator_postings_of(
    app: &App,
    shopper: ShopperId,
    page: &Page,
) -> HttpResult<PageOf<TransactionView>> {
    let filter = TransactionFilter { shopper_id: Some(shopper), ..TransactionFilter::default() };
    list(app, Eyes::Operator, filter, page).await
}

/// Which transactions.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Only of this shopper.
    #[param(value_type = Option<String>)]
    shopper: Option<ShopperId>,
}

/// Lists all transactions, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Whose), responses((status = 200, body = PageOf<TransactionView>)))]
#[get("/api/v1/operator/ledger")]
pub(super) async fn operator_ledger(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    whose: web::Query<Whose>,
) -> HttpResult<web::Json<PageOf<TransactionView>>> {
    operator.require(Permission::Look)?;
    let filter = TransactionFilter { shopper_id: whose.shopper, ..TransactionFilter::default() };
    Ok(web::Json(list(&app, Eyes::Operator, filter, &page).await?))
}

/// A shopper's balance, by currency.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper")), responses((status = 200, body = Vec<Balance>)))]
#[get("/api/v1/operator/shoppers/{id}/balance")]
pub(super) async fn operator_balance(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
) -> HttpResult<web::Json<Vec<Balance>>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(balance_of(&app, id.into_inner()).await?))
}

/// An account's balance.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AccountBalance {
    /// The account; of shoppers `shoppers/{part}`, the sum over all.
    #[schema(example = "house/margin")]
    pub account: String,
    /// Credit is positive: what we owe or own. Below zero is what others owe us.
    pub balance: Amount,
}

/// All accounts.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Accounts {
    /// Partners, banks and the house, as of the last sealed transaction; shoppers as of now.
    pub accounts: Vec<AccountBalance>,
    /// How many transactions wait to be sealed and folded in.
    pub unsealed: i64,
}

/// Balances of partners, banks and the house, and the shoppers' sums.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Accounts)))]
#[get("/api/v1/operator/ledger/accounts")]
pub(super) async fn accounts(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Accounts>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(accounts_of(&app).await?))
}

/// All accounts with their balances.
///
/// # Errors
/// The database's failures.
pub(in crate::http) async fn accounts_of(app: &App) -> HttpResult<Accounts> {
    Ok(app.db.read(|conn| crate::db::snapshot(conn, sum_up)).await?)
}

fn sum_up(conn: &mut Conn) -> Outcome<Accounts> {
    let folded = folded_list(conn)?.into_iter();
    let mut balances: Vec<AccountBalance> = folded
        .map(|(account, currency, minor)| AccountBalance { account, balance: Amount::new(minor, currency) })
        .collect();
    let mut sums: BTreeMap<(Bucket, Currency), i64> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = balances_walk(conn, after, 1000)?;
        let Some((last, _, _)) = page.last().copied() else { break };
        let full = page.len() == 1000;
        for (shopper, currency, has) in page {
            // The last shopper of a full page may have further currencies: it is read whole with the next page.
            if full && shopper == last {
                continue;
            }
            for bucket in Bucket::ALL {
                let sum = sums.entry((*bucket, currency)).or_default();
                *sum = sum.saturating_add(has.get(*bucket));
            }
            after = Some(shopper);
        }
        if !full {
            break;
        }
    }
    balances.extend(sums.into_iter().map(|((bucket, currency), minor)| AccountBalance {
        account: format!("shoppers/{bucket}"),
        balance: Amount::new(minor, currency),
    }));
    Ok(Accounts { accounts: balances, unsealed: unsealed_count(conn)? })
}

/// Checks the whole ledger now: every invariant that the rows can show. Takes a while on a large one.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Report)))]
#[get("/api/v1/operator/ledger/verify")]
pub(super) async fn verify(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Report>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(verify_ledger(&app).await?))
}

/// Checks the whole ledger now, and keeps in mind what was found, as `last_check` of the alarms tells it.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Report)))]
#[post("/api/v1/operator/ledger/check")]
pub(super) async fn check(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Report>> {
    Ok(web::Json(check_ledger(&app, &operator.actor()).await?))
}

/// The head of the hash chain.
#[derive(Serialize, ToSchema)]
struct Head {
    /// How many transactions are sealed.
    position: i64,
    /// The hash of the last one; 64 zeros for none.
    hash: String,
    /// How many wait to be sealed.
    unsealed: i64,
}

/// The head of the hash chain: keep it elsewhere, and nothing before it can be changed unseen.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Head)))]
#[get("/api/v1/operator/ledger/head")]
pub(super) async fn head(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Head>> {
    operator.require(Permission::Look)?;
    let told = app.db.read(|conn| {
        let (position, hash) = seal_head(conn)?.unwrap_or((0, GENESIS.to_owned()));
        Ok::<_, HttpError>(Head { position, hash, unsealed: unsealed_count(conn)? })
    });
    Ok(web::Json(told.await?))
}
