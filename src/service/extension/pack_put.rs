//! Adds a stand-down pack, or lengthens and broadens one that is there.

use serde_json::json;

use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::extension::pack_list;
use crate::db::{Conn, Lane, extension};
use crate::domain::access::{Actor, Permission};
use crate::domain::extension::BadField;
use crate::domain::extension::pack::{self, Pack};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

fn invalid(bad: BadField) -> ServiceError {
    ServiceError::invalid(bad.field, bad.problem)
}

/// Puts a pack in place. It may not be silent for less time, or after fewer links, than the one of its id that counts now.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::Invalid`] names the field.
pub async fn pack_put(app: &App, actor: &Actor, wanted: Pack) -> Outcome<Pack> {
    require(actor, Permission::Catalogue)?;
    wanted.check().map_err(invalid)?;
    let now = app.clock.now();
    let audit = AuditRow::new(now, actor, "extension.pack", format!("pack/{}", wanted.id), &json!(wanted));
    let write = move |conn: &mut Conn| {
        let packs = pack::all(pack::built_in().map_err(ServiceError::internal)?, pack_list(conn)?);
        if let Some(known) = packs.get(&wanted.id) {
            known.may_become(&wanted).map_err(invalid)?;
        }
        let body = serde_json::to_string(&wanted).map_err(ServiceError::internal)?;
        extension::pack_put(conn, &wanted.id, &body, now)?;
        audit_insert_in_tx(conn, &audit)?;
        Ok::<_, ServiceError>(wanted.clone())
    };
    let put = app.db.write(Lane::House, write).await?;
    app.reload_catalogue().await?;
    Ok(put)
}
