//! Somebody more acts for a partner: added with a password from the command line, or invited by letter.

use serde_json::json;

use super::by_letter::{code, letter_job};
use super::letters::Purpose;
use super::{person_letters, read_email, require, require_of};
use crate::base::id::{PartnerId, PersonId};
use crate::base::{Secret, Timestamp};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::job_enqueue;
use crate::db::partners::{PartnerRow, partner_find};
use crate::db::people::{PersonRow, person_find_by_email, person_insert, person_list};
use crate::db::tokens::{Owner, token_insert};
use crate::db::{Conn, Lane};
use crate::domain::access::{AccountStatus, Actor, Permission};
use crate::domain::email::Email;
use crate::domain::partner::Status;
use crate::domain::reason::Language;
use crate::service::stores::check_name;
use crate::service::{App, Outcome, ServiceError, password};

/// How many people a partner may have.
const MOST_PEOPLE: i64 = 100;

/// Who is to act for a partner.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The partner.
    pub partner: PartnerId,
    /// The address.
    pub email: String,
    /// How colleagues see it, 1 to 100 characters.
    pub name: String,
    /// The language to write in.
    pub language: Language,
}

impl NewPerson {
    fn row(&self, email: &Email, hash: String, confirmed_at: Option<Timestamp>, now: Timestamp) -> Outcome<PersonRow> {
        Ok(PersonRow {
            id: PersonId::new(),
            partner_id: Some(self.partner),
            email: email.as_str().to_owned(),
            name: check_name(&self.name)?,
            password_hash: hash,
            status: AccountStatus::Active,
            language: self.language,
            email_confirmed_at: confirmed_at,
            created_at: now,
        })
    }
}

fn entry(actor: &Actor, action: &'static str, row: &PersonRow, partner: PartnerId, now: Timestamp) -> AuditRow {
    let detail = json!({ "person": row.id.to_string(), "name": row.name });
    AuditRow::new(now, actor, action, format!("partner/{partner}"), &detail)
}

/// Adds a person who can sign in at once.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`]; [`ServiceError::Invalid`];
/// [`ServiceError::Conflict`] `email_taken`, `too_many_people`.
pub async fn person_add(app: &App, actor: &Actor, wanted: NewPerson, given: &Secret) -> Outcome<PersonRow> {
    require(actor, Permission::Catalogue)?;
    let email = read_email(&wanted.email)?;
    password::check_rules(given, &email)?;
    let now = app.clock.now();
    let row = wanted.row(&email, password::hash(given).await?, Some(now), now)?;
    let audit = entry(actor, "person.add", &row, wanted.partner, now);
    app.db
        .write(Lane::House, move |conn| {
            add(conn, wanted.partner, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row.clone())
        })
        .await
}

/// Invites a person: a letter carries the link by which the first password is set, within two days.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is neither one of the partner's people nor an operator with the permission
/// `catalogue`; the others of [`person_add`].
pub async fn person_invite(app: &App, actor: &Actor, wanted: NewPerson) -> Outcome<PersonRow> {
    require_of(actor, wanted.partner, Permission::Catalogue)?;
    let email = read_email(&wanted.email)?;
    let now = app.clock.now();
    // A password that nobody knows: whoever is invited sets the first one by letter.
    let unknown = Secret::random(24).map_err(ServiceError::internal)?;
    let row = wanted.row(&email, password::hash(&unknown).await?, None, now)?;
    let id = wanted.partner;
    let found = app.db.read(move |conn| partner_find(conn, id)).await?;
    let partner = found.ok_or(ServiceError::NotFound("partner"))?;
    if matches!(actor, Actor::Person(..)) && partner.status != Status::Active {
        // Whoever nobody has let in yet sends no letters in our name.
        return Err(ServiceError::conflict("partner_paused", "the partner is paused, so nobody can be invited"));
    }
    let name = partner.name;
    let (code, token) = code(Owner::Person(row.id), Purpose::Reset, now)?;
    let letter = person_letters::invited(email, wanted.language, &app.public_url(""), &name, &code);
    let letter = letter_job(app, &letter)?;
    let audit = entry(actor, "person.invite", &row, wanted.partner, now);
    app.db
        .write(Lane::House, move |conn| {
            add(conn, wanted.partner, &row)?;
            token_insert(conn, &token)?;
            job_enqueue(conn, &letter)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row.clone())
        })
        .await
}

fn add(conn: &mut Conn, partner: PartnerId, row: &PersonRow) -> Outcome<PartnerRow> {
    let found = partner_find(conn, partner)?.ok_or(ServiceError::NotFound("partner"))?;
    if person_find_by_email(conn, &row.email)?.is_some() {
        return Err(ServiceError::conflict("email_taken", "somebody with this address acts for a partner already"));
    }
    if i64::try_from(person_list(conn, partner, None, MOST_PEOPLE)?.len()).unwrap_or(MOST_PEOPLE) >= MOST_PEOPLE {
        return Err(ServiceError::conflict("too_many_people", format!("a partner has at most {MOST_PEOPLE} people")));
    }
    person_insert(conn, row)?;
    Ok(found)
}
