//! Approved payouts leave in a file for a bank: exporting is the sending, so it happens once for each, in the transaction that
//! keeps the file. A file that was made is handed out again as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::advance_payout::{Advance, Advanced, BLOCKED, advance_in_tx, payable, report};
use super::providers::provider_of;
use super::submit_payout::intent;
use crate::base::Timestamp;
use crate::base::id::{PayoutFileId, ShopperId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::payout_files::{
    PayoutFileLineRow, PayoutFileRow, file_context, payout_file_find, payout_file_insert, payout_file_list,
    payout_file_stands,
};
use crate::db::payouts::{PayoutRow, payout_list_approved};
use crate::db::reconciliation::case_is_unexplained;
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::PayoutEvent;
use crate::domain::payout::bank_file::{Drawn, Form, Order, pain001, table};
use crate::domain::payout::typed::Destination;
use crate::provider::Debtor;
use crate::service::accounts::require;
use crate::service::reconcile::{provider_is_stopped, stopped};
use crate::service::{App, Outcome, ServiceError};

/// The most payouts in one export; the rest come with the next.
const MOST: i64 = 1_000;

/// Exports what is approved for a bank, one file a currency; nothing when nothing is.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission for money; [`ServiceError::Invalid`] for a provider that takes no
/// files; `provider_stopped` while money there is unexplained; [`ServiceError::Conflict`] when a payout moved on meanwhile, or its
/// shopper was blocked or froze payouts: nothing is exported then, and it can be tried again.
pub async fn file_export(app: &App, actor: &Actor, provider: &str) -> Outcome<Vec<PayoutFileRow>> {
    require(actor, Permission::Money)?;
    let bank = provider_of(app, provider)?;
    let debtor = bank.drawn_on().ok_or_else(|| ServiceError::invalid("provider", "is called, and takes no files"))?;
    provider_is_stopped(app, provider, None).await?;
    let mut by_currency: BTreeMap<&'static str, Vec<(PayoutRow, Order)>> = BTreeMap::new();
    for row in approved(app, provider).await? {
        let intent = intent(app, &row).await?;
        let to = Destination::open(intent.destination.expose()).map_err(ServiceError::internal)?;
        let order = Order { reference: intent.key, amount: intent.amount, to, purpose: intent.description };
        by_currency.entry(row.currency.code()).or_default().push((row, order));
    }
    let mut files = Vec::new();
    for orders in by_currency.into_values() {
        files.extend(export(app, actor, provider, debtor, orders).await?);
    }
    Ok(files)
}

/// What is approved for a provider, oldest first, without what a shopper asked for who is blocked or froze payouts.
async fn approved(app: &App, provider: &str) -> Outcome<Vec<PayoutRow>> {
    let provider = provider.to_owned();
    app.db
        .read(move |conn| {
            let mut rows = payout_list_approved(conn, &provider, MOST)?;
            let free = payable(conn, shoppers(rows.iter()))?;
            rows.retain(|row| free.contains(&row.shopper_id));
            Ok::<_, ServiceError>(rows)
        })
        .await
}

/// Whose payouts these are, each once.
fn shoppers<'a>(rows: impl Iterator<Item = &'a PayoutRow>) -> Vec<ShopperId> {
    let all: BTreeSet<ShopperId> = rows.map(|row| row.shopper_id).collect();
    all.into_iter().collect()
}

/// A file as it is kept.
struct Made {
    row: PayoutFileRow,
    lines: Vec<PayoutFileLineRow>,
    /// What each payout goes through: it is sent, and the file has it.
    changes: Vec<[Advance; 2]>,
}

async fn export(
    app: &App,
    actor: &Actor,
    provider: &str,
    debtor: &Debtor,
    orders: Vec<(PayoutRow, Order)>,
) -> Outcome<Option<PayoutFileRow>> {
    let Some(currency) = orders.first().map(|(row, _)| row.currency) else { return Ok(None) };
    let asking = shoppers(orders.iter().map(|(row, _)| row));
    let made = make(app, actor, provider, debtor, currency, orders)?;
    let detail = serde_json::json!({ "payouts": made.row.payouts, "total": made.row.total() });
    let audit =
        AuditRow::new(made.row.created_at, actor, "payout.export", format!("payout_file/{}", made.row.id), &detail);
    let row = made.row.clone();
    let write = move |conn: &mut Conn| -> Outcome<Vec<Advanced>> {
        if case_is_unexplained(conn, &made.row.provider)? {
            return Err(stopped(&made.row.provider));
        }
        if payable(conn, asking.clone())?.len() < asking.len() {
            return Err(ServiceError::conflict(
                BLOCKED,
                "a shopper was blocked or froze payouts meanwhile: export again",
            ));
        }
        let mut done = Vec::new();
        for (line, [sent, taken]) in made.lines.iter().zip(&made.changes) {
            advance_in_tx(conn, line.payout_id, sent)?;
            done.push(advance_in_tx(conn, line.payout_id, taken)?);
        }
        payout_file_insert(conn, &made.row, &made.lines)?;
        audit_insert_in_tx(conn, &audit)?;
        Ok(done)
    };
    app.db.write(Lane::House, write).await?.iter().for_each(report);
    Ok(Some(row))
}

