//! An account's address is confirmed by the code that was sent to it, and by the password: who reads the letters of an
//! address need not be the one who signed up with it.

use serde_json::json;

use super::account::{Account, account_find_any};
use super::arrive::arrive;
use super::by_letter::letter_job;
use super::change_email::holder;
use super::letters::{self, Purpose};
use super::{WRONG_PASSWORD, digest, operator_letters};
use crate::base::id::PartnerId;
use crate::base::{Secret, Timestamp};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::{JobRow, job_enqueue};
use crate::db::operators::operator_set_email;
use crate::db::protection::past_address_insert;
use crate::db::shoppers::shopper_set_email;
use crate::db::tokens::{Owner, TokenRow, token_count_try, token_find_by_digest, token_revoke, token_revoke_all};
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, TokenKind};
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::limits::Limits;
use crate::service::payouts::destination_letter::past_address;
use crate::service::{App, Outcome, ServiceError, password};

/// How many passwords may be tried with one code.
const MOST_TRIES: i64 = 5;
/// What a code is good for that is handed over with the password.
const PURPOSES: &[Purpose] = &[Purpose::Confirm, Purpose::Change];

/// Uses up a code and notes that the address is the account's: the one of the sign-up, or one that a shopper or an operator moves to. Gives
/// whose account it is.
///
/// # Errors
/// [`ServiceError::Refused`] `code_not_valid` when the code is unknown, used, older than two days or was tried with too
/// many passwords, `wrong_password`; [`ServiceError::TooMany`]; [`ServiceError::Conflict`] `email_taken` when the new
/// address got an account meanwhile.
pub async fn confirm_email(app: &App, limits: &Limits, code: &str, given: &Secret) -> Outcome<Owner> {
    let (digest, now, language) = (digest(code.trim()), app.clock.now(), app.config.language);
    let lookup = digest.clone();
    let found = app.db.read(move |conn| waiting(conn, &lookup, language, now)).await?;
    let (token, account) = found.ok_or_else(not_valid)?;
    limits.account(&account.limited_as())?;
    // Counted before the password is looked at: many tries at once are as many as one after the other.
    let counted = app.db.write(Lane::House, move |conn| token_count_try(conn, token.id, token.tries)).await?;
    if !counted {
        return Err(ServiceError::conflict(
            "changed_meanwhile",
            "the code is being used by another request; try again",
        ));
    }
    match password::check(given, Some(&account.hash)).await? {
        password::Check::Right | password::Check::RightButOld => {}
        password::Check::Wrong => {
            return Err(ServiceError::refused(
                WRONG_PASSWORD,
                "this is not the password of the account. If you forgot it, or did not choose it yourself, set a new one \
                 by POST /api/v1/shopper/password-reset: that proves the address, and ends the old password and all \
                 sessions",
            ));
        }
    }
    let (notice, fresh, owner) = (notice(app, &token, &account)?, PartnerId::new(), account.owner);
    let past = match owner {
        Owner::Shopper(shopper) if token.sent_to.is_some() => Some(past_address(app, shopper, &account.email)?),
        Owner::Shopper(_) | Owner::Person(_) | Owner::Partner(_) | Owner::Operator(_) => None,
    };
    let write = move |conn: &mut Conn| {
        past.iter().try_for_each(|row| past_address_insert(conn, row))?;
        use_up(conn, &digest, &account, fresh, notice.as_ref(), now)
    };
    app.db.write(Lane::House, write).await?;
    if matches!(owner, Owner::Person(_)) {
        app.reload_catalogue().await?;
    }
    Ok(owner)
}

/// The letter to the address that an account leaves.
fn notice(app: &App, token: &TokenRow, account: &Account) -> Outcome<Option<JobRow>> {
    let Some(new) = &token.sent_to else { return Ok(None) };
    let read = |text: &str| Email::parse(text).map_err(ServiceError::internal);
    let (old, new, site) = (read(&account.email)?, read(new)?, app.public_url(""));
    let letter = match account.owner {
        Owner::Operator(_) => operator_letters::address_changed(old, account.language, &site, &new),
        Owner::Shopper(_) | Owner::Person(_) | Owner::Partner(_) => {
            letters::address_changed(old, account.language, &site, &new)
        }
    };
    letter_job(app, &letter).map(Some)
}

fn waiting(conn: &mut Conn, digest: &str, language: Language, now: Timestamp) -> Outcome<Option<(TokenRow, Account)>> {
    let Some(token) = code_find(conn, digest, PURPOSES, now)?.filter(|row| row.tries < MOST_TRIES) else {
        return Ok(None);
    };
    let account = account_find_any(conn, token.owner(), language)?;
    // An operator who was blocked meanwhile changes nothing more.
    let fits =
        |account: &Account| !(matches!(account.owner, Owner::Operator(_)) && account.status != AccountStatus::Active);
    Ok(account.filter(fits).map(|account| (token, account)))
}

fn use_up(
    conn: &mut Conn,
    digest: &str,
    account: &Account,
    fresh: PartnerId,
    notice: Option<&JobRow>,
    now: Timestamp,
) -> Outcome<()> {
    let token = code_use_in_tx(conn, digest, PURPOSES, now)?;
    let Some(new) = &token.sent_to else { return arrive(conn, account.owner, fresh, now) };
    if holder(conn, account.owner, new, account.language)?.is_some() {
        return Err(ServiceError::conflict("email_taken", "this address has an account of its own meanwhile"));
    }
    let moved = match account.owner {
        Owner::Shopper(shopper) => shopper_set_email(conn, shopper, &account.email, new, now)?,
        Owner::Operator(operator) => {
            let entry = AuditRow::of_system(now, "operator.email", account.owner, &json!({}));
            audit_insert_in_tx(conn, &AuditRow { actor: account.owner.to_string(), ..entry })?;
            operator_set_email(conn, operator, &account.email, new)?
        }
        Owner::Person(_) | Owner::Partner(_) => false,
    };
    if !moved {
        return Err(ServiceError::conflict("changed_meanwhile", "the account's address was changed meanwhile"));
    }
    // A code that went to the old address must not open the account any more.
    token_revoke_all(conn, account.owner, Some(TokenKind::EmailConfirm), now)?;
    if let Some(notice) = notice {
        job_enqueue(conn, notice)?;
    }
    Ok(())
}

fn not_valid() -> ServiceError {
    ServiceError::refused("code_not_valid", "this code is not valid any more; ask for a new one")
}

fn code_find(conn: &mut Conn, digest: &str, purposes: &[Purpose], now: Timestamp) -> Outcome<Option<TokenRow>> {
    let fits = |row: &TokenRow| {
        let purpose = purposes.iter().any(|purpose| row.name == purpose.as_str());
        row.kind == TokenKind::EmailConfirm && purpose && row.is_live(now)
    };
    Ok(token_find_by_digest(conn, digest)?.filter(fits))
}

/// Ends a mailed code and gives what was stored of it.
pub(super) fn code_use_in_tx(conn: &mut Conn, digest: &str, purposes: &[Purpose], now: Timestamp) -> Outcome<TokenRow> {
    let row = code_find(conn, digest, purposes, now)?.ok_or_else(not_valid)?;
    if token_revoke(conn, row.owner(), row.id, now)? { Ok(row) } else { Err(not_valid()) }
}
