//! What a new version of a store's terms would change.

use super::{TermsDifference, TermsText};
use crate::base::Timestamp;
use crate::db::stores::{store_find_by_slug, terms_list};
use crate::domain::access::{Actor, Permission};
use crate::domain::rate::Terms;
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// What would change.
#[derive(Debug, Clone)]
pub struct TermsPreview {
    /// The newest version there is; 0 for none.
    pub version: i64,
    /// Its terms; those that a first version begins with where there is none.
    pub before: TermsText,
    /// The fields that differ.
    pub differences: Vec<TermsDifference>,
}

/// The newest version of a store's terms and its texts; 0, and what a first version begins with, where there is none.
///
/// # Errors
/// [`ServiceError::NotFound`]; the database's failures.
pub async fn terms_newest(app: &App, slug: &str) -> Outcome<(i64, TermsText)> {
    let slug = slug.to_owned();
    let rows = app.db.read(move |conn| {
        let store = store_find_by_slug(conn, &slug)?.ok_or(ServiceError::NotFound("store"))?;
        Ok::<_, ServiceError>(terms_list(conn, store.id)?)
    });
    let rows = rows.await?;
    let first = || TermsText { hold_days: "21".to_owned(), attribution_days: "30".to_owned(), ..TermsText::default() };
    match rows.first() {
        Some(row) => Ok((row.version, TermsText::of(&row.terms()?))),
        None => Ok((0, first())),
    }
}

/// Holds new terms against the newest version. Nothing is written.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`]; [`ServiceError::Invalid`] names
/// the key of the terms, or `valid_from` when it is in the past.
pub async fn terms_preview(
    app: &App,
    actor: &Actor,
    slug: &str,
    terms: &Terms,
    valid_from: Option<Timestamp>,
) -> Outcome<TermsPreview> {
    require(actor, Permission::Catalogue)?;
    terms.check().map_err(|bad| ServiceError::invalid(bad.key, bad.problem))?;
    if valid_from.is_some_and(|from| from < app.clock.now()) {
        return Err(ServiceError::invalid("valid_from", "must not be in the past"));
    }
    let (version, before) = terms_newest(app, slug).await?;
    let differences = before.differences(&TermsText::of(terms));
    Ok(TermsPreview { version, before, differences })
}
