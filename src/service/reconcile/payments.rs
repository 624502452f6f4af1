//! Partners' payments on a bank's statement: each is held against the bill that the payer names, booked once, and where the sum is
//! not what the bill asks for, there is a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::provider::keep;
use crate::base::Timestamp;
use crate::base::id::{CaseId, PartnerId};
use crate::base::secret::sha256_hex;
use crate::db::audit::SYSTEM;
use crate::db::ledger::{TransactionFilter, transaction_list};
use crate::db::reconciliation::{CaseRow, StatementRow, case_close, case_list_open};
use crate::db::{Conn, Lane};
use crate::domain::access::Actor;
use crate::domain::ledger::TransactionKind;
use crate::domain::money::{Amount, Currency};
use crate::domain::payments::{BillRef, bill_in};
use crate::domain::reconcile::Class;
use crate::domain::statement::Row;
use crate::service::adjust::{PartnerPayment, book_partner_payment};
use crate::service::desk::statement::statement;
use crate::service::{App, Outcome, ServiceError};

/// One payment of a bank's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Payment {
    /// Its line in the file.
    pub line: u64,
    /// The bank's reference.
    pub reference: String,
    /// What was paid.
    pub amount: Amount,
    /// When.
    pub at: Timestamp,
    /// What the payer wrote.
    pub purpose: String,
    /// Who paid.
    pub payer: String,
    /// The partner's slug; absent when the words name no bill.
    pub partner: Option<String>,
    /// The bill's month: `2026-10`.
    pub month: Option<String>,
    /// What the bill asked for when this was looked at, less what was paid before.
    pub due: Option<Amount>,
    /// It was booked before, or stands in the file before.
    pub repeated: bool,
    /// Why it is not booked: a stable word.
    pub problem: Option<String>,
    #[serde(skip)]
    bill: Option<(PartnerId, BillRef)>,
}

/// The sums of a bank's statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Booked {
    /// Payments that are booked now.
    pub payments: usize,
    /// Payments that had been booked before.
    pub repeated: usize,
    /// Payments that name no bill, or cannot be booked.
    pub unknown: usize,
    /// What is booked now, by currency.
    pub sums: Vec<Amount>,
}

/// A month's bill: what it asks for, and what was paid on it.
#[derive(Debug, Clone, Copy, Default)]
struct Bill {
    asked: i64,
    paid: i64,
}

type Bills = BTreeMap<(BillRef, Currency), Bill>;

/// Names a payment among all of its bill: the month, and what the bank calls it. The bank's own words may hold anything.
fn booking(month: &str, rail: &str, reference: &str) -> String {
    let digest: String = sha256_hex(format!("{rail}\n{reference}").as_bytes()).chars().take(24).collect();
    format!("{month}.{digest}")
}

/// What each payment would do. Nothing is written.
pub(super) async fn plan(app: &App, rail: &str, rows: &[Row]) -> Outcome<Vec<Payment>> {
    let known = app.catalogue.snapshot();
    let slugs: Vec<String> = known.partners.keys().cloned().collect();
    let mut payments = Vec::with_capacity(rows.len());
    for row in rows {
        let bill = bill_in(&row.purpose, &slugs);
        let bill = bill.and_then(|bill| Some((known.partners.get(&bill.partner)?.row.id, bill)));
        payments.push(Payment {
            line: row.line,
            reference: row.reference.clone(),
            amount: row.amount,
            at: row.at,
            purpose: row.purpose.clone(),
            payer: row.payer.clone(),
            partner: bill.as_ref().map(|(_, bill)| bill.partner.clone()),
            month: bill.as_ref().map(|(_, bill)| bill.month_word()),
            due: None,
            repeated: false,
            problem: bill.is_none().then(|| "no_bill".to_owned()),
            bill,
        });
    }
    let (bills, booked) = bills(app, &payments).await?;
    let mut seen: BTreeMap<String, Amount> = BTreeMap::new();
    for one in &mut payments {
        let Some((partner, bill)) = &one.bill else { continue };
        let key = format!("{partner}/{}", booking(&bill.month_word(), rail, &one.reference));
        let sum = bills.get(&(bill.clone(), one.amount.currency())).copied().unwrap_or_default();
        one.due = Some(Amount::new(sum.asked.saturating_sub(sum.paid), one.amount.currency()));
        match booked.get(&key).or_else(|| seen.get(&key)) {
            Some(before) if *before == one.amount => one.repeated = true,
            Some(_) => one.problem = Some("key_reused".to_owned()),
            None => drop(seen.insert(key, one.amount)),
        }
    }
    Ok(payments)
}

/// The bills that payments name, and what was booked of their months before, by partner and booking.
async fn bills(app: &App, payments: &[Payment]) -> Outcome<(Bills, BTreeMap<String, Amount>)> {
    let mut wanted: BTreeMap<BillRef, PartnerId> = BTreeMap::new();
    for (partner, bill) in payments.iter().filter_map(|one| one.bill.as_ref()) {
        wanted.insert(bill.clone(), *partner);
    }
    let (mut bills, mut booked): (Bills, BTreeMap<String, Amount>) = (BTreeMap::new(), BTreeMap::new());
    for (bill, partner) in wanted {
        let (from, to) = bill.time();
        for line in statement(app, partner, from, to).await?.lines {
            let asked = line.confirmed.minus(line.reversed)?.minor();
            bills.entry((bill.clone(), line.currency)).or_default().asked = asked;
        }
        let month = format!("{}.", bill.month_word());
        for (note, amount) in app.db.read(move |conn| paid(conn, partner, from)).await? {
            if note.starts_with(&month) {
                let sum = bills.entry((bill.clone(), amount.currency())).or_default();
                sum.paid = sum.paid.saturating_add(amount.minor());
                booked.insert(format!("{partner}/{note}"), amount);
            }
        }
    }
    Ok((bills, booked))
}

