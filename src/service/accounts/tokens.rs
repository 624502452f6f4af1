//! API tokens: `kp_shopper_…`, `kp_partner_…`, `kp_operator_…` and 256 random bits. Shown once, stored as a hash.

use serde_json::json;

use super::{Caller, Taken, asked_code, digest, fresh_token, owner_of, require, require_of};
use crate::base::id::{OperatorId, PartnerId, TokenId};
use crate::base::{Secret, Timestamp};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::tokens::{self, Owner, TokenRow, token_insert};
use crate::domain::access::{Actor, Permission, TokenKind};
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError};

/// How many days ended tokens are remembered, so that a repeated use can be told from a made-up one.
const REMEMBERED_DAYS: i64 = 30;
/// How many sessions are shown, the newest.
const SESSIONS_SHOWN: i64 = 50;
/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// What is wanted of a new API token.
#[derive(Debug, Clone, Default)]
pub struct TokenWanted {
    /// What its owner calls it, 1 to 100 characters.
    pub name: String,
    /// After how many days it ends by itself, 1 to 3650; without, it does not.
    pub expires_in_days: Option<i64>,
    /// A code of the asker's second factor, where there is one; else empty.
    pub code: String,
}

/// A token that was just made.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token itself: this is the only time that it is known.
    pub token: Secret,
    /// What is stored of it.
    pub row: TokenRow,
}

fn issue(owner: Owner, wanted: &TokenWanted, now: Timestamp) -> Outcome<IssuedToken> {
    let name = wanted.name.trim().to_owned();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
        return Err(ServiceError::invalid("name", format!("must have 1 to {LONGEST_NAME} characters")));
    }
    if wanted.expires_in_days.is_some_and(|days| !(1..=3650).contains(&days)) {
        return Err(ServiceError::invalid("expires_in_days", "must be 1 to 3650, or left out"));
    }
    let token = fresh_token(&format!("kp_{}_", owner.kind()))?;
    let row = TokenRow::new(digest(token.expose()), TokenKind::Api, owner, name, now);
    Ok(IssuedToken { token, row: row.until(wanted.expires_in_days.map(|days| now.plus_days(days))) })
}

async fn keep(app: &App, issued: IssuedToken, taken: Option<Taken>, audit: Option<AuditRow>) -> Outcome<IssuedToken> {
    let row = issued.row.clone();
    app.db
        .write(Lane::House, move |conn| {
            if !tokens::token_owner_exists(conn, row.owner())? {
                return Err(ServiceError::NotFound(row.owner().kind().as_str()));
            }
            taken.iter().try_for_each(|taken| taken.take(conn))?;
            token_insert(conn, &row)?;
            if let Some(audit) = &audit {
                audit_insert_in_tx(conn, audit)?;
            }
            Ok(())
        })
        .await?;
    Ok(issued)
}

fn entry(actor: &Actor, action: &'static str, owner: Owner, id: TokenId, name: &str, now: Timestamp) -> AuditRow {
    AuditRow::new(now, actor, action, owner, &json!({ "token": id.to_string(), "name": name }))
}

/// Makes an API token for the asker itself. Only a session can: an API token that leaks cannot make others.
///
/// # Errors
/// [`ServiceError::Forbidden`] without a session; [`ServiceError::Invalid`]; `code_needed`, `wrong_code` where the asker has a
/// second factor; [`ServiceError::TooMany`].
pub async fn token_create(app: &App, limits: &Limits, caller: &Caller, wanted: TokenWanted) -> Outcome<IssuedToken> {
    if caller.kind != TokenKind::Session {
        return Err(ServiceError::Forbidden);
    }
    let now = app.clock.now();
    let owner = owner_of(&caller.actor)?;
    let issued = issue(owner, &wanted, now)?;
    let taken = asked_code(app, limits, owner, &wanted.code).await?;
    let audit = audited(&caller.actor, "token.create", &issued.row, now);
    keep(app, issued, taken, audit).await
}

/// What operators do with their own tokens is audited; what shoppers do is theirs.
fn audited(actor: &Actor, action: &'static str, row: &TokenRow, now: Timestamp) -> Option<AuditRow> {
    match actor {
        Actor::Operator(..) | Actor::Partner(_) | Actor::Person(..) | Actor::Console => {
            Some(entry(actor, action, row.owner(), row.id, &row.name, now))
        }
        Actor::Shopper(_) => None,
    }
}

/// The asker's own API tokens, newest first.
///
/// # Errors
/// The database's failures.
pub async fn token_list(app: &App, actor: &Actor, before: Option<TokenId>, limit: i64) -> Outcome<Vec<TokenRow>> {
    list(app, owner_of(actor)?, before, limit).await
}

