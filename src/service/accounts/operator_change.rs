//! What an operator is trusted with, and whether at all. There is always somebody left who can change it back.

use serde_json::json;

use super::require;
use crate::base::id::OperatorId;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::operators::{self, OperatorRow, operator_count_other_admins, operator_find};
use crate::db::tokens::{Owner, token_revoke_all};
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, Actor, Permission, Role};
use crate::service::{App, Outcome, ServiceError};

/// Changes a role; it counts from the operator's next request on. The same role again changes nothing.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `staff`; [`ServiceError::NotFound`];
/// [`ServiceError::Refused`] `last_admin`.
pub async fn operator_set_role(app: &App, actor: &Actor, id: OperatorId, role: Role) -> Outcome<OperatorRow> {
    require(actor, Permission::Staff)?;
    let subject = format!("operator/{id}");
    let audit = AuditRow::new(app.clock.now(), actor, "operator.set_role", subject, &json!({ "role": role }));
    app.db
        .write(Lane::House, move |conn| {
            let row = find(conn, id)?;
            if row.role == role {
                return Ok(row);
            }
            keep_an_admin(conn, &row)?;
            if !operators::operator_set_role(conn, id, row.role, role)? {
                return Err(moved_on());
            }
            audit_insert_in_tx(conn, &audit)?;
            find(conn, id)
        })
        .await
}

/// Blocks an operator, which ends all sessions and tokens, or lets it in again. The same again changes nothing.
///
/// # Errors
/// As [`operator_set_role`].
pub async fn operator_set_status(app: &App, actor: &Actor, id: OperatorId, to: AccountStatus) -> Outcome<OperatorRow> {
    require(actor, Permission::Staff)?;
    let now = app.clock.now();
    let action = match to {
        AccountStatus::Active => "operator.unblock",
        AccountStatus::Blocked => "operator.block",
        AccountStatus::Erased => return Err(ServiceError::Forbidden),
    };
    let audit = AuditRow::new(now, actor, action, format!("operator/{id}"), &json!({}));
    app.db
        .write(Lane::House, move |conn| {
            let row = find(conn, id)?;
            if row.status == to {
                return Ok(row);
            }
            if to == AccountStatus::Blocked {
                keep_an_admin(conn, &row)?;
                token_revoke_all(conn, Owner::Operator(id), None, now)?;
            }
            if !operators::operator_set_status(conn, id, row.status, to)? {
                return Err(moved_on());
            }
            audit_insert_in_tx(conn, &audit)?;
            find(conn, id)
        })
        .await
}

fn find(conn: &mut Conn, id: OperatorId) -> Outcome<OperatorRow> {
    operator_find(conn, id)?.ok_or(ServiceError::NotFound("operator"))
}

fn keep_an_admin(conn: &mut Conn, row: &OperatorRow) -> Outcome<()> {
    let counts = row.role == Role::Admin && row.status == AccountStatus::Active;
    if counts && operator_count_other_admins(conn, row.id)? == 0 {
        return Err(ServiceError::refused("last_admin", "this is the last admin; make another one first"));
    }
    Ok(())
}

fn moved_on() -> ServiceError {
    ServiceError::conflict("changed_meanwhile", "the operator was changed meanwhile; look again")
}
