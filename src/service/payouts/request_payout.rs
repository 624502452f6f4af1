//! A shopper requests a payout: checked, reserved and queued in one transaction, or refused without a trace. All requests that
//! wait in a lane are one set: what they need is read at once, each is decided upon what the one before it left.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::TimeDelta;

use super::advance_payout::Advance;
use super::book::Book;
use super::screen_payout::{Asked, Screening};
use crate::base::id::{MethodId, PayoutId, ShopperId, TransactionId};
use crate::base::secret::sha256_hex;
use crate::base::{Failpoint, Timestamp};
use crate::config::{self, Config, PayoutRule};
use crate::db::methods::{MethodRow, method_list_by_ids};
use crate::db::payouts::{CountedRow, PayoutEventRow, PayoutRow, payout_list_by_requests, payout_list_counted};
use crate::db::protection::{PayeeRow, payee_list};
use crate::db::{Answers, Conn, Lane, WriteSet};
use crate::domain::access::AccountStatus;
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Amount;
use crate::domain::payout::money::reserve;
use crate::domain::payout::{Hit, Payout, PayoutEvent, PayoutLimits, PayoutState, Plan, RequestFacts, check_request};
use crate::provider::Providers;
use crate::service::accounts::Taken;
use crate::service::post::transaction;
use crate::service::{App, Outcome, ServiceError};

/// What the daily limit counts over.
pub(super) const DAY: TimeDelta = TimeDelta::hours(24);
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

/// What comes with a request beside what is wanted.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// The keyed hash of the network that it comes from.
    pub network: Option<String>,
    /// A code of the second factor, used up with the request.
    pub code: Option<Taken>,
    /// Whether a shopper with a second factor needs none.
    pub code_waived: bool,
}

/// A request with everything that must not be made inside the transaction, which may run twice.
#[derive(Debug)]
pub struct Prepared {
    request: PayoutRequest,
    proof: Proof,
    id: PayoutId,
    transaction: TransactionId,
    screened: Advance,
    now: Timestamp,
    config: Arc<Config>,
    providers: Providers,
}

/// Requests a payout that nobody has to confirm: for those who come from outside see `confirm_payout`.
///
/// # Errors
/// [`ServiceError::Invalid`] for a key that is none; `idempotency_key_reused` when it belongs to another request;
/// [`ServiceError::NotFound`] for a method that is not the shopper's; any refusal of the rules by its code.
pub async fn request_payout(app: &App, request: PayoutRequest) -> Outcome<Requested> {
    request_proved(app, request, Proof { code_waived: true, ..Proof::default() }).await
}

/// The same with what came along.
///
/// # Errors
/// As [`request_payout`]; `code_needed`; `wrong_code` for a code that was used meanwhile.
pub(super) async fn request_proved(app: &App, request: PayoutRequest, proof: Proof) -> Outcome<Requested> {
    let key = &request.key;
    if key.is_empty() || key.chars().count() > LONGEST_KEY || !key.chars().all(|c| c.is_ascii_graphic()) {
        let problem = format!("must be 1 to {LONGEST_KEY} visible ASCII characters");
        return Err(ServiceError::invalid("Idempotency-Key", problem));
    }
    let (config, now) = (Arc::clone(&app.config), app.clock.now());
    let screened = Advance::new(PayoutEvent::Screened { needs_review: false }, "limits", now);
    let lane = Lane::Shopper(request.shopper);
    let (id, transaction, providers) = (PayoutId::new(), TransactionId::new(), app.providers.clone());
    let prepared = Prepared { request, proof, id, transaction, screened, now, config, providers };
    let stored = app.requests.write(lane, prepared).await;
    Failpoint::RequestStored.pass();
    stored
}

/// Requests of payouts, decided and written as many at a time as are waiting.
#[derive(Debug)]
pub enum Requests {}

impl WriteSet for Requests {
    type Item = Prepared;
    type Done = Requested;
    type Error = ServiceError;
    const FOR_CALLERS: bool = true;

    fn write(conn: &mut Conn, items: &[Prepared]) -> Result<Answers<Self>, ServiceError> {
        let Some(first) = items.first() else { return Ok(Vec::new()) };
        let asked: Vec<Asked<'_>> = items.iter().map(Prepared::asked).collect();
        let mut known = Known::load(conn, &asked, &first.config.payouts)?;
        let mut answers = Vec::with_capacity(items.len());
        for item in items {
            answers.push(match plan(&known, item) {
                Ok(Planned::Repeat(row)) => Ok(Requested { row: *row, replayed: true }),
                Ok(Planned::Fresh(row, hits)) => {
                    match item.proof.code.as_ref().map_or(Ok(()), |code| code.take(conn)) {
                        // Whatever fails from here on undoes the set, which is then taken apart.
                        Ok(()) => Ok(known.request(item, *row, &hits)?),
                        Err(refusal @ ServiceError::Refused { .. }) => Err(refusal),
                        Err(failure) => return Err(failure),
                    }
                }
                Err(refusal) => Err(refusal),
            });
        }
        known.book.write(conn, known.screening.inserts())?;
        Ok(answers)
    }
}

