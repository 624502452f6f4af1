//! A shopper signs up. The answer is the same whether the address is known or not: what differs stands in a letter
//! that only the owner of the address can read.

use super::by_letter::{Answer, Asked, ask, code};
use super::letters::{self, Purpose};
use super::read_email;
use crate::base::id::ShopperId;
use crate::base::{Secret, Timestamp};
use crate::db::shoppers::{ShopperRow, shopper_find_by_email};
use crate::db::tokens::Owner;
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::{App, Outcome, ServiceError, password};

/// What somebody who signs up gives.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// The address, as typed.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// The language to write in.
    pub language: Language,
}

/// Asks for an account that waits for its address to be confirmed. When the address is known nothing is made, and the
/// letter says so.
///
/// # Errors
/// [`ServiceError::Invalid`] for the address or the password; the database's failures.
pub async fn sign_up(app: &App, wanted: SignUp) -> Outcome<()> {
    let email = read_email(&wanted.email)?;
    password::check_rules(&wanted.password, &email)?;
    let password_hash = password::hash(&wanted.password).await?;
    ask(app, &Asked::SignUp { email: email.as_str().to_owned(), password_hash, language: wanted.language }).await
}

/// What a wish for an account leads to.
pub(super) async fn answer(app: &App, email: Email, hash: String, language: Language) -> Outcome<Answer> {
    let (site, now, address) = (app.public_url(""), app.clock.now(), email.as_str().to_owned());
    let known = app.db.read(move |conn| shopper_find_by_email(conn, &address)).await?;
    match known {
        Some(known) if known.status == AccountStatus::Blocked => Ok(Answer::default()),
        Some(known) => {
            let (code, row) = code(Owner::Shopper(known.id), Purpose::Reset, now)?;
            let letter = letters::already_known(email, known.language, &site, &code);
            Ok(Answer { code: Some(row), letters: vec![letter], ..Answer::default() })
        }
        None => {
            let shopper = new_shopper(email.as_str(), hash, language, now)?;
            let (code, row) = code(Owner::Shopper(shopper.id), Purpose::Confirm, now)?;
            let letter = letters::welcome(email, language, &site, &code);
            Ok(Answer { shopper: Some(shopper), code: Some(row), letters: vec![letter], ..Answer::default() })
        }
    }
}

/// A shopper's row with a public id of its own.
pub(super) fn new_shopper(email: &str, hash: String, language: Language, now: Timestamp) -> Outcome<ShopperRow> {
    let public_id = Secret::random(12).map_err(ServiceError::internal)?;
    Ok(ShopperRow {
        id: ShopperId::new(),
        public_id: public_id.expose().to_owned(),
        email: email.to_owned(),
        password_hash: hash,
        status: AccountStatus::Active,
        language,
        email_confirmed_at: None,
        created_at: now,
    })
}
