//! Makes a signed tracking link for a shopper.

use super::{App, Outcome, ServiceError};
use crate::base::id::ShopperId;
use crate::domain::link::{Link, deep_link_inside};

/// How long a link may be followed.
pub(super) fn link_ttl_seconds(app: &App) -> i64 {
    i64::from(app.config.links.ttl_hours) * 3600
}

/// A link and what it promises.
#[derive(Debug, Clone)]
pub struct MadeLink {
    /// The whole URL.
    pub url: String,
    /// The promise itself.
    pub link: Link<'static>,
}

/// Makes a link to `store`, or to a page inside it.
///
/// # Errors
/// [`ServiceError::NotFound`] for an unknown store, `store_paused`, `no_terms` when it has no terms in force,
/// [`ServiceError::Invalid`] when the deep link does not lead into the store.
pub async fn make_link(app: &App, shopper: ShopperId, store: &str, deep_link: Option<&str>) -> Outcome<MadeLink> {
    let now = app.clock.now();
    let store = app.store(store).await?;
    if !store.is_active() {
        return Err(ServiceError::refused("store_paused", "the store is paused and takes no orders for cashback now"));
    }
    let terms = store.terms_at(now);
    let terms = terms.ok_or_else(|| ServiceError::refused("no_terms", "the store has no terms in force yet"))?;
    let deep_link = match deep_link {
        None => None,
        Some(to) => {
            if store.row.deep_link_url.is_none() {
                return Err(ServiceError::invalid("deep_link", "this store cannot be entered at a page of its own"));
            }
            let normal = deep_link_inside(to, &store.domains);
            Some(
                normal
                    .ok_or_else(|| ServiceError::invalid("deep_link", "must be an https address inside the store"))?,
            )
        }
    };
    let link = Link {
        store: store.row.slug.clone().into(),
        shopper: shopper.reference().into(),
        terms_version: terms.version,
        issued_at: now,
        expires_at: now.plus_seconds(link_ttl_seconds(app)),
        deep_link: deep_link.map(Into::into),
    };
    let snapshot = app.catalogue.snapshot();
    let ring = snapshot.ring.as_ref().ok_or_else(|| ServiceError::internal("there is no signing key"))?;
    let path = ring.sign(&link).ok_or_else(|| ServiceError::internal("there is no signing key"))?;
    Ok(MadeLink { url: app.public_url(&path), link })
}
