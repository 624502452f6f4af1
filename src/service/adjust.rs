//! Operators move money by hand: corrections of a shopper's balance, and what partners paid. Each names its cause,
//! posts at most once, and leaves an entry in the audit trail in the same transaction.

use serde::Deserialize;
use serde_json::json;

use super::accounts::require;
use super::adjust_second::ask_second;
use super::post::{post, transaction};
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{PartnerId, ShopperId, TransactionId};
use crate::db::adjustments::{AdjustmentRow, adjustment_find_by_key};
use crate::db::audit::{AuditFilter, AuditRow, audit_insert_in_tx, audit_list};
use crate::db::balances::balances_find;
use crate::db::ledger::{Posted, transaction_find_by_source};
use crate::db::partners::partner_find;
use crate::db::shoppers::shopper_find;
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::adjustment::AdjustmentState;
use crate::domain::ledger::{Account, Balances, Bucket, TransactionKind, Transfer};
use crate::domain::money::{Amount, LARGEST_MINOR};
use crate::domain::partner::PartnerSettings;

/// A correction.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// The caller's own key: the same key posts once. 1 to 100 letters, digits, `-`, `_`, `.`.
    pub key: String,
    /// Whose balance.
    pub shopper: ShopperId,
    /// How much: above zero is given to the shopper, below zero is taken.
    pub amount: Amount,
    /// `house/budget/{name}`, `house/margin` or `house/write_off`.
    pub fund: String,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

/// What a partner paid.
#[derive(Debug, Clone)]
pub struct PartnerPayment {
    /// Who paid.
    pub partner: PartnerId,
    /// Our account it arrived on: `bank/{name}`.
    pub bank: String,
    /// How much, above zero.
    pub amount: Amount,
    /// The payment's own reference, which posts once: 1 to 100 letters, digits, `-`, `_`, `.`.
    pub reference: String,
}

/// A posted transaction, and whether it had been posted before.
#[derive(Debug, Clone)]
pub struct Done {
    /// The transaction.
    pub posted: Posted,
    /// It was there already: the same request came again.
    pub repeated: bool,
}

fn word(field: &str, text: &str) -> Outcome<String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=100).contains(&text.len()) && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    Err(ServiceError::invalid(field, "must be 1 to 100 letters, digits, - _ and ."))
}

/// A correction that is right in itself.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub key: String,
    pub shopper: ShopperId,
    pub amount: Amount,
    pub fund: Account,
    pub reason: String,
}

/// What became of a correction.
#[derive(Debug, Clone)]
pub enum Adjusted {
    /// It is booked.
    Booked(Done),
    /// It is above what one operator may book alone, and waits for another.
    Asked(AdjustmentRow),
}

/// What a correction would do.
#[derive(Debug, Clone)]
pub struct AdjustmentPreview {
    /// What would be booked.
    pub transfers: Vec<Transfer>,
    /// The shopper's balances now.
    pub before: Balances,
    /// The same afterwards.
    pub after: Balances,
    /// It takes a second operator.
    pub second: bool,
}

impl Adjustment {
    fn check(self) -> Outcome<Checked> {
        let key = word("key", &self.key)?;
        let fund: Account = self.fund.parse().map_err(|_bad| bad_fund())?;
        match &fund {
            Account::Budget(name) => drop(word("fund", name)?),
            Account::Margin | Account::WriteOff => {}
            Account::PartnerExpected(_)
            | Account::PartnerOwed(_)
            | Account::Bank(_)
            | Account::Shopper(..)
            | Account::MarginPending
            | Account::Fees
            | Account::Fx
            | Account::Suspense(_) => return Err(bad_fund()),
        }
        if self.amount.is_zero() {
            return Err(ServiceError::invalid("amount", "must not be zero"));
        }
        bookable(self.amount)?;
        let reason = self.reason.trim().to_owned();
        if !(1..=500).contains(&reason.chars().count()) {
            return Err(ServiceError::invalid("reason", "must have 1 to 500 characters"));
        }
        Ok(Checked { key, shopper: self.shopper, amount: self.amount, fund, reason })
    }
}

/// The hours in which corrections of one operator add up.
const ADD_UP_HOURS: i64 = 24;
/// How many entries of an operator's trail are looked through; whoever does more in a day has others look.
const LOOKED_AT: i64 = 1000;

/// Whether one operator may book this alone: with what the same one booked alone in the last day, whoever it was for.
/// What was booked under this key before is the same request again. A debt is never given up by one.
fn alone(conn: &mut Conn, most: &[Amount], actor: &Actor, wanted: &Checked, now: Timestamp) -> Outcome<bool> {
    if wanted.fund == Account::WriteOff {
        return Ok(false);
    }
    let since = now.plus_seconds(-ADD_UP_HOURS * 3600);
    let filter = AuditFilter { actor: Some(actor.to_string()), from: Some(since), ..AuditFilter::default() };
    let trail = audit_list(conn, &filter, LOOKED_AT)?;
    let (mut sum, currency) = (wanted.amount.minor().saturating_abs(), wanted.amount.currency());
    for row in trail.iter().filter(|row| row.action == BOOKED_ALONE) {
        let told: Booked = serde_json::from_str(&row.detail).map_err(ServiceError::internal)?;
        if told.key == wanted.key && row.subject == subject(wanted) {
            return Ok(true);
        }
        if told.amount.currency() == currency {
            sum = sum.saturating_add(told.amount.minor().saturating_abs());
        }
    }
    let many = i64::try_from(trail.len()).unwrap_or(LOOKED_AT) >= LOOKED_AT;
    Ok(PartnerSettings::within(most, Amount::new(sum, currency)) && (most.is_empty() || !many))
}

