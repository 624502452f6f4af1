//! A shopper added from the command line, with a confirmed address: for demonstrations and for moving in.

use serde_json::json;

use super::sign_up::new_shopper;
use super::{read_email, require};
use crate::base::Secret;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::shoppers::{ShopperRow, shopper_find_by_email, shopper_insert};
use crate::domain::access::{Actor, Permission};
use crate::domain::reason::Language;
use crate::service::{App, Outcome, ServiceError, password};

/// Adds a shopper who can sign in at once.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `care`; [`ServiceError::Invalid`] for the address or the
/// password; [`ServiceError::Conflict`] `email_taken`.
pub async fn shopper_add(
    app: &App,
    actor: &Actor,
    email: &str,
    password: &Secret,
    language: Language,
) -> Outcome<ShopperRow> {
    require(actor, Permission::Care)?;
    let email = read_email(email)?;
    password::check_rules(password, &email)?;
    let now = app.clock.now();
    let mut row = new_shopper(email.as_str(), password::hash(password).await?, language, now)?;
    row.email_confirmed_at = Some(now);
    let audit = AuditRow::new(now, actor, "shopper.add", format!("shopper/{}", row.id), &json!({}));
    app.db
        .write(Lane::House, move |conn| {
            if shopper_find_by_email(conn, &row.email)?.is_some() {
                return Err(ServiceError::conflict("email_taken", "a shopper with this e-mail address is there"));
            }
            shopper_insert(conn, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row.clone())
        })
        .await
}
