//! Accounts with a password: shoppers, those who act for a partner, and operators. What is the same for all is written once,
//! upon [`Account`].

use serde::{Deserialize, Serialize};

use super::{Caller, WRONG_PASSWORD, owner_of};
use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::Conn;
use crate::db::operators::{OperatorRow, operator_find};
use crate::db::people::{PersonRow, person_find, person_find_by_email, person_set_password};
use crate::db::shoppers::{ShopperRow, shopper_find, shopper_find_by_email, shopper_set_password};
use crate::db::tokens::Owner;
use crate::domain::access::{AccountStatus, Actor, TokenKind};
use crate::domain::reason::Language;
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError, password};

/// Which door somebody stands at: one address may belong to a shopper and to a partner's person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// The shoppers'.
    #[default]
    Shoppers,
    /// The partners'.
    Partners,
}

/// What every kind of account has.
#[derive(Clone)]
pub(super) struct Account {
    pub owner: Owner,
    pub email: String,
    pub hash: String,
    pub language: Language,
    pub status: AccountStatus,
    /// The address was confirmed.
    pub confirmed: bool,
}

impl Account {
    /// What tries at its password are counted under: somebody may be a shopper and an operator under one address.
    pub(super) fn limited_as(&self) -> String {
        match self.owner {
            Owner::Operator(_) => format!("operator {}", self.email),
            Owner::Shopper(_) | Owner::Person(_) | Owner::Partner(_) => self.email.clone(),
        }
    }
}

impl From<ShopperRow> for Account {
    fn from(row: ShopperRow) -> Self {
        Self {
            owner: Owner::Shopper(row.id),
            email: row.email,
            hash: row.password_hash,
            language: row.language,
            status: row.status,
            confirmed: row.email_confirmed_at.is_some(),
        }
    }
}

impl From<PersonRow> for Account {
    fn from(row: PersonRow) -> Self {
        Self {
            owner: Owner::Person(row.id),
            email: row.email,
            hash: row.password_hash,
            language: row.language,
            status: row.status,
            confirmed: row.email_confirmed_at.is_some(),
        }
    }
}

/// The account of an owner; none for those whom no code by letter helps: operators and programs.
pub(super) fn account_find(conn: &mut Conn, owner: Owner) -> Outcome<Option<Account>> {
    Ok(match owner {
        Owner::Shopper(id) => shopper_find(conn, id)?.map(Account::from),
        Owner::Person(id) => person_find(conn, id)?.map(Account::from),
        Owner::Partner(_) | Owner::Operator(_) => None,
    })
}

/// An operator's account. Letters to operators are in `language`.
pub(super) fn operator_account(row: OperatorRow, language: Language) -> Account {
    Account {
        owner: Owner::Operator(row.id),
        email: row.email,
        hash: row.password_hash,
        language,
        status: row.status,
        confirmed: true,
    }
}

/// The account with a normalised address behind a door.
pub(super) fn account_find_by_email(conn: &mut Conn, door: Door, email: &str) -> Outcome<Option<Account>> {
    Ok(match door {
        Door::Shoppers => shopper_find_by_email(conn, email)?.map(Account::from),
        Door::Partners => person_find_by_email(conn, email)?.map(Account::from),
    })
}

/// Replaces the password's hash if it still is the account's; says whether it was.
pub(super) fn account_set_password(conn: &mut Conn, account: &Account, new: &str) -> Outcome<bool> {
    Ok(match account.owner {
        Owner::Shopper(id) => shopper_set_password(conn, id, &account.hash, new)?,
        Owner::Person(id) => person_set_password(conn, id, &account.hash, new)?,
        Owner::Partner(_) | Owner::Operator(_) => false,
    })
}

/// The account behind a session, whose owner gave the password again: a session that was left open is not enough to take
/// an account over.
pub(super) async fn own_account(app: &App, limits: &Limits, caller: &Caller, given: &Secret) -> Outcome<Account> {
    let account = account_of(app, caller).await?;
    if matches!(account.owner, Owner::Operator(_)) {
        return Err(ServiceError::Forbidden);
    }
    with_password(limits, account, given).await
}

/// The account behind a session, also an operator's.
pub(super) async fn account_of(app: &App, caller: &Caller) -> Outcome<Account> {
    if caller.kind != TokenKind::Session {
        return Err(ServiceError::Forbidden);
    }
    let (owner, language) = (owner_of(&caller.actor)?, app.config.language);
    let found = app.db.read(move |conn| account_find_any(conn, owner, language));
    found.await?.ok_or(ServiceError::Forbidden)
}

/// The account of an owner, also an operator's.
pub(super) fn account_find_any(conn: &mut Conn, owner: Owner, language: Language) -> Outcome<Option<Account>> {
    match owner {
        Owner::Operator(id) => Ok(operator_find(conn, id)?.map(|row| operator_account(row, language))),
        Owner::Shopper(_) | Owner::Person(_) | Owner::Partner(_) => account_find(conn, owner),
    }
}

/// The account, whose owner gave the password again.
pub(super) async fn with_password(limits: &Limits, account: Account, given: &Secret) -> Outcome<Account> {
    limits.account(&account.limited_as())?;
    match password::check(given, Some(&account.hash)).await? {
        password::Check::Right | password::Check::RightButOld => Ok(account),
        password::Check::Wrong => {
            Err(ServiceError::refused(WRONG_PASSWORD, "this is not the password that the account has now"))
        }
    }
}

/// The shopper behind a session, who gave the password again.
pub(in crate::service) async fn own_session(
    app: &App,
    limits: &Limits,
    caller: &Caller,
    given: &Secret,
) -> Outcome<ShopperRow> {
    let Actor::Shopper(id) = caller.actor else { return Err(ServiceError::Forbidden) };
    own_account(app, limits, caller, given).await?;
    let found = app.db.read(move |conn| shopper_find(conn, id)).await?;
    found.ok_or(ServiceError::NotFound("shopper"))
}

/// Refuses a shopper who left, or was shut out, since the request was let in. Asked in the shopper's own lane, in the write that would
/// keep something about them.
///
/// # Errors
/// [`ServiceError::Unauthenticated`]; the database's failures.
pub fn still_here(conn: &mut Conn, shopper: ShopperId) -> Outcome<()> {
    match shopper_find(conn, shopper)? {
        Some(row) if row.status == AccountStatus::Active => Ok(()),
        Some(_) | None => Err(ServiceError::Unauthenticated),
    }
}
