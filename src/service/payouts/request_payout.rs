//! A shopper requests a payout: checked, reserved and queued in one transaction, or refused without a trace.

use chrono::TimeDelta;

use super::advance_payout::{Advance, advance_in_tx};
use crate::base::Timestamp;
use crate::base::id::{MethodId, PayoutId, ShopperId, TransactionId};
use crate::base::secret::sha256_hex;
use crate::config::PayoutRule;
use crate::db::balances::balances_find;
use crate::db::methods::{MethodRow, method_find};
use crate::db::payouts::{
    PayoutEventRow, PayoutRow, payout_count_open, payout_event_insert, payout_find_by_request, payout_insert,
    payout_list_since,
};
use crate::db::shoppers::shopper_find;
use crate::db::{Conn, Lane};
use crate::domain::access::AccountStatus;
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Amount;
use crate::domain::payout::money::reserve;
use crate::domain::payout::{Payout, PayoutEvent, PayoutLimits, PayoutState, Plan, RequestFacts, check_request};
use crate::service::post::{post, transaction};
use crate::service::{App, Outcome, ServiceError};

/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 255;

/// What a shopper wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRequest {
    /// Who.
    pub shopper: ShopperId,
    /// To where.
    pub method: MethodId,
    /// How much, the fee included.
    pub amount: Amount,
    /// Names the request: repeating it changes nothing.
    pub key: String,
}

impl PayoutRequest {
    /// What tells a repeat from another request.
    fn hash(&self) -> String {
        sha256_hex(format!("{}\n{}\n{}", self.method, self.amount.minor(), self.amount.currency()).as_bytes())
    }
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The payout.
    pub row: PayoutRow,
    /// Whether the key had been used for the same request before.
    pub replayed: bool,
}

/// Everything that must not be made inside the transaction, which may run twice.
struct Prepared {
    request: PayoutRequest,
    id: PayoutId,
    transaction: TransactionId,
    screened: Advance,
    now: Timestamp,
}

/// Requests a payout.
///
/// # Errors
/// [`ServiceError::Invalid`] for a key that is none; `idempotency_key_reused` when it belongs to another request;
/// [`ServiceError::NotFound`] for a method that is not the shopper's; any refusal of the rules by its code.
pub async fn request_payout(app: &App, request: PayoutRequest) -> Outcome<Requested> {
    let key = &request.key;
    if key.is_empty() || key.chars().count() > LONGEST_KEY || !key.chars().all(|c| c.is_ascii_graphic()) {
        let problem = format!("must be 1 to {LONGEST_KEY} visible ASCII characters");
        return Err(ServiceError::invalid("Idempotency-Key", problem));
    }
    let (config, now) = (app.config.clone(), app.clock.now());
    let screened = Advance::new(PayoutEvent::Screened { needs_review: false }, "limits", now);
    let lane = Lane::Shopper(request.shopper);
    let prepared = Prepared { request, id: PayoutId::new(), transaction: TransactionId::new(), screened, now };
    app.db
        .write(lane, move |conn| {
            request_in_tx(conn, &prepared, |method, amount| limits(&config.payouts, method, amount))
        })
        .await
}

fn request_in_tx(
    conn: &mut Conn,
    prepared: &Prepared,
    limits: impl Fn(&MethodRow, Amount) -> Option<PayoutLimits>,
) -> Outcome<Requested> {
    let request = &prepared.request;
    if let Some(row) = payout_find_by_request(conn, request.shopper, &request.key)? {
        if row.request_hash == request.hash() {
            return Ok(Requested { row, replayed: true });
        }
        let detail = "this Idempotency-Key belongs to another request; use a new one";
        return Err(ServiceError::conflict("idempotency_key_reused", detail));
    }
    let (method, plan) = plan(conn, request, prepared.now, limits)?;
    insert(conn, prepared, &method, plan)?;
    let mut screened = prepared.screened.clone();
    screened.event = PayoutEvent::Screened { needs_review: plan.needs_review };
    let row = advance_in_tx(conn, prepared.id, &screened)?.row;
    Ok(Requested { row, replayed: false })
}