async fn list(app: &App, owner: Owner, before: Option<TokenId>, limit: i64) -> Outcome<Vec<TokenRow>> {
    Ok(app.db.read(move |conn| tokens::token_list(conn, owner, TokenKind::Api, before, limit)).await?)
}

/// The asker's own sessions that are open, newest first, at most 50.
///
/// # Errors
/// The database's failures.
pub async fn session_list(app: &App, actor: &Actor) -> Outcome<Vec<TokenRow>> {
    let (owner, now) = (owner_of(actor)?, app.clock.now());
    let found =
        app.db.read(move |conn| tokens::token_list(conn, owner, TokenKind::Session, None, SESSIONS_SHOWN)).await?;
    Ok(found.into_iter().filter(|row| row.is_live(now)).collect())
}

/// Ends one of the asker's own API tokens or sessions.
///
/// # Errors
/// [`ServiceError::NotFound`] when there is none, or it is somebody else's.
pub async fn token_revoke(app: &App, actor: &Actor, id: TokenId) -> Outcome<()> {
    revoke(app, actor, owner_of(actor)?, id).await
}

async fn revoke(app: &App, actor: &Actor, owner: Owner, id: TokenId) -> Outcome<()> {
    let now = app.clock.now();
    let audit = match actor {
        Actor::Shopper(_) => None,
        Actor::Operator(..) | Actor::Partner(_) | Actor::Person(..) | Actor::Console => {
            Some(entry(actor, "token.revoke", owner, id, "", now))
        }
    };
    app.db
        .write(Lane::House, move |conn| {
            if !tokens::token_revoke(conn, owner, id, now)? {
                return Err(ServiceError::NotFound("token"));
            }
            if let Some(audit) = &audit {
                audit_insert_in_tx(conn, audit)?;
            }
            Ok(())
        })
        .await
}

/// Makes an API token for a partner's program.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is neither one of its people nor an operator with the permission `catalogue`;
/// [`ServiceError::NotFound`]; [`ServiceError::Invalid`]; `code_needed`, `wrong_code` where the asker has a second factor.
pub async fn partner_token_create(
    app: &App,
    limits: &Limits,
    actor: &Actor,
    partner: PartnerId,
    wanted: TokenWanted,
) -> Outcome<IssuedToken> {
    require_of(actor, partner, Permission::Catalogue)?;
    let now = app.clock.now();
    let issued = issue(Owner::Partner(partner), &wanted, now)?;
    let taken = match owner_of(actor) {
        Ok(owner) => asked_code(app, limits, owner, &wanted.code).await?,
        // Only the console is nobody's; whoever sits there has all keys.
        Err(_console) => None,
    };
    let audit = entry(actor, "token.create", issued.row.owner(), issued.row.id, &issued.row.name, now);
    keep(app, issued, taken, Some(audit)).await
}

/// A partner's API tokens, newest first.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is no operator.
pub async fn partner_token_list(
    app: &App,
    actor: &Actor,
    partner: PartnerId,
    before: Option<TokenId>,
    limit: i64,
) -> Outcome<Vec<TokenRow>> {
    require_of(actor, partner, Permission::Look)?;
    list(app, Owner::Partner(partner), before, limit).await
}

/// Ends a partner's API token.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`].
pub async fn partner_token_revoke(app: &App, actor: &Actor, partner: PartnerId, id: TokenId) -> Outcome<()> {
    require_of(actor, partner, Permission::Catalogue)?;
    revoke(app, actor, Owner::Partner(partner), id).await
}

/// Makes an API token for an operator, from the command line.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `staff`; [`ServiceError::NotFound`]; [`ServiceError::Invalid`].
pub async fn operator_token_create(
    app: &App,
    actor: &Actor,
    operator: OperatorId,
    wanted: TokenWanted,
) -> Outcome<IssuedToken> {
    require(actor, Permission::Staff)?;
    let now = app.clock.now();
    let issued = issue(Owner::Operator(operator), &wanted, now)?;
    let audit = entry(actor, "token.create", issued.row.owner(), issued.row.id, &issued.row.name, now);
    keep(app, issued, None, Some(audit)).await
}

/// Forgets tokens that ended a month ago; gives how many.
///
/// # Errors
/// The database's failures.
pub async fn tokens_purge(app: &App) -> Outcome<usize> {
    let before = app.clock.now().plus_days(-REMEMBERED_DAYS);
    Ok(app.db.write(Lane::House, move |conn| tokens::token_purge(conn, before)).await?)
}
