//! A new partner with its first secret.

use serde_json::json;

use super::{check_adapter, check_settings, secret_or_fresh};
use crate::base::Secret;
use crate::base::id::{KeyId, PartnerId};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::partners::{
    PartnerRow, PartnerSecretRow, partner_find_by_slug, partner_insert, partner_secret_context, partner_secret_insert,
};
use crate::domain::access::{Actor, Permission};
use crate::domain::partner::{PartnerSettings, Status};
use crate::service::accounts::require;
use crate::service::stores::{check_name, check_slug};
use crate::service::{App, Outcome, ServiceError};

/// What is wanted of a new partner.
#[derive(Debug, Clone)]
pub struct NewPartner {
    /// Its name in URLs: 1 to 64 of a-z, 0-9 and `-`.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The preset or own adapter that reads its calls.
    pub adapter: String,
    /// What the adapter leaves open.
    pub settings: PartnerSettings,
    /// The secret that the partner gave; without one, a fresh one is made.
    pub secret: Option<Secret>,
}

/// A partner that was just added.
#[derive(Debug, Clone)]
pub struct PartnerAdded {
    /// Its row.
    pub row: PartnerRow,
    /// Its secret: this is the only time that it is told.
    pub secret: Secret,
}

/// Adds a partner, whose calls are taken at once.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::Invalid`] names the field;
/// [`ServiceError::Conflict`] `slug_taken`.
pub async fn partner_add(app: &App, actor: &Actor, wanted: NewPartner) -> Outcome<PartnerAdded> {
    require(actor, Permission::Catalogue)?;
    check_slug("slug", &wanted.slug)?;
    let name = check_name(&wanted.name)?;
    let settings = check_settings(&wanted.settings)?;
    let secret = secret_or_fresh(wanted.secret)?;
    let now = app.clock.now();
    let id = PartnerId::new();
    let row = PartnerRow {
        id,
        slug: wanted.slug,
        name,
        adapter: wanted.adapter,
        settings,
        status: Status::Active,
        created_at: now,
    };
    let sealed = app.master.seal(&partner_secret_context(id), secret.expose()).map_err(ServiceError::internal)?;
    let key = PartnerSecretRow { id: KeyId::new(), partner_id: id, sealed, created_at: now, retired_at: None };
    let detail = json!({ "slug": row.slug, "adapter": row.adapter });
    let audit = AuditRow::new(now, actor, "partner.add", format!("partner/{id}"), &detail);
    let row = app
        .db
        .write(Lane::House, move |conn| {
            if partner_find_by_slug(conn, &row.slug)?.is_some() {
                return Err(ServiceError::conflict("slug_taken", format!("there is a partner {:?} already", row.slug)));
            }
            check_adapter(conn, &row.adapter)?;
            partner_insert(conn, &row)?;
            partner_secret_insert(conn, &key)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row.clone())
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(PartnerAdded { row, secret })
}
