//! Accounts with a password that people come to by letter: shoppers, and those who act for a partner. What is the same
//! for both is written once, upon [`Account`].

use serde::{Deserialize, Serialize};

use crate::db::Conn;
use crate::db::operators::OperatorRow;
use crate::db::people::{PersonRow, person_find, person_find_by_email, person_set_password};
use crate::db::shoppers::{ShopperRow, shopper_find, shopper_find_by_email, shopper_set_password};
use crate::db::tokens::Owner;
use crate::domain::access::AccountStatus;
use crate::domain::reason::Language;
use crate::service::Outcome;

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

/// What both kinds of accounts have.
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
