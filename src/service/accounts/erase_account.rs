//! A shopper leaves: whatever tells who it was is erased. Orders, payouts and the ledger stay whole, under an id that leads to
//! nobody, so that it can still be proved that no money was lost or invented.

use serde_json::json;

use super::by_letter::{letter_job, read};
use super::second_factor::Taken;
use super::{Caller, letters, own_account, second_factor};
use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::awaited_orders::awaited_delete_all;
use crate::db::balances::balances_list;
use crate::db::claims::claim_erase_all;
use crate::db::clicks::click_erase_all;
use crate::db::extension::activation_delete_all;
use crate::db::jobs::job_enqueue;
use crate::db::methods::method_erase_all;
use crate::db::notices::notice_set_off;
use crate::db::protection::protection_erase;
use crate::db::second_factors::{factor_delete, factor_find};
use crate::db::shoppers::shopper_erase;
use crate::db::tokens::{Owner, token_delete_all};
use crate::db::{Conn, Lane};
use crate::domain::access::Actor;
use crate::domain::money::Amount;
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError};

/// What has to be said to erase an account.
#[derive(Debug, Clone)]
pub struct Farewell {
    /// The password.
    pub password: Secret,
    /// A code of the second factor, where there is one.
    pub code: String,
    /// Said aloud: money that is still there may stay.
    pub give_up_money: bool,
}

/// Erases the asker's account: address, password, sessions, destinations, what clicks and claims tell about a person. A last letter
/// says so. What is owed is told in the audit trail. Orders that are reported later are still booked, and nobody can withdraw them.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is no shopper in a session; `wrong_password`; `wrong_code`; `payout_under_way`;
/// `money_left` when there is money and [`Farewell::give_up_money`] is not set; [`ServiceError::TooMany`].
pub async fn erase_account(app: &App, limits: &Limits, caller: &Caller, said: Farewell) -> Outcome<()> {
    let Actor::Shopper(id) = caller.actor else { return Err(ServiceError::Forbidden) };
    let account = own_account(app, limits, caller, &said.password).await?;
    let owner = account.owner;
    let factor = app.db.read(move |conn| factor_find(conn, owner)).await?;
    let taken = match factor.filter(|row| row.confirmed_at.is_some()) {
        Some(_on) => Some(second_factor::check(app, limits, owner, &said.code).await?),
        None => None,
    };
    let letter = letter_job(app, &letters::erased(read(&account.email)?, account.language, &app.public_url("")))?;
    let audit = AuditRow::new(app.clock.now(), &caller.actor, "shopper.erase", format!("shopper/{id}"), &json!({}));
    let now = app.clock.now();
    app.db
        .write(Lane::Shopper(id), move |conn| {
            let owed = may_leave(conn, id, said.give_up_money)?;
            taken.as_ref().map_or(Ok(()), |taken: &Taken| taken.take(conn))?;
            factor_delete(conn, owner)?;
            token_delete_all(conn, Owner::Shopper(id))?;
            activation_delete_all(conn, id)?;
            notice_set_off(conn, id, &[])?;
            method_erase_all(conn, id, now)?;
            protection_erase(conn, id)?;
            claim_erase_all(conn, id)?;
            awaited_delete_all(conn, id)?;
            click_erase_all(conn, id)?;
            shopper_erase(conn, id)?;
            let told = if owed.is_empty() { json!({}) } else { json!({ "debt": owed }) };
            audit_insert_in_tx(conn, &AuditRow { detail: told.to_string(), ..audit.clone() })?;
            job_enqueue(conn, &letter).map_err(ServiceError::from)
        })
        .await
}

/// Goes on only with whom nothing keeps; gives what they owe, above zero. A debt keeps nobody: nothing could be done to whoever owes
/// it, who would only stay known. It stays under the id, later earnings still fill it, and the trail tells operators, two of whom
/// can give it up.
fn may_leave(conn: &mut Conn, id: ShopperId, give_up: bool) -> Outcome<Vec<Amount>> {
    let all = balances_list(conn, id)?;
    if all.iter().any(|(_, has)| has.in_payout > 0) {
        return Err(ServiceError::conflict(
            "payout_under_way",
            "a withdrawal is on its way; wait until it has arrived",
        ));
    }
    if !give_up && all.iter().any(|(_, has)| has.pending > 0 || has.confirmed > 0 || has.available > 0) {
        return Err(ServiceError::conflict(
            "money_left",
            "there is money left: withdraw it first, or say that it may stay",
        ));
    }
    let owed = all.iter().filter(|(_, has)| has.debt < 0);
    Ok(owed.map(|(currency, has)| Amount::new(has.debt.saturating_neg(), *currency)).collect())
}
