//! Changes a partner: its name, what reads its calls, its settings, whether its calls are taken.

use serde_json::json;

use super::{check_adapter, check_settings};
use crate::base::id::PartnerId;
use crate::db::applications::application_find_of_partner;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::partners::{self, PartnerRow, partner_find};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::application::ApplicationState;
use crate::domain::partner::{PartnerSettings, Status};
use crate::service::accounts::require;
use crate::service::stores::check_name;
use crate::service::{App, Outcome, ServiceError};

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct PartnerChange {
    /// Its name for people.
    pub name: Option<String>,
    /// The preset or own adapter that reads its calls.
    pub adapter: Option<String>,
    /// All its settings.
    pub settings: Option<PartnerSettings>,
    /// Active, or paused: then its calls are refused.
    pub status: Option<Status>,
}

/// Changes a partner; it counts from the next call on.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`];
/// [`ServiceError::Invalid`] names the field; [`ServiceError::Conflict`] `application_open` for one that applied and was not
/// let in.
pub async fn partner_update(app: &App, actor: &Actor, id: PartnerId, change: PartnerChange) -> Outcome<PartnerRow> {
    require(actor, Permission::Catalogue)?;
    let name = change.name.as_deref().map(check_name).transpose()?;
    let settings = change.settings.as_ref().map(check_settings).transpose()?;
    let detail = json!({
        "name": name, "adapter": change.adapter, "settings": change.settings, "status": change.status,
    });
    let audit = AuditRow::new(app.clock.now(), actor, "partner.update", format!("partner/{id}"), &detail);
    let row = app
        .db
        .write(Lane::House, move |conn| {
            let mut row = partner_find(conn, id)?.ok_or(ServiceError::NotFound("partner"))?;
            if let Some(adapter) = &change.adapter {
                check_adapter(conn, adapter)?;
                row.adapter.clone_from(adapter);
            }
            if change.status == Some(Status::Active) && row.status == Status::Paused {
                check_decided(conn, id)?;
            }
            row.name = name.clone().unwrap_or(row.name);
            row.settings = settings.clone().unwrap_or(row.settings);
            row.status = change.status.unwrap_or(row.status);
            if !partners::partner_update(conn, &row)? {
                return Err(ServiceError::NotFound("partner"));
            }
            audit_insert_in_tx(conn, &audit)?;
            Ok(row)
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(row)
}

/// A partner that applied is let in by a decision, and not in passing.
fn check_decided(conn: &mut Conn, id: PartnerId) -> Outcome<()> {
    match application_find_of_partner(conn, id)? {
        Some(applied) if applied.state != ApplicationState::Approved => {
            Err(ServiceError::conflict("application_open", "decide on the partner's application first"))
        }
        Some(_) | None => Ok(()),
    }
}
