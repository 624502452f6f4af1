//! What a partner owes, from the ledger's own accounts.

use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::Timestamp;
use crate::base::id::PartnerId;
use crate::db::Conn;
use crate::db::ledger::{Posted, TransactionFilter, transaction_list};
use crate::domain::ledger::{Account, TransactionKind};
use crate::domain::money::{Amount, Currency};
use crate::http::HttpResult;
use crate::http::caller::PartnerActor;
use crate::service::{App, Outcome, ServiceError};

/// Which time.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Period {
    /// From this time on.
    from: Timestamp,
    /// Until this time, which is not part of it.
    to: Timestamp,
}

/// What a partner owes in one currency. Positive is owed to us.
#[derive(Serialize, ToSchema)]
struct Line {
    /// The currency.
    #[schema(value_type = String, example = "RUB")]
    currency: Currency,
    /// What was owed at the beginning.
    opening: Amount,
    /// What was confirmed.
    confirmed: Amount,
    /// What was taken back.
    reversed: Amount,
    /// What was paid.
    paid: Amount,
    /// What was owed at the end: opening and confirmed, less reversed and paid.
    closing: Amount,
    /// What may come to be owed: orders that were pending at the end.
    expected: Amount,
}

/// A statement.
#[derive(Serialize, ToSchema)]
struct Statement {
    /// From this time on.
    from: Timestamp,
    /// Until this time.
    to: Timestamp,
    /// A line for each currency.
    lines: Vec<Line>,
}

#[derive(Default)]
struct Sums {
    opening: i64,
    confirmed: i64,
    reversed: i64,
    paid: i64,
    expected: i64,
}

/// What the partner owes for a period.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Period), responses((status = 200, body = Statement)))]
#[get("/api/v1/partner/statement")]
pub(super) async fn statement(
    app: web::Data<App>,
    partner: PartnerActor,
    period: web::Query<Period>,
) -> HttpResult<web::Json<Statement>> {
    let Period { from, to } = period.into_inner();
    if from >= to {
        return Err(ServiceError::invalid("to", "must be later than from").into());
    }
    let sums = app.db.read(move |conn| crate::db::snapshot(conn, |conn| sum_up(conn, partner.0, from, to))).await?;
    let line = |(currency, sums): (Currency, Sums)| {
        let amount = |minor| Amount::new(minor, currency);
        Line {
            currency,
            opening: amount(sums.opening),
            confirmed: amount(sums.confirmed),
            reversed: amount(sums.reversed),
            paid: amount(sums.paid),
            closing: amount(sums.opening + sums.confirmed - sums.reversed - sums.paid),
            expected: amount(sums.expected),
        }
    };
    Ok(web::Json(Statement { from, to, lines: sums.into_iter().map(line).collect() }))
}

fn sum_up(conn: &mut Conn, partner: PartnerId, from: Timestamp, to: Timestamp) -> Outcome<BTreeMap<Currency, Sums>> {
    let mut sums = BTreeMap::new();
    let mut filter = TransactionFilter { partner_id: Some(partner), until: Some(to), ..TransactionFilter::default() };
    loop {
        let page = transaction_list(conn, &filter, 500)?;
        let Some(last) = page.last() else { return Ok(sums) };
        filter.before = Some(last.transaction.id);
        for posted in &page {
            add(&mut sums, partner, from, posted).ok_or_else(|| ServiceError::internal("a sum is too large"))?;
        }
    }
}

fn add(sums: &mut BTreeMap<Currency, Sums>, partner: PartnerId, from: Timestamp, posted: &Posted) -> Option<()> {
    let (owed, expected) = (Account::PartnerOwed(partner), Account::PartnerExpected(partner));
    let row = &posted.transaction;
    for transfer in &posted.transfers {
        let line = sums.entry(transfer.currency).or_default();
        let minor = transfer.minor;
        let grows = |account: &Account| i64::from(transfer.debit == *account) - i64::from(transfer.credit == *account);
        line.expected = line.expected.checked_add(minor.checked_mul(grows(&expected))?)?;
        let change = minor.checked_mul(grows(&owed))?;
        let sum = match (row.at < from, change, row.kind) {
            (true, _, _) => &mut line.opening,
            (false, _, TransactionKind::PartnerPayment) => &mut line.paid,
            (false, 0.., _) => &mut line.confirmed,
            (false, _, _) => &mut line.reversed,
        };
        let lessens = row.at >= from && (row.kind == TransactionKind::PartnerPayment || change < 0);
        *sum = sum.checked_add(if lessens { change.checked_neg()? } else { change })?;
    }
    Some(())
}
