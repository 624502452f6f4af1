//! A shopper's own click in the extension: a link to the store, and whether the service knows of the click that followed it.

use crate::base::Timestamp;
use crate::base::id::{ActivationId, ClickId, ShopperId};
use crate::db::extension::{
    ActivationRow, activation_click, activation_find as find, activation_insert, activation_purge,
};
use crate::db::{Conn, Lane};
use crate::service::make_link::make_link;
use crate::service::{App, Outcome, ServiceError};

/// How many days activations are remembered.
const REMEMBERED_DAYS: i64 = 30;

/// An activation, and the link to follow.
#[derive(Debug, Clone)]
pub struct Activated {
    /// Its id.
    pub id: ActivationId,
    /// The link.
    pub url: String,
    /// Until when it may be followed.
    pub expires_at: Timestamp,
}

/// Makes a link to a store that the extension may speak of.
///
/// # Errors
/// [`ServiceError::NotFound`]; `not_in_extension` where the store, or its network, does not allow the extension; those of
/// [`make_link`].
pub async fn activate(app: &App, shopper: ShopperId, store: &str) -> Outcome<Activated> {
    let found = app.store(store).await?;
    if !found.extension.allows(&found.domains, &app.catalogue.snapshot().packs) {
        return Err(ServiceError::refused(
            "not_in_extension",
            "this store takes no cashback through the extension; open it from the catalogue",
        ));
    }
    let made = make_link(app, shopper, store, None).await?;
    let seconds = |time: Timestamp| Timestamp::from_seconds(time.seconds()).unwrap_or(time);
    let row = ActivationRow {
        id: ActivationId::new(),
        shopper_id: shopper,
        store_id: found.row.id,
        // A link tells its times in whole seconds, and so does the click that follows it.
        issued_at: seconds(made.link.issued_at),
        expires_at: seconds(made.link.expires_at),
    };
    let (id, expires_at) = (row.id, row.expires_at);
    app.db.write(Lane::Shopper(shopper), move |conn| activation_insert(conn, &row)).await?;
    Ok(Activated { id, url: made.url, expires_at })
}

/// The click that followed an activation's link, once it is stored.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is no such activation, or it is somebody else's.
pub async fn activation_find(app: &App, shopper: ShopperId, id: ActivationId) -> Outcome<Option<(ClickId, Timestamp)>> {
    let read = move |conn: &mut Conn| {
        let row = find(conn, shopper, id)?.ok_or(ServiceError::NotFound("activation"))?;
        Ok::<_, ServiceError>(activation_click(conn, &row)?)
    };
    app.db.read(read).await
}

/// Forgets activations of a month ago; gives how many.
///
/// # Errors
/// The database's failures.
pub async fn activations_purge(app: &App) -> Outcome<usize> {
    let before = ActivationId::first_at(app.clock.now().plus_days(-REMEMBERED_DAYS));
    Ok(app.db.write(Lane::House, move |conn| activation_purge(conn, before)).await?)
}