/// What the trail says when one operator booked a correction alone.
const BOOKED_ALONE: &str = "balance.adjust";

/// What of the entry is added up.
#[derive(Deserialize)]
struct Booked {
    key: String,
    amount: Amount,
}

/// Says what a correction would do. Changes nothing.
///
/// # Errors
/// As [`adjust`].
pub async fn adjust_preview(app: &App, actor: &Actor, wanted: Adjustment) -> Outcome<AdjustmentPreview> {
    require(actor, Permission::Money)?;
    let wanted = wanted.check()?;
    let (most, actor, now) = (app.config.limits.adjustment_maximum.clone(), actor.clone(), app.clock.now());
    app.db
        .read(move |conn| {
            let second = !alone(conn, &most, &actor, &wanted, now)?;
            let (shopper, currency) = (wanted.shopper, wanted.amount.currency());
            if shopper_find(conn, shopper)?.is_none() {
                return Err(ServiceError::NotFound("shopper"));
            }
            let transfers = adjustment(conn, shopper, wanted.amount, &wanted.fund)?;
            let before = balances_find(conn, shopper, currency)?;
            let after = before.after(shopper, currency, &transfers)?;
            Ok(AdjustmentPreview { transfers, before, after, second })
        })
        .await
}

/// Corrects a shopper's balance, or asks for it where it takes a second operator (`limits.adjustment_maximum`, and whatever is
/// written off). What is given
/// fills an open debt first; what is taken must be available.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; `insufficient_funds`; `more_than_debt`; `key_reused` for the
/// same key with other content; [`ServiceError::NotFound`], [`ServiceError::Invalid`].
pub async fn adjust(app: &App, actor: &Actor, wanted: Adjustment) -> Outcome<Adjusted> {
    require(actor, Permission::Money)?;
    let wanted = wanted.check()?;
    let (now, id) = (app.clock.now(), TransactionId::new());
    let (most, who, asked) = (app.config.limits.adjustment_maximum.clone(), actor.clone(), wanted.clone());
    if !app.db.read(move |conn| alone(conn, &most, &who, &asked, now)).await? {
        if wanted.fund == Account::WriteOff {
            let (shopper, amount, fund) = (wanted.shopper, wanted.amount, wanted.fund.clone());
            app.db.read(move |conn| adjustment(conn, shopper, amount, &fund)).await?;
        }
        return ask_second(app, actor, wanted).await;
    }
    let audit = AuditRow::new(now, actor, BOOKED_ALONE, subject(&wanted), &detail(&wanted, id));
    let done = posted_once(app, Lane::Shopper(wanted.shopper), move |conn| {
        // A key that waits with somebody for a second person is taken.
        if adjustment_find_by_key(conn, &wanted.key)?.is_some_and(|row| row.state != AdjustmentState::Approved) {
            return Err(key_reused());
        }
        let done = book(conn, &wanted, id, now)?;
        if !done.repeated {
            audit_insert_in_tx(conn, &audit)?;
        }
        Ok(done)
    });
    done.await.map(Adjusted::Booked)
}

pub(super) fn subject(wanted: &Checked) -> String {
    format!("shopper/{}", wanted.shopper)
}

pub(super) fn detail(wanted: &Checked, transaction: TransactionId) -> serde_json::Value {
    let Checked { key, amount, fund, reason, .. } = wanted;
    json!({ "key": key, "amount": amount, "fund": fund.to_string(), "reason": reason, "transaction": transaction })
}

/// Books a correction in its shopper's lane, once for each key.
pub(super) fn book(conn: &mut Conn, wanted: &Checked, id: TransactionId, now: Timestamp) -> Outcome<Done> {
    let Checked { key, shopper, amount, fund, reason } = wanted;
    if shopper_find(conn, *shopper)?.is_none() {
        return Err(ServiceError::NotFound("shopper"));
    }
    let mut row = transaction(id, now, TransactionKind::Adjustment, format!("adjustment/{key}"));
    (row.shopper_id, row.note) = (Some(*shopper), Some(reason.clone()));
    if let Some(posted) = transaction_find_by_source(conn, &row.source)? {
        let same = posted.transaction.shopper_id == Some(*shopper)
            && posted.transaction.note == row.note
            && moved(&posted.transfers, fund) == Some(-amount.minor())
            && posted.transfers.iter().all(|transfer| transfer.currency == amount.currency());
        return repeated(posted, same);
    }
    let transfers = something(adjustment(conn, *shopper, *amount, fund)?)?;
    post(conn, &row, &transfers)?;
    Ok(Done { posted: Posted { transaction: row, transfers }, repeated: false })
}

