//! A shopper signs up. The answer is the same whether the address is known or not: what differs stands in a letter
//! that only the owner of the address can read.

use super::letters::Purpose;
use super::{CODE_HOURS, digest, fresh_token, letters, read_email};
use crate::base::id::ShopperId;
use crate::base::{Secret, Timestamp};
use crate::db::shoppers::{ShopperRow, shopper_find_by_email, shopper_insert};
use crate::db::tokens::{Owner, TokenRow, token_insert};
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, TokenKind};
use crate::domain::reason::Language;
use crate::service::outbox::Outbox;
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

/// Makes an account that waits for its address to be confirmed, and sends the letter. When the address is known nothing
/// is made, and the letter says so.
///
/// # Errors
/// [`ServiceError::Invalid`] for the address or the password; the database's and the outbox's failures.
pub async fn sign_up(app: &App, outbox: &Outbox, wanted: SignUp) -> Outcome<()> {
    let email = read_email(&wanted.email)?;
    password::check_rules(&wanted.password, &email)?;
    let now = app.clock.now();
    let row = new_shopper(email.as_str(), password::hash(&wanted.password).await?, wanted.language, now)?;
    let code = fresh_token("")?;
    let stored_code = digest(code.expose());
    let known = app.db.write(Lane::House, move |conn| place(conn, &row, &stored_code, now)).await?;
    let letter = match known {
        Placed::New => letters::welcome(email, wanted.language, &outbox.public_url, &code),
        Placed::Known(language) => letters::already_known(email, language, &outbox.public_url, &code),
        Placed::Blocked => return Ok(()),
    };
    outbox.post(letter, now).await
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

enum Placed {
    New,
    Known(Language),
    Blocked,
}

fn place(conn: &mut Conn, row: &ShopperRow, code: &str, now: Timestamp) -> Outcome<Placed> {
    let known = shopper_find_by_email(conn, &row.email)?;
    let (owner, purpose, placed) = match known {
        Some(known) if known.status == AccountStatus::Blocked => return Ok(Placed::Blocked),
        Some(known) => (known.id, Purpose::Reset, Placed::Known(known.language)),
        None => {
            shopper_insert(conn, row)?;
            (row.id, Purpose::Confirm, Placed::New)
        }
    };
    code_insert_in_tx(conn, owner, code, purpose, now)?;
    Ok(placed)
}

/// Stores a code that was mailed to a shopper.
pub(super) fn code_insert_in_tx(
    conn: &mut Conn,
    shopper: ShopperId,
    digest: &str,
    purpose: Purpose,
    now: Timestamp,
) -> Outcome<()> {
    let name = purpose.as_str().to_owned();
    let row = TokenRow::new(digest.to_owned(), TokenKind::EmailConfirm, Owner::Shopper(shopper), name, now);
    token_insert(conn, &row.until(Some(now.plus_seconds(CODE_HOURS * 3600))))?;
    Ok(())
}
