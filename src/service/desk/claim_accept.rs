//! A partner agrees that an order is missing, and says what it was: the order is settled as a report by hand, and the claim is
//! answered. What the rules would hold back is refused, and neither happens.

use std::sync::Arc;

use super::by_hand::{check_open, look, settle};
use crate::base::id::ClaimId;
use crate::db::Lane;
use crate::db::claims::{ClaimRow, claim_find, claim_reopen, order_list_of_number};
use crate::db::conversions::conversion_find_by_key;
use crate::domain::access::Actor;
use crate::domain::adapter::{EventTime, Report, ReportStatus};
use crate::domain::claim::ClaimState;
use crate::domain::money::Amount;
use crate::domain::reason::Reason;
use crate::domain::verdict::Verdict;
use crate::service::catalogue::Partner;
use crate::service::claims::claim_answer;
use crate::service::{App, Outcome, ServiceError};

/// What the order was.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The partner's own key for it, 1 to 200 characters: later calls about it name the same.
    pub key: String,
    /// Final already, or still to be checked.
    pub confirmed: bool,
    /// The order's amount.
    pub amount: Amount,
    /// What the partner owes for it, in the same currency.
    pub commission: Amount,
    /// The answer to the shopper, 1 to 2000 characters.
    pub answer: String,
}

/// A claim about a partner's store.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another partner's.
pub async fn claim_get(app: &App, partner: &Partner, id: ClaimId) -> Outcome<ClaimRow> {
    let own = partner.row.id;
    let found = app.db.read(move |conn| claim_find(conn, id)).await?;
    found.filter(|row| row.partner_id == own).ok_or(ServiceError::NotFound("claim"))
}

/// Accepts a claim with the order's facts.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another partner's; [`ServiceError::Invalid`] names the field; `already_answered`;
/// `key_known` when another order has the key; `order_reported` when the order came under another key meanwhile; `partner_paused`; [`ServiceError::Refused`] with a rule's code when the order
/// could not be settled.
pub async fn claim_accept(
    app: &App,
    partner: &Arc<Partner>,
    actor: &Actor,
    id: ClaimId,
    facts: Facts,
) -> Outcome<ClaimRow> {
    check_open(partner, actor)?;
    let claim = claim_get(app, partner, id).await?;
    if claim.state != ClaimState::Open {
        return Err(ServiceError::conflict("already_answered", "this claim was answered before"));
    }
    let report = report(&claim, &facts)?;
    let (asked, told, now) = (Arc::clone(partner), report.clone(), app.clock.now());
    let (click, number) = (claim.click_id, claim.order_number.clone());
    let (shopper, store) = (claim.shopper_id, claim.store_id);
    let seen = app.db.read(move |conn| {
        let known = conversion_find_by_key(conn, asked.row.id, told.key.as_deref().unwrap_or_default())?;
        if known.is_some_and(|known| known.click_id != click) {
            return Err(ServiceError::conflict("key_known", "another order has this key already"));
        }
        let key = told.key.as_deref().unwrap_or_default();
        if order_list_of_number(conn, shopper, store, &number)?.iter().any(|known| known != key) {
            let problem = "the order was reported meanwhile; decline the claim and say so";
            return Err(ServiceError::conflict("order_reported", problem));
        }
        look(conn, &asked, &[told], now)
    });
    let would = seen.await?;
    check(would.first().map(|would| (would.verdict, would.reason.as_deref())))?;
    // Answered first: of two people who accept it, one goes on. If this ends here, the claim is agreed to and the order is still
    // to be reported, as where an operator agrees.
    let answered = claim_answer(app, actor, id, true, &facts.answer).await?;
    let settled = settle(app, partner, actor, report, &format!("/partner/claims/{id}")).await?;
    if let Err(refused) = check(Some((settled.verdict, settled.reason.as_deref()))) {
        app.db.write(Lane::House, move |conn| claim_reopen(conn, id)).await?;
        return Err(refused);
    }
    Ok(answered)
}

fn report(claim: &ClaimRow, facts: &Facts) -> Outcome<Report> {
    let key = facts.key.trim();
    if !(1..=200).contains(&key.chars().count()) || key.contains('\0') {
        return Err(ServiceError::invalid("key", "must have 1 to 200 characters"));
    }
    if !(1..=2000).contains(&facts.answer.trim().chars().count()) {
        return Err(ServiceError::invalid("claim_answer", "must have 1 to 2000 characters"));
    }
    if facts.amount.minor() <= 0 {
        return Err(ServiceError::invalid("amount", "must be above zero"));
    }
    if facts.commission.minor() < 0 || facts.commission.currency() != facts.amount.currency() {
        return Err(ServiceError::invalid("commission", "must not be below zero"));
    }
    let status = if facts.confirmed { ReportStatus::Confirmed } else { ReportStatus::Pending };
    Ok(Report {
        key: Some(key.to_owned()),
        order_id: Some(claim.order_number.clone()),
        click_ref: Some(claim.click_id.reference()),
        order_amount: Some(facts.amount.major()),
        order_currency: Some(facts.amount.currency()),
        commission: Some(facts.commission.major()),
        currency: Some(facts.commission.currency()),
        occurred_at: Some(EventTime::Utc(claim.ordered_at)),
        ..Report::new(status)
    })
}

/// Goes on only with what is settled.
fn check(told: Option<(Verdict, Option<&str>)>) -> Outcome<()> {
    match told {
        Some((Verdict::Applied | Verdict::Unchanged, _)) => Ok(()),
        Some((_, reason)) => match reason.and_then(|code| code.parse::<Reason>().ok()) {
            Some(reason) => Err(reason.into()),
            None => Err(ServiceError::refused("not_settled", "the order could not be settled")),
        },
        None => Err(ServiceError::internal("nothing was looked at")),
    }
}