impl Prepared {
    fn asked(&self) -> Asked<'_> {
        (&self.request, self.now, self.proof.network.as_deref())
    }
}

/// What requests are decided upon.
pub(super) struct Known {
    book: Book,
    /// The payouts that were requested before, by shopper and key.
    requested: HashMap<(ShopperId, String), PayoutRow>,
    methods: HashMap<MethodId, MethodRow>,
    payees: HashMap<ShopperId, PayeeRow>,
    /// What counts beside the request.
    counted: HashMap<ShopperId, Vec<CountedRow>>,
    /// What the rules for reviews ask.
    screening: Screening,
}

impl Known {
    /// Reads what these requests need, each made at its time.
    pub(super) fn load(conn: &mut Conn, asked: &[Asked<'_>], config: &config::Payouts) -> Outcome<Self> {
        let shoppers: BTreeSet<ShopperId> = asked.iter().map(|(request, ..)| request.shopper).collect();
        let ids = || shoppers.iter().copied().collect::<Vec<_>>();
        let keys: BTreeSet<&str> = asked.iter().map(|(request, ..)| request.key.as_str()).collect();
        let methods: BTreeSet<MethodId> = asked.iter().map(|(request, ..)| request.method).collect();
        let since = asked.iter().map(|(_, now, _)| *now).min().unwrap_or(Timestamp::EPOCH).plus(-DAY);
        let requested = payout_list_by_requests(conn, ids(), keys.into_iter().map(str::to_owned).collect())?;
        let mut counted: HashMap<ShopperId, Vec<CountedRow>> = HashMap::new();
        for row in payout_list_counted(conn, ids(), since)? {
            counted.entry(row.shopper_id).or_default().push(row);
        }
        let methods = method_list_by_ids(conn, methods.into_iter().collect())?;
        let payees: HashMap<ShopperId, PayeeRow> =
            payee_list(conn, ids())?.into_iter().map(|row| (row.account.id, row)).collect();
        let screening = Screening::load(conn, config, asked, &payees)?;
        Ok(Self {
            requested: requested.into_iter().map(|row| ((row.shopper_id, row.idempotency_key.clone()), row)).collect(),
            methods: methods.into_iter().map(|row| (row.id, row)).collect(),
            payees,
            screening,
            counted,
            book: Book::load(conn, Vec::new(), shoppers)?,
        })
    }

    /// The destination of a request, who pays to it, what it costs and why an operator looks first, or the first reason
    /// against it.
    pub(super) fn plan(
        &self,
        asked: Asked<'_>,
        config: &config::Payouts,
        providers: &Providers,
    ) -> Outcome<(&MethodRow, String, Plan, Vec<Hit>)> {
        let (request, now, _) = asked;
        let payee = self.payees.get(&request.shopper);
        if payee.is_some_and(|payee| payee.frozen) {
            let detail = "payouts of this account are frozen: unfreeze them first, on the page of destinations";
            return Err(ServiceError::refused("payouts_frozen", detail));
        }
        let method = self.methods.get(&request.method);
        let method = method.filter(|method| method.shopper_id == request.shopper && method.removed_at.is_none());
        let method = method.ok_or(ServiceError::NotFound("payout method"))?;
        let not_paid_out = || {
            let detail = format!("{} is not paid out to a {}", request.amount.currency(), method.kind);
            ServiceError::refused("currency_not_paid_out", detail)
        };
        let limits = limits(config, method, request.amount).ok_or_else(not_paid_out)?;
        let provider = providers.choose(method.kind, request.amount.currency(), &method.provider);
        let provider = provider.ok_or_else(not_paid_out)?.name().to_owned();
        let facts = self.facts(request, method, now)?;
        let mut plan = check_request(&facts, &limits)?;
        let account = &payee.ok_or(ServiceError::NotFound("shopper"))?.account;
        let hits = self.screening.hits(config, asked, account, facts.requested_today)?;
        plan.needs_review = plan.needs_review || !hits.is_empty();
        Ok((method, provider, plan, hits))
    }

    fn facts(&self, request: &PayoutRequest, method: &MethodRow, now: Timestamp) -> Outcome<RequestFacts> {
        let (shopper, currency) = (request.shopper, request.amount.currency());
        let account = &self.payees.get(&shopper).ok_or(ServiceError::NotFound("shopper"))?.account;
        let balances = self.book.money().balances(shopper, currency);
        let counted = self.counted.get(&shopper).map_or(&[][..], Vec::as_slice);
        let mut requested_today = Amount::zero(currency);
        for one in counted.iter().filter(|one| one.currency == currency && one.requested_at > now.plus(-DAY)) {
            let given_back = matches!(one.state, PayoutState::Failed | PayoutState::Cancelled | PayoutState::Returned);
            if !given_back {
                requested_today = requested_today.plus(Amount::new(one.amount, currency))?;
            }
        }
        let open = counted.iter().filter(|one| PayoutState::OPEN.contains(&one.state)).count();
        Ok(RequestFacts {
            amount: request.amount,
            available: Amount::new(balances.available, currency),
            debt: Amount::zero(currency).minus(Amount::new(balances.debt, currency))?,
            account_active: account.status == AccountStatus::Active,
            email_confirmed: account.email_confirmed_at.is_some(),
            method_usable_from: method.usable_from,
            now,
            open_payouts: u32::try_from(open).unwrap_or(u32::MAX),
            requested_today,
        })
    }

    /// Adds a payout with its reserve and its first events, and carries that on.
    fn request(&mut self, prepared: &Prepared, row: PayoutRow, hits: &[Hit]) -> Outcome<Requested> {
        let (shopper, id, now) = (row.shopper_id, row.id, prepared.now);
        let kind = TransactionKind::PayoutReserved;
        let mut entry = transaction(prepared.transaction, now, kind, format!("payout/{id}/0"));
        entry.shopper_id = Some(shopper);
        entry.payout_id = Some(id);
        let (state, cause) = (row.state, "shopper".to_owned());
        let event = PayoutEventRow { payout_id: id, revision: 0, at: now, state, cause, detail: None };
        self.screening.note(&row, hits, prepared.proof.network.as_deref());
        self.book.open(row, event, (entry, reserve(shopper, prepared.request.amount)))?;
        let mut screened = prepared.screened.clone();
        screened.event = PayoutEvent::Screened { needs_review: !hits.is_empty() };
        let row = self.book.advance(id, &screened)?.row;
        self.counted.entry(shopper).or_default().push(CountedRow {
            shopper_id: shopper,
            currency: row.currency,
            amount: row.amount,
            state: row.state,
            requested_at: now,
        });
        self.requested.insert((shopper, row.idempotency_key.clone()), row.clone());
        Ok(Requested { row, replayed: false })
    }
}

/// What a request comes to.
enum Planned {
    /// It was made before.
    Repeat(Box<PayoutRow>),
    /// A payout, and why a person has to look at it first, if one has to.
    Fresh(Box<PayoutRow>, Vec<Hit>),
}

fn plan(known: &Known, prepared: &Prepared) -> Outcome<Planned> {
    let request = &prepared.request;
    if let Some(row) = known.requested.get(&(request.shopper, request.key.clone())) {
        if row.request_hash == request.hash() {
            return Ok(Planned::Repeat(Box::new(row.clone())));
        }
        let detail = "this Idempotency-Key belongs to another request; use a new one";
        return Err(ServiceError::conflict("idempotency_key_reused", detail));
    }
    let proof = &prepared.proof;
    let takes_code = known.payees.get(&request.shopper).is_some_and(|payee| payee.takes_code);
    if takes_code && !proof.code_waived && proof.code.is_none() {
        let detail = "this account has a second factor: send a code of it, as `code`, with the request";
        return Err(ServiceError::refused("code_needed", detail));
    }
    let (method, provider, plan, hits) = known.plan(prepared.asked(), &prepared.config.payouts, &prepared.providers)?;
    Ok(Planned::Fresh(Box::new(fresh_row(prepared, method, provider, plan)), hits))
}

/// The limits that the configuration sets for a method and a currency; `None` when it is not paid out this way.
fn limits(config: &config::Payouts, method: &MethodRow, amount: Amount) -> Option<PayoutLimits> {
    let currency = amount.currency();
    let PayoutRule { minimum, maximum, daily, fee_fixed, fee_percent, max_open, .. } =
        config.rule(method.kind.as_str(), currency)?.clone();
    // Without a limit for reviews nobody looks: no amount reaches beyond the largest there is.
    let review_from = config.review_from(currency).unwrap_or(Amount::new(i64::MAX, currency));
    Some(PayoutLimits { minimum, maximum, daily, review_from, fee_fixed, fee_percent, max_open })
}

fn fresh_row(prepared: &Prepared, method: &MethodRow, provider: String, plan: Plan) -> PayoutRow {
    let (request, id, now) = (&prepared.request, prepared.id, prepared.now);
    PayoutRow {
        id,
        shopper_id: request.shopper,
        method_id: method.id,
        provider,
        kind: method.kind,
        masked: method.masked.clone(),
        currency: request.amount.currency(),
        amount: request.amount.minor(),
        fee: plan.fee.minor(),
        state: Payout::requested(id, request.amount, plan.fee).state,
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
    }
}
