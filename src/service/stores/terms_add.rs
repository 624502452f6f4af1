//! A new version of a store's terms. Older versions stay as they are: links that were made with them keep them.

use serde_json::json;

use crate::base::Timestamp;
use crate::base::id::TermsId;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::stores::{TermsRow, store_find_by_slug, terms_insert, terms_list};
use crate::domain::access::{Actor, Permission};
use crate::domain::rate::Terms;
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// Adds the next version, valid from `valid_from`, or from now on.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`] for the store;
/// [`ServiceError::Invalid`] names the key of the terms, or `valid_from` when it is in the past.
pub async fn terms_add(
    app: &App,
    actor: &Actor,
    store: &str,
    terms: &Terms,
    valid_from: Option<Timestamp>,
) -> Outcome<TermsRow> {
    require(actor, Permission::Catalogue)?;
    let now = app.clock.now();
    let body = check_terms(terms)?;
    let valid_from = valid_from.unwrap_or(now);
    if valid_from < now {
        return Err(ServiceError::invalid("valid_from", "must not be in the past: what was promised stays promised"));
    }
    let id = TermsId::new();
    let audit = AuditRow::new(now, actor, "terms.add", "store", &json!({ "terms": terms, "valid_from": valid_from }));
    let slug = store.to_owned();
    let row = app
        .db
        .write(Lane::House, move |conn| {
            let store = store_find_by_slug(conn, &slug)?.ok_or(ServiceError::NotFound("store"))?;
            let newest = terms_list(conn, store.id)?.first().map_or(0, |row| row.version);
            let version = newest.saturating_add(1);
            let row = TermsRow { id, store_id: store.id, version, valid_from, body: body.clone(), created_at: now };
            terms_insert(conn, &row)?;
            audit_insert_in_tx(conn, &AuditRow { subject: format!("store/{}", store.id), ..audit.clone() })?;
            Ok::<_, ServiceError>(row)
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(row)
}

/// The terms as the database keeps them.
pub(super) fn check_terms(terms: &Terms) -> Outcome<String> {
    terms.check().map_err(|bad| ServiceError::invalid(bad.key, bad.problem))?;
    serde_json::to_string(terms).map_err(ServiceError::internal)
}
