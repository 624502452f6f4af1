//! Which news a shopper wants by letter.

use std::collections::BTreeSet;

use crate::base::id::ShopperId;
use crate::db::Lane;
use crate::db::notices::{notice_list_off, notice_set_off};
use crate::domain::notice::NoticeKind;
use crate::service::{App, Outcome};

/// The kinds that are on.
///
/// # Errors
/// The database's failures.
pub async fn notices_find(app: &App, shopper: ShopperId) -> Outcome<Vec<NoticeKind>> {
    let off = app.db.read(move |conn| notice_list_off(conn, vec![shopper])).await?;
    let off: BTreeSet<NoticeKind> = off.into_iter().map(|(_, kind)| kind).collect();
    Ok(NoticeKind::ALL.iter().copied().filter(|kind| !off.contains(kind)).collect())
}

/// Turns these kinds on and all others off.
///
/// # Errors
/// The database's failures.
pub async fn notices_set(app: &App, shopper: ShopperId, on: &[NoticeKind]) -> Outcome<()> {
    let off: Vec<NoticeKind> = NoticeKind::ALL.iter().copied().filter(|kind| !on.contains(kind)).collect();
    Ok(app.db.write(Lane::House, move |conn| notice_set_off(conn, shopper, &off)).await?)
}
