//! Accounts that were never confirmed go: nobody can use them, and they keep their addresses from whoever signs up later.

use crate::db::unconfirmed::{
    person_delete_unconfirmed, person_list_unconfirmed, shopper_delete_unconfirmed, shopper_list_unconfirmed,
};
use crate::db::{DbError, Lane};
use crate::service::{App, Outcome};

/// Forgets up to `limit` shoppers, and as many people of partners, whose accounts are older than `accounts.unconfirmed_days`, were
/// never confirmed, and have nothing that belongs to them; gives how many. Their addresses are free again.
///
/// # Errors
/// The database's failures.
pub async fn unconfirmed_purge(app: &App, limit: i64) -> Outcome<usize> {
    let before = app.clock.now().plus_days(-i64::from(app.config.accounts.unconfirmed_days));
    let gone = app.db.write(Lane::House, move |conn| {
        let mut gone: usize = 0;
        // Whoever confirms does so in this lane too, before this or not at all.
        for id in shopper_list_unconfirmed(conn, before, limit)? {
            gone = gone.saturating_add(usize::from(shopper_delete_unconfirmed(conn, id)?));
        }
        for id in person_list_unconfirmed(conn, before, limit)? {
            gone = gone.saturating_add(usize::from(person_delete_unconfirmed(conn, id)?));
        }
        Ok::<_, DbError>(gone)
    });
    let gone = gone.await?;
    if gone > 0 {
        tracing::info!(gone, "accounts that were never confirmed were forgotten");
    }
    Ok(gone)
}
