//! Browsers that shoppers let in: a code that is good once, the token that it is exchanged for, and its end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::base::id::{ShopperId, TokenId};
use crate::base::secret::constant_time_eq;
use crate::base::{Secret, Timestamp};
use crate::db::shoppers::shopper_find;
use crate::db::tokens::{
    Owner, TokenRow, token_find_by_digest, token_insert, token_list, token_revoke, token_revoke_all, token_used,
};
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, Actor, TokenKind};
use crate::domain::email::masked;
use crate::service::accounts::{Caller, authenticate_with_row, digest, fresh_token};
use crate::service::{App, Outcome, ServiceError};

/// How long a code is good, in seconds.
const CODE_SECONDS: i64 = 120;
/// The length of a challenge: SHA-256 as base64url.
const CHALLENGE: usize = 43;
/// How old the note of the last use may grow, in seconds.
const NOTE_SECONDS: i64 = 3600;
/// The most browsers of one shopper: the oldest one ends when another comes.
const MOST_BROWSERS: i64 = 20;

/// A browser that was connected.
#[derive(Debug, Clone)]
pub struct Connected {
    /// The token: this is the only time that it is known.
    pub token: Secret,
    /// The shopper's address, with most of it hidden.
    pub email_masked: String,
}

/// Makes the code for a browser that the asker allows in. `challenge` is the SHA-256, base64url, of what that browser alone
/// knows, so that the code is of no use to anybody else.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is no shopper in a session; [`ServiceError::Invalid`].
pub async fn connect_allow(app: &App, caller: &Caller, challenge: &str) -> Outcome<Secret> {
    let (Actor::Shopper(shopper), TokenKind::Session) = (&caller.actor, caller.kind) else {
        return Err(ServiceError::Forbidden);
    };
    check_challenge(challenge)?;
    let now = app.clock.now();
    let code = fresh_token("")?;
    let (owner, name) = (Owner::Shopper(*shopper), challenge.to_owned());
    let row = TokenRow::new(digest(code.expose()), TokenKind::ExtensionCode, owner, name, now)
        .until(Some(now.plus_seconds(CODE_SECONDS)));
    let write = move |conn: &mut Conn| {
        // One at a time: whoever asks again and again leaves no heap of codes.
        token_revoke_all(conn, owner, Some(TokenKind::ExtensionCode), now)?;
        token_insert(conn, &row)
    };
    app.db.write(Lane::Shopper(*shopper), write).await?;
    Ok(code)
}

/// Refuses what is no SHA-256 in base64url.
///
/// # Errors
/// [`ServiceError::Invalid`] for `challenge`.
pub fn check_challenge(challenge: &str) -> Outcome<()> {
    let bytes = URL_SAFE_NO_PAD.decode(challenge).unwrap_or_default();
    if challenge.len() == CHALLENGE && bytes.len() == 32 {
        return Ok(());
    }
    Err(ServiceError::invalid("challenge", "must be a SHA-256 as base64url, 43 characters"))
}

/// Gives the browser its token for a code. Whatever comes of it, the code is used up.
///
/// # Errors
/// `bad_code` when the code is unknown, over or used, or `verifier` is not what its challenge was made from.
pub async fn connect_exchange(app: &App, code: &Secret, verifier: &str, browser: &str) -> Outcome<Connected> {
    let now = app.clock.now();
    let (wanted, answer) = (digest(code.expose()), URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
    let token = fresh_token("kp_extension_")?;
    let (made, browser) = (digest(token.expose()), browser.to_owned());
    let bad =
        || ServiceError::refused("bad_code", "the code is unknown, used or older than two minutes; connect again");
    let asked = wanted.clone();
    let found = app.db.read(move |conn| token_find_by_digest(conn, &asked)).await?;
    let Some(Owner::Shopper(shopper)) = found.map(|row| row.owner()) else { return Err(bad()) };
    let write = move |conn: &mut Conn| {
        let found = token_find_by_digest(conn, &wanted)?;
        let live = |row: &TokenRow| row.kind == TokenKind::ExtensionCode && row.is_live(now);
        let Some(row) = found.filter(live) else { return Ok(None) };
        let used = token_revoke(conn, row.owner(), row.id, now)?;
        if !used || !constant_time_eq(row.name.as_bytes(), answer.as_bytes()) {
            return Ok(None);
        }
        let shopper = shopper_find(conn, shopper)?.filter(|found| found.status == AccountStatus::Active);
        let Some(shopper) = shopper else { return Ok(None) };
        make_room(conn, row.owner(), now)?;
        token_insert(conn, &TokenRow::new(made.clone(), TokenKind::Extension, row.owner(), browser.clone(), now))?;
        Ok::<_, ServiceError>(Some(shopper.email))
    };
    // In the shopper's own lane: whoever is shut out or leaves at this moment lets no browser in.
    let email = app.db.write(Lane::Shopper(shopper), write).await?.ok_or_else(bad)?;
    Ok(Connected { token, email_masked: masked(&email) })
}

/// Ends the oldest browsers, so that one more is not too many.
fn make_room(conn: &mut Conn, owner: Owner, now: Timestamp) -> Outcome<()> {
    let known = token_list(conn, owner, TokenKind::Extension, None, MOST_BROWSERS + 1)?;
    let most = usize::try_from(MOST_BROWSERS).unwrap_or(1);
    for row in known.iter().skip(most.saturating_sub(1)) {
        token_revoke(conn, owner, row.id, now)?;
    }
    Ok(())
}

/// Who calls with the extension's token; notes once an hour that it was used.
///
/// # Errors
/// [`ServiceError::Unauthenticated`]; [`ServiceError::Forbidden`] for a token of another kind.
pub async fn extension_authenticate(app: &App, token: &str) -> Outcome<(ShopperId, TokenId)> {
    let (caller, row) = authenticate_with_row(app, token).await?;
    let (Actor::Shopper(shopper), TokenKind::Extension) = (&caller.actor, caller.kind) else {
        return Err(ServiceError::Forbidden);
    };
    let now = app.clock.now();
    if row.used_at.is_none_or(|used| used.plus_seconds(NOTE_SECONDS) <= now) {
        app.db.write(Lane::House, move |conn| token_used(conn, row.id, now)).await?;
    }
    Ok((*shopper, caller.token))
}

/// The asker's connected browsers, newest first.
///
/// # Errors
/// The database's failures.
pub async fn browser_list(app: &App, shopper: ShopperId) -> Outcome<Vec<TokenRow>> {
    let read =
        move |conn: &mut Conn| token_list(conn, Owner::Shopper(shopper), TokenKind::Extension, None, MOST_BROWSERS);
    Ok(app.db.read(read).await?)
}

/// Ends one of the asker's connected browsers.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is none, or it is somebody else's.
pub async fn browser_disconnect(app: &App, shopper: ShopperId, id: TokenId) -> Outcome<()> {
    let now = app.clock.now();
    let ended = app.db.write(Lane::House, move |conn| token_revoke(conn, Owner::Shopper(shopper), id, now)).await?;
    if ended { Ok(()) } else { Err(ServiceError::NotFound("browser")) }
}
