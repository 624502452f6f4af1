//! Somebody applies for a partner: a name, a site, the network's format, and an account of their own. As with shoppers the
//! answer is the same whether the address is known or not. The partner itself is made when the address is confirmed.

use serde::{Deserialize, Serialize};

use super::account::{Door, account_find_by_email};
use super::by_letter::{Answer, Asked, ask, code};
use super::letters::{self, Purpose};
use super::{person_letters, read_email};
use crate::base::Secret;
use crate::base::id::{ApplicationId, PersonId};
use crate::db::applications::ApplicationRow;
use crate::db::people::PersonRow;
use crate::db::tokens::Owner;
use crate::domain::access::AccountStatus;
use crate::domain::adapter::preset;
use crate::domain::application::ApplicationState;
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::stores::{check_name, check_site};
use crate::service::{App, Outcome, ServiceError, password};

/// What somebody who applies gives.
#[derive(Debug, Clone)]
pub struct Application {
    /// The name of the network or store.
    pub name: String,
    /// Its site: an address that begins with https:// or http://.
    pub site: String,
    /// The preset that is to read its calls.
    pub adapter: String,
    /// Anything else, up to 2000 characters.
    pub note: Option<String>,
    /// The person's own name.
    pub person: String,
    /// The person's address.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// The language to write in.
    pub language: Language,
}

/// An application that waits in the queue. The password is hashed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Applied {
    name: String,
    site: String,
    adapter: String,
    note: Option<String>,
    person: String,
    email: String,
    password_hash: String,
    language: Language,
}

/// Applies. A letter tells how to go on.
///
/// # Errors
/// [`ServiceError::Invalid`] names the field; the database's failures.
pub async fn apply(app: &App, wanted: Application) -> Outcome<()> {
    let name = check_name(&wanted.name)?;
    check_site(&wanted.site)?;
    if preset(&wanted.adapter).is_none() {
        return Err(ServiceError::invalid("adapter", "is none of the formats that are known"));
    }
    let note = wanted.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > 2000) {
        return Err(ServiceError::invalid("note", "must have at most 2000 characters"));
    }
    let person = check_name(&wanted.person)
        .map_err(|_cause| ServiceError::invalid("person", "must have 1 to 100 characters on one line"))?;
    let email = read_email(&wanted.email)?;
    password::check_rules(&wanted.password, &email)?;
    let password_hash = password::hash(&wanted.password).await?;
    let (site, adapter, language) = (wanted.site, wanted.adapter, wanted.language);
    let email = email.as_str().to_owned();
    ask(app, &Asked::Apply(Applied { name, site, adapter, note, person, email, password_hash, language })).await
}

/// What an application leads to.
pub(super) async fn answer(app: &App, applied: Applied) -> Outcome<Answer> {
    let email = Email::parse(&applied.email).map_err(ServiceError::internal)?;
    let (site, now, address) = (app.public_url(""), app.clock.now(), applied.email.clone());
    let known = app.db.read(move |conn| account_find_by_email(conn, Door::Partners, &address)).await?;
    match known {
        Some(known) if known.status == AccountStatus::Blocked => Ok(Answer::default()),
        Some(known) => {
            let (code, row) = code(known.owner, Purpose::Reset, now)?;
            let letter = letters::already_known(email, known.language, &site, &code);
            Ok(Answer { code: Some(row), letters: vec![letter], ..Answer::default() })
        }
        None => {
            let id = PersonId::new();
            let (code, token) = code(Owner::Person(id), Purpose::Confirm, now)?;
            let letter = person_letters::applied(email, applied.language, &site, &code);
            let person = PersonRow {
                id,
                partner_id: None,
                email: applied.email,
                name: applied.person,
                password_hash: applied.password_hash,
                status: AccountStatus::Active,
                language: applied.language,
                email_confirmed_at: None,
                created_at: now,
            };
            let application = ApplicationRow {
                id: ApplicationId::new(),
                person_id: id,
                partner_id: None,
                name: applied.name,
                site: applied.site,
                adapter: applied.adapter,
                note: applied.note,
                state: ApplicationState::Unconfirmed,
                created_at: now,
                decided_at: None,
                decided_by: None,
                answer: None,
            };
            Ok(Answer {
                person: Some((person, application)),
                code: Some(token),
                letters: vec![letter],
                ..Answer::default()
            })
        }
    }
}
