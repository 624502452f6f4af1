//! Ending sessions.

use super::{Caller, owner_of};
use crate::db::Lane;
use crate::db::tokens::{token_revoke, token_revoke_all};
use crate::domain::access::TokenKind;
use crate::service::{App, Outcome};

/// Ends the token that the asker came with.
///
/// # Errors
/// The database's failures; a token that ended meanwhile is none.
pub async fn sign_out(app: &App, caller: &Caller) -> Outcome<()> {
    let (owner, token, now) = (owner_of(&caller.actor)?, caller.token, app.clock.now());
    app.db.write(Lane::House, move |conn| token_revoke(conn, owner, token, now)).await?;
    Ok(())
}

/// Ends all sessions of the asker, this one included; gives how many. API tokens stay, and so do browsers that are connected
/// by the extension, unless they are to end too.
///
/// # Errors
/// The database's failures.
pub async fn sign_out_everywhere(app: &App, caller: &Caller, extensions_too: bool) -> Outcome<usize> {
    let (owner, now) = (owner_of(&caller.actor)?, app.clock.now());
    let ended = app.db.write(Lane::House, move |conn| {
        // A code that is under way would let a browser in after all.
        token_revoke_all(conn, owner, Some(TokenKind::ExtensionCode), now)?;
        if extensions_too {
            token_revoke_all(conn, owner, Some(TokenKind::Extension), now)?;
        }
        token_revoke_all(conn, owner, Some(TokenKind::Session), now)
    });
    Ok(ended.await?)
}
