//! A new operator.

use serde_json::json;

use super::{read_email, require};
use crate::base::Secret;
use crate::base::id::OperatorId;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::operators::{OperatorRow, operator_find_by_email, operator_insert};
use crate::domain::access::{AccountStatus, Actor, Permission, Role};
use crate::domain::reason::Language;
use crate::service::{App, Outcome, ServiceError, password};

/// Adds an operator who can sign in at once.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `staff`; [`ServiceError::Invalid`] for the address, the name or
/// the password; [`ServiceError::Conflict`] `email_taken`.
pub async fn operator_add(
    app: &App,
    actor: &Actor,
    email: &str,
    name: &str,
    role: Role,
    password: &Secret,
) -> Outcome<OperatorRow> {
    require(actor, Permission::Staff)?;
    let email = read_email(email)?;
    let name = name.trim().to_owned();
    if !(1..=100).contains(&name.chars().count()) {
        return Err(ServiceError::invalid("name", "must have 1 to 100 characters"));
    }
    password::check_rules(password, &email)?;
    let now = app.clock.now();
    let row = OperatorRow {
        id: OperatorId::new(),
        email: email.as_str().to_owned(),
        name,
        password_hash: password::hash(password).await?,
        role,
        status: AccountStatus::Active,
        created_at: now,
        // Whoever runs the service is to hear when something is wrong, until they say otherwise.
        letters: Some(Language::En),
    };
    let subject = format!("operator/{}", row.id);
    let audit = AuditRow::new(now, actor, "operator.add", subject, &json!({ "role": role, "name": row.name }));
    app.db
        .write(Lane::House, move |conn| {
            if operator_find_by_email(conn, &row.email)?.is_some() {
                return Err(ServiceError::conflict("email_taken", "an operator with this e-mail address is there"));
            }
            operator_insert(conn, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row.clone())
        })
        .await
}