/// What a partner paid from a time on: the booking's reference, and how much.
fn paid(conn: &mut Conn, partner: PartnerId, from: Timestamp) -> Outcome<Vec<(String, Amount)>> {
    let mut filter = TransactionFilter { partner_id: Some(partner), from: Some(from), ..TransactionFilter::default() };
    let mut found = Vec::new();
    loop {
        let page = transaction_list(conn, &filter, 500)?;
        let Some(last) = page.last() else { return Ok(found) };
        filter.before = Some(last.transaction.id);
        for posted in page.iter().filter(|posted| posted.transaction.kind == TransactionKind::PartnerPayment) {
            let moved = posted.transfers.first().map(crate::domain::ledger::Transfer::amount);
            found.extend(posted.transaction.note.clone().zip(moved));
        }
    }
}

/// The sums of what is booked, or would be.
pub(super) fn sums(payments: &[Payment]) -> Booked {
    let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
    let mut told = Booked::default();
    for one in payments {
        match (&one.problem, one.repeated) {
            (Some(_), _) => told.unknown += 1,
            (None, true) => told.repeated += 1,
            (None, false) => {
                told.payments += 1;
                let sum = sums.entry(one.amount.currency()).or_default();
                *sum = sum.saturating_add(one.amount.minor());
            }
        }
    }
    told.sums = sums.into_iter().map(|(currency, minor)| Amount::new(minor, currency)).collect();
    told
}

/// Books what can be booked, each once, and keeps the differences as cases.
pub(super) async fn carry_out(
    app: &App,
    actor: &Actor,
    row: &StatementRow,
    mut payments: Vec<Payment>,
) -> Outcome<Vec<Payment>> {
    for one in payments.iter_mut().filter(|one| one.problem.is_none() && !one.repeated) {
        let Some((partner, bill)) = &one.bill else { continue };
        let reference = booking(&bill.month_word(), &row.rail, &one.reference);
        let paid = PartnerPayment { partner: *partner, bank: row.rail.clone(), amount: one.amount, reference };
        match book_partner_payment(app, actor, paid).await {
            Ok(done) => one.repeated = done.repeated,
            Err(ServiceError::Conflict { code, .. }) => one.problem = Some(code.to_owned()),
            Err(ServiceError::Invalid { field, .. }) => one.problem = Some(field),
            Err(error) => return Err(error),
        }
    }
    let (bills, _) = bills(app, &payments).await?;
    let now = app.clock.now();
    let cases = differences(row, &payments, &bills, now);
    let settled: Vec<String> = bills
        .iter()
        .filter(|(_, bill)| bill.asked == bill.paid)
        .map(|((bill, currency), _)| amount_key(bill, *currency))
        .collect();
    let rail = row.rail.clone();
    app.db
        .write(Lane::House, move |conn| {
            keep(conn, &rail, &cases, now)?;
            for known in case_list_open(conn, &rail, &[Class::Amount])? {
                if settled.contains(&known.key) {
                    case_close(conn, known.id, SYSTEM, "agreed", now)?;
                }
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(payments)
}

fn amount_key(bill: &BillRef, currency: Currency) -> String {
    format!("{}/{}/{currency}", Class::Amount, bill.word())
}

fn differences(row: &StatementRow, payments: &[Payment], bills: &Bills, now: Timestamp) -> Vec<CaseRow> {
    let blank = |class: Class, key: String, at: Timestamp| CaseRow {
        id: CaseId::new(),
        rail: row.rail.clone(),
        key,
        class,
        payout_id: None,
        partner_id: None,
        reference: None,
        ours: None,
        ours_currency: None,
        theirs: None,
        theirs_currency: None,
        said: None,
        found_in: format!("statement/{}", row.id),
        happened_at: at,
        opened_at: now,
        seen_at: now,
        closed_at: None,
        closed_by: None,
        reason: None,
    };
    let unbooked = payments.iter().filter(|one| one.problem.is_some()).map(|one| {
        let class = if one.bill.is_some() { Class::Duplicate } else { Class::TheirsOnly };
        CaseRow {
            partner_id: one.bill.as_ref().map(|(partner, _)| *partner),
            reference: Some(one.reference.clone()),
            theirs: Some(one.amount.minor()),
            theirs_currency: Some(one.amount.currency()),
            said: Some(format!("{} · {}", one.payer, one.purpose).chars().take(500).collect()),
            ..blank(class, format!("{class}/{}", one.reference), one.at)
        }
    });
    let partner = |bill: &BillRef| {
        let of_bill = |one: &Payment| one.bill.as_ref().filter(|(_, known)| known == bill).map(|(id, _)| *id);
        payments.iter().find_map(of_bill)
    };
    let unequal = bills.iter().filter(|(_, bill)| bill.asked != bill.paid).map(|((bill, currency), sum)| CaseRow {
        partner_id: partner(bill),
        reference: Some(bill.word()),
        ours: Some(sum.asked),
        ours_currency: Some(*currency),
        theirs: Some(sum.paid),
        theirs_currency: Some(*currency),
        ..blank(Class::Amount, amount_key(bill, *currency), now)
    });
    unbooked.chain(unequal).collect()
}
