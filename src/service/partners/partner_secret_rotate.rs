//! A new secret for a partner, while the old one is still good for some hours.

use serde_json::json;

use super::secret_or_fresh;
use crate::base::id::{KeyId, PartnerId};
use crate::base::{Secret, Timestamp};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::partners::{
    PartnerSecretRow, partner_find, partner_secret_context, partner_secret_insert, partner_secret_retire_all,
};
use crate::domain::access::{Actor, Permission};
use crate::service::accounts::require_of;
use crate::service::{App, Outcome, ServiceError};

/// The longest time that old secrets are kept for, in hours: thirty days.
const LONGEST_HOURS: u32 = 720;

/// A secret that was just put in place.
#[derive(Debug, Clone)]
pub struct SecretRotated {
    /// The new secret: this is the only time that it is told.
    pub secret: Secret,
    /// Until when the older ones are accepted.
    pub old_until: Timestamp,
}

/// Gives a partner a new secret; the older ones are accepted for `keep_hours` more, 0 to 720.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is neither one of its people nor an operator with the permission `catalogue`; [`ServiceError::NotFound`];
/// [`ServiceError::Invalid`] names the field.
pub async fn partner_secret_rotate(
    app: &App,
    actor: &Actor,
    id: PartnerId,
    given: Option<Secret>,
    keep_hours: u32,
) -> Outcome<SecretRotated> {
    require_of(actor, id, Permission::Catalogue)?;
    if keep_hours > LONGEST_HOURS {
        return Err(ServiceError::invalid("keep_hours", format!("must be from 0 to {LONGEST_HOURS}")));
    }
    let secret = secret_or_fresh(given)?;
    let now = app.clock.now();
    let old_until = now.plus_seconds(i64::from(keep_hours) * 3600);
    let sealed = app.master.seal(&partner_secret_context(id), secret.expose()).map_err(ServiceError::internal)?;
    let key = PartnerSecretRow { id: KeyId::new(), partner_id: id, sealed, created_at: now, retired_at: None };
    let subject = format!("partner/{id}");
    let audit = AuditRow::new(now, actor, "partner.rotate_secret", subject, &json!({ "old_until": old_until }));
    app.db
        .write(Lane::House, move |conn| {
            partner_find(conn, id)?.ok_or(ServiceError::NotFound("partner"))?;
            partner_secret_retire_all(conn, id, old_until)?;
            partner_secret_insert(conn, &key)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(SecretRotated { secret, old_until })
}
