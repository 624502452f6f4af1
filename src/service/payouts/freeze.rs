//! A shopper's payouts are frozen: nothing is requested, approved or sent until that ends. The link in a letter freezes without
//! signing in, since whoever took the account over may be signed in as well; ending it takes the password, and a code
//! where there is a second factor, or an operator.

use serde_json::json;

use super::destination_letter::{Told, letters};
use crate::base::Secret;
use crate::base::Timestamp;
use crate::base::id::ShopperId;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::{JobRow, job_enqueue};
use crate::db::protection::{FreezeRow, freeze_delete, freeze_find, freeze_insert};
use crate::db::shoppers::shopper_find;
use crate::db::tokens::Owner;
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, Actor, Permission};
use crate::service::accounts::{Caller, Taken, asked_code, proved_shopper, require};
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError};

/// For how many days the link in a letter freezes.
const LINK_DAYS: i64 = 30;
/// What the link's signature is bound to.
const CONTEXT: &str = "payout-freeze";
/// The longest reason of an operator, in characters.
const LONGEST_REASON: usize = 500;

/// What a link to freeze says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeLink {
    /// Whose payouts.
    pub who: ShopperId,
    /// Until when the link is good, in seconds since 1970.
    pub until: i64,
    /// Its signature.
    pub sign: String,
}

impl FreezeLink {
    /// A link for a shopper that is good from `now` on.
    #[must_use]
    pub fn new(app: &App, who: ShopperId, now: Timestamp) -> Self {
        let until = now.plus_days(LINK_DAYS).seconds();
        let sign = app.master.fingerprint(CONTEXT, &format!("{who}\n{until}"));
        Self { who, until, sign }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/freeze-payouts?who={}&until={}&sign={}", self.who, self.until, self.sign)
    }

    /// Whose payouts it freezes.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] `link_not_valid` when it was not made here, or its time is over.
    pub fn check(&self, app: &App) -> Outcome<ShopperId> {
        let said = format!("{}\n{}", self.who, self.until);
        let in_time = Timestamp::from_seconds(self.until).is_some_and(|until| app.clock.now() < until);
        if in_time && app.master.has_fingerprint(CONTEXT, &said, &self.sign) {
            return Ok(self.who);
        }
        Err(ServiceError::refused("link_not_valid", "this link is not valid, or not any more"))
    }
}

/// Since when a shopper's payouts are frozen.
///
/// # Errors
/// The database's failures.
pub async fn frozen_since(app: &App, shopper: ShopperId) -> Outcome<Option<Timestamp>> {
    let found = app.db.read(move |conn| freeze_find(conn, shopper)).await?;
    Ok(found.map(|row| row.at))
}

/// Freezes by the link of a letter. The same again changes nothing.
///
/// # Errors
/// `link_not_valid`; [`ServiceError::NotFound`] for an account that is gone.
pub async fn freeze_by_link(app: &App, link: &FreezeLink) -> Outcome<()> {
    freeze(app, link.check(app)?, "letter", None).await
}

/// Freezes the asker's own payouts.
///
/// # Errors
/// The database's failures.
pub async fn freeze_own(app: &App, shopper: ShopperId) -> Outcome<()> {
    freeze(app, shopper, "shopper", None).await
}

/// Ends the asker's own freeze.
///
/// # Errors
/// [`ServiceError::Forbidden`] without a session; `wrong_password`; `code_needed`, `wrong_code` where there is a second
/// factor; [`ServiceError::TooMany`].
pub async fn unfreeze_own(app: &App, limits: &Limits, caller: &Caller, password: &Secret, code: &str) -> Outcome<()> {
    let shopper = proved_shopper(app, limits, caller, password).await?.id;
    let taken = asked_code(app, limits, Owner::Shopper(shopper), code).await?;
    unfreeze(app, shopper, taken, None).await
}

/// Freezes a shopper's payouts, or ends that. `reason` is kept in the audit trail.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::Invalid`] for an empty or overlong reason;
/// [`ServiceError::NotFound`].
pub async fn operator_set_frozen(
    app: &App,
    actor: &Actor,
    shopper: ShopperId,
    frozen: bool,
    reason: &str,
) -> Outcome<()> {
    require(actor, Permission::Money)?;
    let reason = reason.trim();
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
        return Err(ServiceError::invalid("reason", format!("must have 1 to {LONGEST_REASON} characters")));
    }
    let (now, by) = (app.clock.now(), actor.to_string());
    let action = if frozen { "shopper.freeze" } else { "shopper.unfreeze" };
    let audit = AuditRow::new(now, actor, action, format!("shopper/{shopper}"), &json!({ "reason": reason }));
    match frozen {
        true => freeze(app, shopper, &by, Some(audit)).await,
        false => unfreeze(app, shopper, None, Some(audit)).await,
    }
}

async fn freeze(app: &App, shopper: ShopperId, by: &str, audit: Option<AuditRow>) -> Outcome<()> {
    let now = app.clock.now();
    let jobs = letters(app, shopper, &Told::Frozen).await?;
    let row = FreezeRow { shopper_id: shopper, at: now, actor: by.to_owned() };
    // In the shopper's lane: a payout is sent either before this, or not until it ends.
    app.db
        .write(Lane::Shopper(shopper), move |conn| {
            known(conn, shopper)?;
            if !freeze_insert(conn, &row)? {
                return Ok(());
            }
            tell(conn, audit.as_ref(), &jobs)
        })
        .await
}

async fn unfreeze(app: &App, shopper: ShopperId, code: Option<Taken>, audit: Option<AuditRow>) -> Outcome<()> {
    let jobs = letters(app, shopper, &Told::Unfrozen).await?;
    app.db
        .write(Lane::Shopper(shopper), move |conn| {
            known(conn, shopper)?;
            if !freeze_delete(conn, shopper)? {
                return Ok(());
            }
            code.as_ref().map_or(Ok(()), |code| code.take(conn))?;
            tell(conn, audit.as_ref(), &jobs)
        })
        .await
}

fn known(conn: &mut Conn, shopper: ShopperId) -> Outcome<()> {
    let found = shopper_find(conn, shopper)?.filter(|row| row.status != AccountStatus::Erased);
    found.map(drop).ok_or(ServiceError::NotFound("shopper"))
}

fn tell(conn: &mut Conn, audit: Option<&AuditRow>, jobs: &[JobRow]) -> Outcome<()> {
    audit.map_or(Ok(()), |entry| audit_insert_in_tx(conn, entry))?;
    jobs.iter().try_for_each(|job| job_enqueue(conn, job))?;
    Ok(())
}
