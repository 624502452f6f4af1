//! From a token to who is asking.

use std::collections::{BTreeSet, HashMap};

use super::digest;
use crate::base::Timestamp;
use crate::base::id::{OperatorId, PartnerId, PersonId, ShopperId, TokenId};
use crate::db::operators::operator_find;
use crate::db::people::person_find;
use crate::db::shoppers::{shopper_find, shopper_list_active};
use crate::db::tokens::{Owner, TokenRow, token_list_by_digests};
use crate::db::{Conn, DbError, ReadSet};
use crate::domain::access::{AccountStatus, Actor, Role, TokenKind};
use crate::domain::reason::Language;
use crate::service::{App, Outcome, ServiceError};

/// Who is asking, and by which token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// The token's id.
    pub token: TokenId,
    /// A session, an API token or the extension's; codes sign nobody in.
    pub kind: TokenKind,
}

/// Reads a token. The account's state and role are looked up each time, so that blocking takes effect at once.
///
/// # Errors
/// [`ServiceError::Unauthenticated`] when the token is unknown, over or revoked, or its owner is blocked or gone.
pub async fn authenticate(app: &App, token: &str) -> Outcome<Caller> {
    Ok(authenticate_with_row(app, token).await?.0)
}

/// The same, with what is stored of the token.
pub(in crate::service) async fn authenticate_with_row(app: &App, token: &str) -> Outcome<(Caller, TokenRow)> {
    let found = app.callers.read((digest(token), app.clock.now())).await?;
    found.ok_or(ServiceError::Unauthenticated)
}

/// Tokens of those who call at the same time, read together.
#[derive(Debug)]
pub enum Callers {}

impl ReadSet for Callers {
    /// A token's digest, and when it came.
    type Item = (String, Timestamp);
    type Found = Option<(Caller, TokenRow)>;

    fn read(conn: &mut Conn, items: &[Self::Item]) -> Result<Vec<Self::Found>, DbError> {
        let digests: BTreeSet<&str> = items.iter().map(|(digest, _)| digest.as_str()).collect();
        let tokens = token_list_by_digests(conn, digests.into_iter().collect())?;
        let actors = actors(conn, &tokens)?;
        let tokens: HashMap<&str, &TokenRow> = tokens.iter().map(|row| (row.digest.as_str(), row)).collect();
        let caller = |(digest, now): &Self::Item| {
            let row = tokens.get(digest.as_str()).filter(|row| row.is_live(*now) && signs_in(row.kind))?;
            let actor = actors.get(&row.id)?.clone();
            Some((Caller { actor, token: row.id, kind: row.kind }, (*row).clone()))
        };
        Ok(items.iter().map(caller).collect())
    }
}

const fn signs_in(kind: TokenKind) -> bool {
    match kind {
        TokenKind::EmailConfirm | TokenKind::Factor | TokenKind::ExtensionCode => false,
        TokenKind::Session | TokenKind::Api | TokenKind::Extension => true,
    }
}

/// Whoever owns each of these tokens, without those who are shut out.
fn actors(conn: &mut Conn, tokens: &[TokenRow]) -> Result<HashMap<TokenId, Actor>, DbError> {
    let shopper = |row: &TokenRow| if let Owner::Shopper(id) = row.owner() { Some(id) } else { None };
    let shoppers: BTreeSet<ShopperId> = tokens.iter().filter_map(shopper).collect();
    let active =
        if shoppers.is_empty() { Vec::new() } else { shopper_list_active(conn, shoppers.into_iter().collect())? };
    let mut actors = HashMap::new();
    for row in tokens {
        let actor = match row.owner() {
            Owner::Shopper(id) => active.contains(&id).then_some(Actor::Shopper(id)),
            // Of these few call, and never many at once.
            Owner::Operator(id) => {
                let operator = operator_find(conn, id)?.filter(|operator| operator.status == AccountStatus::Active);
                operator.map(|operator| Actor::Operator(id, operator.role))
            }
            // A partner that is paused may still look: only its postbacks are refused.
            Owner::Partner(id) => Some(Actor::Partner(id)),
            Owner::Person(id) => {
                let person = person_find(conn, id)?.filter(|person| person.status == AccountStatus::Active);
                person.and_then(|person| person.partner_id).map(|partner| Actor::Person(id, partner))
            }
        };
        actors.extend(actor.map(|actor| (row.id, actor)));
    }
    Ok(actors)
}

/// What an account may know about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A shopper.
    Shopper {
        /// Its id.
        id: ShopperId,
        /// How its tracking links name it.
        public_id: String,
        /// Its address.
        email: String,
        /// Whether the address was confirmed.
        email_confirmed: bool,
        /// The language it chose.
        language: Language,
    },
    /// A partner's program.
    Partner {
        /// Its id.
        id: PartnerId,
    },
    /// Somebody who acts for a partner.
    Person {
        /// Its id.
        id: PersonId,
        /// The partner.
        partner: PartnerId,
        /// Its address.
        email: String,
        /// Its name.
        name: String,
        /// The language it chose.
        language: Language,
    },
    /// An operator.
    Operator {
        /// Its id.
        id: OperatorId,
        /// Its address.
        email: String,
        /// Its name.
        name: String,
        /// What it is trusted with.
        role: Role,
    },
}

/// Tells the asker about itself.
///
/// # Errors
/// [`ServiceError::NotFound`] when the account went away meanwhile.
pub async fn whoami(app: &App, actor: &Actor) -> Outcome<Who> {
    let actor = actor.clone();
    app.db
        .read(move |conn| match actor {
            Actor::Shopper(id) => {
                let row = shopper_find(conn, id)?.ok_or(ServiceError::NotFound("shopper"))?;
                let email_confirmed = row.email_confirmed_at.is_some();
                let (public_id, email, language) = (row.public_id, row.email, row.language);
                Ok(Who::Shopper { id, public_id, email, email_confirmed, language })
            }
            Actor::Partner(id) => Ok(Who::Partner { id }),
            Actor::Person(id, partner) => {
                let row = person_find(conn, id)?.ok_or(ServiceError::NotFound("person"))?;
                Ok(Who::Person { id, partner, email: row.email, name: row.name, language: row.language })
            }
            Actor::Operator(id, role) => {
                let row = operator_find(conn, id)?.ok_or(ServiceError::NotFound("operator"))?;
                Ok(Who::Operator { id, email: row.email, name: row.name, role })
            }
            Actor::Console => Err(ServiceError::Forbidden),
        })
        .await
}
