//! Shuts somebody out who acts for a partner, or lets them in again.

use serde_json::json;

use super::require_of;
use crate::base::id::{PartnerId, PersonId};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::people::{self, person_find};
use crate::db::tokens::{Owner, token_revoke_all};
use crate::domain::access::{AccountStatus, Actor, Permission};
use crate::service::{App, Outcome, ServiceError};

/// Blocks or unblocks one of a partner's people. Whoever is blocked is signed out everywhere.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is neither one of the partner's people nor an operator with the permission
/// `catalogue`; [`ServiceError::NotFound`] also for another partner's; [`ServiceError::Conflict`] `own_account` for
/// oneself; `status_unchanged`.
pub async fn person_set_status(
    app: &App,
    actor: &Actor,
    partner: PartnerId,
    id: PersonId,
    to: AccountStatus,
) -> Outcome<()> {
    require_of(actor, partner, Permission::Catalogue)?;
    if matches!(actor, Actor::Person(own, _) if *own == id) {
        return Err(ServiceError::conflict("own_account", "you cannot shut yourself out"));
    }
    let (from, action) = match to {
        AccountStatus::Blocked => (AccountStatus::Active, "person.block"),
        AccountStatus::Active => (AccountStatus::Blocked, "person.unblock"),
        AccountStatus::Erased => return Err(ServiceError::Forbidden),
    };
    let now = app.clock.now();
    let detail = json!({ "person": id.to_string() });
    let audit = AuditRow::new(now, actor, action, format!("partner/{partner}"), &detail);
    app.db
        .write(Lane::House, move |conn| {
            person_find(conn, id)?
                .filter(|row| row.partner_id == Some(partner))
                .ok_or(ServiceError::NotFound("person"))?;
            if !people::person_set_status(conn, id, from, to)? {
                return Err(ServiceError::conflict("status_unchanged", "the account stands there already"));
            }
            if to == AccountStatus::Blocked {
                token_revoke_all(conn, Owner::Person(id), None, now)?;
            }
            audit_insert_in_tx(conn, &audit)?;
            Ok(())
        })
        .await
}
