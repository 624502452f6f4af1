//! Puts a new key at the head of the ring that signs tracking links.

use serde_json::json;

use super::accounts::require;
use super::catalogue::signing_key_context;
use super::{App, Outcome, ServiceError};
use crate::base::Secret;
use crate::base::secret::random_bytes;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::clicks::{SigningKeyRow, signing_key_rotate};
use crate::domain::access::{Actor, Permission};

/// Makes a new signing key, as the service does by itself when it has none. Gives the new key's id.
///
/// # Errors
/// [`ServiceError`].
pub async fn rotate_keys(app: &App) -> Outcome<String> {
    rotate_keys_as(app, &Actor::Console).await
}

/// Makes a new signing key. The older ones verify until the last link they signed has expired.
/// Gives the new key's id.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; the database's failures.
pub async fn rotate_keys_as(app: &App, actor: &Actor) -> Outcome<String> {
    require(actor, Permission::Catalogue)?;
    let now = app.clock.now();
    let id = hex::encode(random_bytes(4).map_err(ServiceError::internal)?);
    let secret = Secret::random(32).map_err(ServiceError::internal)?;
    let sealed = app.master.seal(&signing_key_context(&id), secret.expose()).map_err(ServiceError::internal)?;
    let row = SigningKeyRow { id: id.clone(), sealed, created_at: now, retired_at: None };
    let last_link_ends = now.plus_seconds(super::make_link::link_ttl_seconds(app));
    let audit = AuditRow::new(now, actor, "keys.rotate", format!("signing_key/{id}"), &json!({}));
    app.db
        .write(Lane::House, move |conn| {
            signing_key_rotate(conn, &row, last_link_ends)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(id)
}
