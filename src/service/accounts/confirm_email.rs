//! A shopper's address is confirmed by the code that was sent to it.

use super::digest;
use super::letters::Purpose;
use crate::base::Timestamp;
use crate::base::id::ShopperId;
use crate::db::Conn;
use crate::db::Lane;
use crate::db::shoppers::shopper_confirm_email;
use crate::db::tokens::{Owner, token_find_by_digest, token_revoke};
use crate::domain::access::TokenKind;
use crate::service::{App, Outcome, ServiceError};

/// Uses up a code and notes that the address is the shopper's.
///
/// # Errors
/// [`ServiceError::Refused`] `code_not_valid` when it is unknown, used, or older than two days.
pub async fn confirm_email(app: &App, code: &str) -> Outcome<ShopperId> {
    let digest = digest(code.trim());
    let now = app.clock.now();
    app.db
        .write(Lane::House, move |conn| {
            let shopper = code_use_in_tx(conn, &digest, Purpose::Confirm, now)?;
            shopper_confirm_email(conn, shopper, now)?;
            Ok(shopper)
        })
        .await
}

/// Ends a mailed code and gives the shopper that it was sent to.
pub(super) fn code_use_in_tx(conn: &mut Conn, digest: &str, purpose: Purpose, now: Timestamp) -> Outcome<ShopperId> {
    let row = token_find_by_digest(conn, digest)?
        .filter(|row| row.kind == TokenKind::EmailConfirm && row.name == purpose.as_str() && row.is_live(now));
    match row.map(|row| (row.owner(), row.id)) {
        Some((owner @ Owner::Shopper(shopper), id)) if token_revoke(conn, owner, id, now)? => Ok(shopper),
        _ => Err(ServiceError::refused("code_not_valid", "this code is not valid any more; ask for a new one")),
    }
}