fn make(
    app: &App,
    actor: &Actor,
    provider: &str,
    debtor: &Debtor,
    currency: Currency,
    orders: Vec<(PayoutRow, Order)>,
) -> Outcome<Made> {
    let (id, now) = (PayoutFileId::new(), app.clock.now());
    let mut total = Amount::zero(currency);
    for (_, order) in &orders {
        total = total.plus(order.amount)?;
    }
    let (rows, orders): (Vec<PayoutRow>, Vec<Order>) = orders.into_iter().unzip();
    let (name, account, bank) = (&debtor.name, &debtor.account, &debtor.bank);
    let reference = id.reference();
    let drawn = Drawn { file: &reference, at: now, name, account, bank, total };
    let seal = |form: Form, text: &str| app.master.seal(&file_context(id, form.as_str()), text);
    let csv = seal(Form::Csv, &table(&orders).map_err(ServiceError::internal)?).map_err(ServiceError::internal)?;
    let pain = seal(Form::Pain, &pain001(&drawn, &orders)).map_err(ServiceError::internal)?;
    Ok(Made {
        row: PayoutFileRow {
            id,
            provider: provider.to_owned(),
            currency,
            payouts: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            total: total.minor(),
            created_by: actor.to_string(),
            created_at: now,
            csv,
            pain,
        },
        lines: rows.iter().map(|row| PayoutFileLineRow { payout_id: row.id, file_id: id }).collect(),
        changes: rows.iter().map(|row| changes(row, id, now)).collect(),
    })
}

fn changes(row: &PayoutRow, file: PayoutFileId, now: Timestamp) -> [Advance; 2] {
    let mut sent = Advance::new(PayoutEvent::Send { key_until: now }, "send", now);
    sent.revision = Some(row.revision);
    let mut taken = Advance::new(PayoutEvent::Accepted { provider_ref: row.provider_key.clone() }, "answer", now);
    taken.detail = Some(format!("in the file {file}"));
    [sent, taken]
}

/// The newest files, at most `limit`.
///
/// # Errors
/// [`ServiceError::Forbidden`], [`ServiceError::Db`].
pub async fn files(app: &App, actor: &Actor, limit: i64) -> Outcome<Vec<PayoutFileRow>> {
    require(actor, Permission::Money)?;
    Ok(app.db.read(move |conn| payout_file_list(conn, limit)).await?)
}

/// The text of a file, as it was made. It holds whole account numbers, so who took it is noted.
///
/// # Errors
/// [`ServiceError::Forbidden`], [`ServiceError::NotFound`], [`ServiceError::Db`]; `file_is_over` when all of its payouts have
/// failed or come back: a bank that got it again would pay what shoppers have again.
pub async fn file_text(app: &App, actor: &Actor, id: PayoutFileId, form: Form) -> Outcome<String> {
    require(actor, Permission::Money)?;
    let read = move |conn: &mut Conn| Ok::<_, DbError>((payout_file_find(conn, id)?, payout_file_stands(conn, id)?));
    let (found, stands) = app.db.read(read).await?;
    let row = found.ok_or(ServiceError::NotFound("file of payouts"))?;
    if !stands {
        let why = "none of its payouts is to be paid any more: the bank must not get this file again";
        return Err(ServiceError::conflict("file_is_over", why));
    }
    let sealed = if form == Form::Csv { &row.csv } else { &row.pain };
    let text = app.master.open(&file_context(id, form.as_str()), sealed).map_err(ServiceError::internal)?;
    let detail = serde_json::json!({ "form": form });
    let audit = AuditRow::new(app.clock.now(), actor, "payout.file_read", format!("payout_file/{id}"), &detail);
    app.db.write(Lane::House, move |conn| audit_insert_in_tx(conn, &audit)).await?;
    Ok(text.expose().to_owned())
}