/// The destination of a request and what it costs, or the first reason against it.
pub(super) fn plan(
    conn: &mut Conn,
    request: &PayoutRequest,
    now: Timestamp,
    limits: impl Fn(&MethodRow, Amount) -> Option<PayoutLimits>,
) -> Outcome<(MethodRow, Plan)> {
    let method = method_find(conn, request.method)?
        .filter(|method| method.shopper_id == request.shopper && method.removed_at.is_none())
        .ok_or(ServiceError::NotFound("payout method"))?;
    let limits = limits(&method, request.amount).ok_or_else(|| {
        let detail = format!("{} is not paid out to a {}", request.amount.currency(), method.kind);
        ServiceError::refused("currency_not_paid_out", detail)
    })?;
    let plan = check_request(&facts(conn, request, &method, now)?, &limits)?;
    Ok((method, plan))
}

/// The limits that the configuration sets for a method and a currency; `None` when it is not paid out this way.
pub(super) fn limits(config: &crate::config::Payouts, method: &MethodRow, amount: Amount) -> Option<PayoutLimits> {
    let currency = amount.currency();
    let PayoutRule { minimum, maximum, daily, fee_fixed, fee_percent, max_open, .. } =
        config.rule(method.kind.as_str(), currency)?.clone();
    // Without a limit for reviews nobody looks: no amount reaches beyond the largest there is.
    let review_from = config.review_from(currency).unwrap_or(Amount::new(i64::MAX, currency));
    Some(PayoutLimits { minimum, maximum, daily, review_from, fee_fixed, fee_percent, max_open })
}

fn facts(conn: &mut Conn, request: &PayoutRequest, method: &MethodRow, now: Timestamp) -> Outcome<RequestFacts> {
    let (shopper, currency) = (request.shopper, request.amount.currency());
    let account = shopper_find(conn, shopper)?.ok_or(ServiceError::NotFound("shopper"))?;
    let balances = balances_find(conn, shopper, currency)?;
    let mut requested_today = Amount::zero(currency);
    for (state, minor) in payout_list_since(conn, shopper, currency, now.plus(TimeDelta::hours(-24)))? {
        let given_back = matches!(state, PayoutState::Failed | PayoutState::Cancelled | PayoutState::Returned);
        if !given_back {
            requested_today = requested_today.plus(Amount::new(minor, currency))?;
        }
    }
    Ok(RequestFacts {
        amount: request.amount,
        available: Amount::new(balances.available, currency),
        debt: Amount::zero(currency).minus(Amount::new(balances.debt, currency))?,
        account_active: account.status == AccountStatus::Active,
        email_confirmed: account.email_confirmed_at.is_some(),
        method_usable_from: method.usable_from,
        now,
        open_payouts: u32::try_from(payout_count_open(conn, shopper)?).unwrap_or(u32::MAX),
        requested_today,
    })
}

/// Writes the payout with its reserve and its first event.
fn insert(conn: &mut Conn, prepared: &Prepared, method: &MethodRow, plan: Plan) -> Outcome<()> {
    let (request, id, now) = (&prepared.request, prepared.id, prepared.now);
    let payout = Payout::requested(id, request.amount, plan.fee);
    let row = PayoutRow {
        id,
        shopper_id: request.shopper,
        method_id: method.id,
        provider: method.provider.clone(),
        kind: method.kind,
        masked: method.masked.clone(),
        currency: request.amount.currency(),
        amount: request.amount.minor(),
        fee: plan.fee.minor(),
        state: payout.state,
        reason: None,
        idempotency_key: request.key.clone(),
        request_hash: request.hash(),
        provider_key: id.reference(),
        key_expires_at: None,
        uncertain: false,
        provider_ref: None,
        sends: 0,
        polls: 0,
        attention: None,
        revision: 0,
        requested_at: now,
        updated_at: now,
    };
    payout_insert(conn, &row)?;
    let kind = TransactionKind::PayoutReserved;
    let mut entry = transaction(prepared.transaction, now, kind, format!("payout/{id}/0"));
    entry.shopper_id = Some(request.shopper);
    entry.payout_id = Some(id);
    post(conn, &entry, &reserve(request.shopper, request.amount))?;
    let (state, cause) = (payout.state, "shopper".to_owned());
    payout_event_insert(conn, &PayoutEventRow { payout_id: id, revision: 0, at: now, state, cause, detail: None })?;
    Ok(())
}