/// Refuses what is too large to book: a few such sums would overflow the folded balances and stop the sealer.
fn bookable(amount: Amount) -> Outcome<()> {
    if amount.minor().unsigned_abs() > LARGEST_MINOR.unsigned_abs() {
        let most = Amount::new(LARGEST_MINOR, amount.currency());
        return Err(ServiceError::invalid(
            "amount",
            format!("is too large: {most} is the most that is booked at once"),
        ));
    }
    Ok(())
}

/// A success that posts nothing would be a lie to the caller.
fn something(transfers: Vec<Transfer>) -> Outcome<Vec<Transfer>> {
    if transfers.is_empty() {
        return Err(ServiceError::internal("a correction that moves nothing"));
    }
    Ok(transfers)
}

/// Runs `body` in the lane. When another lane took the same source meanwhile, it runs once more: it finds then what
/// was posted, and tells a repetition from a key used for something else.
pub(super) async fn posted_once<T, F>(app: &App, lane: Lane, body: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnMut(&mut Conn) -> Outcome<T> + Clone + Send + 'static,
{
    match app.db.write(lane, body.clone()).await {
        Err(ServiceError::Db(DbError::Taken(_))) => app.db.write(lane, body).await,
        done => done,
    }
}

fn bad_fund() -> ServiceError {
    ServiceError::invalid("fund", "must be house/budget/{name}, house/margin or house/write_off")
}

fn repeated(posted: Posted, same: bool) -> Outcome<Done> {
    if same {
        return Ok(Done { posted, repeated: true });
    }
    Err(key_reused())
}

pub(super) fn key_reused() -> ServiceError {
    ServiceError::conflict("key_reused", "this key or reference was used before for something else")
}

/// What transfers did to one account.
fn moved(transfers: &[Transfer], account: &Account) -> Option<i64> {
    transfers.iter().try_fold(0_i64, |sum, transfer| {
        let gained = if transfer.credit == *account { transfer.minor } else { 0 };
        let lost = if transfer.debit == *account { transfer.minor } else { 0 };
        sum.checked_add(gained)?.checked_sub(lost)
    })
}

fn adjustment(conn: &mut Conn, shopper: ShopperId, amount: Amount, fund: &Account) -> Outcome<Vec<Transfer>> {
    let currency = amount.currency();
    let debt = balances_find(conn, shopper, currency)?.debt;
    // Given up is what is owed, and no more: the rest would be a gift that nobody sees as one.
    if *fund == Account::WriteOff && !(1..=debt.saturating_neg()).contains(&amount.minor()) {
        let owed = Amount::new(debt.saturating_neg(), currency);
        return Err(ServiceError::refused("more_than_debt", format!("only a debt is written off, and {owed} is owed")));
    }
    // What is owed back is filled first, as with later earnings; taking never makes a debt.
    let filled = amount.minor().clamp(0, -debt);
    let to =
        |bucket, minor| Transfer::new(fund.clone(), Account::Shopper(shopper, bucket), Amount::new(minor, currency));
    Ok([to(Bucket::Debt, filled), to(Bucket::Available, amount.minor() - filled)].into_iter().flatten().collect())
}

/// Books what a partner paid against what it owes.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; `key_reused` for the same reference with another
/// amount or bank; [`ServiceError::NotFound`], [`ServiceError::Invalid`].
pub async fn book_partner_payment(app: &App, actor: &Actor, paid: PartnerPayment) -> Outcome<Done> {
    require(actor, Permission::Money)?;
    let reference = word("reference", &paid.reference)?;
    let bank = paid.bank.strip_prefix("bank/").unwrap_or(&paid.bank);
    let bank = Account::Bank(word("bank", bank)?);
    if paid.amount.minor() <= 0 {
        return Err(ServiceError::invalid("amount", "must be above zero"));
    }
    bookable(paid.amount)?;
    let (now, id, partner) = (app.clock.now(), TransactionId::new(), paid.partner);
    let transfer = Transfer::new(bank.clone(), Account::PartnerOwed(partner), paid.amount);
    let transfers = something(transfer.into_iter().collect())?;
    let detail = json!({ "reference": reference, "amount": paid.amount, "bank": bank.to_string(), "transaction": id });
    let audit = AuditRow::new(now, actor, "partner.payment", format!("partner/{partner}"), &detail);
    let source = format!("partner_payment/{partner}/{reference}");
    let mut row = transaction(id, now, TransactionKind::PartnerPayment, source);
    (row.partner_id, row.note) = (Some(partner), Some(reference));
    posted_once(app, Lane::House, move |conn| {
        if partner_find(conn, partner)?.is_none() {
            return Err(ServiceError::NotFound("partner"));
        }
        if let Some(posted) = transaction_find_by_source(conn, &row.source)? {
            let same = posted.transfers == transfers;
            return repeated(posted, same);
        }
        post(conn, &row, &transfers)?;
        audit_insert_in_tx(conn, &audit)?;
        Ok(Done { posted: Posted { transaction: row.clone(), transfers: transfers.clone() }, repeated: false })
    })
    .await
}
