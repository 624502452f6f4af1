//! An operator shuts a shopper's account, or opens it again. The ledger is not touched.

use serde_json::json;

use super::require;
use crate::base::id::ShopperId;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::shoppers::{self, ShopperRow, shopper_find};
use crate::db::tokens::{Owner, token_revoke_all};
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, Actor, Permission};
use crate::service::{App, Outcome, ServiceError};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// Blocks a shopper, which ends all sessions and tokens, or unblocks. The same again changes nothing. `reason` is kept
/// in the audit trail.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `care`; [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for
/// an empty or overlong reason.
pub async fn shopper_set_status(
    app: &App,
    actor: &Actor,
    id: ShopperId,
    to: AccountStatus,
    reason: &str,
) -> Outcome<ShopperRow> {
    require(actor, Permission::Care)?;
    let reason = reason.trim();
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
        return Err(ServiceError::invalid("reason", format!("must have 1 to {LONGEST_REASON} characters")));
    }
    let now = app.clock.now();
    let action = match to {
        AccountStatus::Active => "shopper.unblock",
        AccountStatus::Blocked => "shopper.block",
        // Only its owner can erase an account.
        AccountStatus::Erased => return Err(ServiceError::Forbidden),
    };
    let audit = AuditRow::new(now, actor, action, format!("shopper/{id}"), &json!({ "reason": reason }));
    app.db
        // In the shopper's lane: a payout is sent either before this, or not at all.
        .write(Lane::Shopper(id), move |conn| {
            let row = find(conn, id)?;
            if row.status == to {
                return Ok(row);
            }
            if row.status == AccountStatus::Erased {
                return Err(ServiceError::NotFound("shopper"));
            }
            if to == AccountStatus::Blocked {
                token_revoke_all(conn, Owner::Shopper(id), None, now)?;
            }
            if !shoppers::shopper_set_status(conn, id, row.status, to)? {
                return Err(ServiceError::conflict(
                    "changed_meanwhile",
                    "the shopper was changed meanwhile; look again",
                ));
            }
            audit_insert_in_tx(conn, &audit)?;
            find(conn, id)
        })
        .await
}

fn find(conn: &mut Conn, id: ShopperId) -> Outcome<ShopperRow> {
    shopper_find(conn, id)?.ok_or(ServiceError::NotFound("shopper"))
}
