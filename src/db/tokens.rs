//! Sessions, API tokens and one-time codes. Only the SHA-256 of each is kept.

use diesel::prelude::*;
use uuid::Uuid;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::{operators, partner_people, partners, shoppers, tokens};
use crate::base::Timestamp;
use crate::base::id::{Id, OperatorId, PartnerId, PersonId, ShopperId, TokenId};
use crate::domain::access::{OwnerKind, TokenKind};

/// Marks an id whose kind stands in the row beside it.
#[derive(Debug)]
pub enum AnyOwner {}

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A shopper's.
    Shopper(ShopperId),
    /// A partner's.
    Partner(PartnerId),
    /// An operator's.
    Operator(OperatorId),
    /// Somebody's who acts for a partner.
    Person(PersonId),
}

impl Owner {
    /// Which kind of owner it is.
    #[must_use]
    pub const fn kind(self) -> OwnerKind {
        match self {
            Self::Shopper(_) => OwnerKind::Shopper,
            Self::Partner(_) => OwnerKind::Partner,
            Self::Operator(_) => OwnerKind::Operator,
            Self::Person(_) => OwnerKind::Person,
        }
    }

    /// Every owner that an id may be.
    pub(super) fn each(id: Id<AnyOwner>) -> [Self; 4] {
        let uuid = id.uuid();
        [
            Self::Shopper(Id::from_uuid(uuid)),
            Self::Operator(Id::from_uuid(uuid)),
            Self::Person(Id::from_uuid(uuid)),
            Self::Partner(Id::from_uuid(uuid)),
        ]
    }

    pub(super) fn id(self) -> Id<AnyOwner> {
        let uuid: Uuid = match self {
            Self::Shopper(id) => id.uuid(),
            Self::Partner(id) => id.uuid(),
            Self::Operator(id) => id.uuid(),
            Self::Person(id) => id.uuid(),
        };
        Id::from_uuid(uuid)
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind(), self.id())
    }
}

/// One token as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = tokens)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// SHA-256 of the token, lower-case hex.
    pub digest: String,
    /// What it is for.
    pub kind: TokenKind,
    owner_kind: OwnerKind,
    owner_id: Id<AnyOwner>,
    /// What its owner calls it; for a one-time code, what it is good for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was ended, or used up.
    pub revoked_at: Option<Timestamp>,
    /// For a code that is to make an address the account's: that address.
    pub sent_to: Option<String>,
    /// How often a one-time code was tried with a password.
    pub tries: i64,
    /// For the extension in a browser: when it last called, to the hour.
    pub used_at: Option<Timestamp>,
}

impl TokenRow {
    /// A token made now.
    #[must_use]
    pub fn new(digest: String, kind: TokenKind, owner: Owner, name: String, created_at: Timestamp) -> Self {
        Self {
            id: TokenId::new(),
            digest,
            kind,
            owner_kind: owner.kind(),
            owner_id: owner.id(),
            name,
            created_at,
            expires_at: None,
            revoked_at: None,
            sent_to: None,
            tries: 0,
            used_at: None,
        }
    }

    /// The same token with an end.
    #[must_use]
    pub fn until(self, expires_at: Option<Timestamp>) -> Self {
        Self { expires_at, ..self }
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Owner {
        let uuid = self.owner_id.uuid();
        match self.owner_kind {
            OwnerKind::Shopper => Owner::Shopper(Id::from_uuid(uuid)),
            OwnerKind::Partner => Owner::Partner(Id::from_uuid(uuid)),
            OwnerKind::Operator => Owner::Operator(Id::from_uuid(uuid)),
            OwnerKind::Person => Owner::Person(Id::from_uuid(uuid)),
        }
    }

    /// Whether it still counts at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Adds a token.
///
/// # Errors
/// [`DbError`].
pub fn token_insert(conn: &mut Conn, row: &TokenRow) -> Result<(), DbError> {
    diesel::insert_into(tokens::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// The token with a digest, live or not.
///
/// # Errors
/// [`DbError`].
pub fn token_find_by_digest(conn: &mut Conn, digest: &str) -> Result<Option<TokenRow>, DbError> {
    let query = tokens::table.filter(tokens::digest.eq(digest)).select(TokenRow::as_select());
    Ok(query.first(conn).optional()?)
}

/// The same for several.
///
/// # Errors
/// [`DbError`].
pub fn token_list_by_digests(conn: &mut Conn, digests: Vec<&str>) -> Result<Vec<TokenRow>, DbError> {
    Ok(tokens::table.filter(tokens::digest.eq_any(digests)).select(TokenRow::as_select()).load(conn)?)
}

/// An owner's tokens of one kind that were not revoked, newest first: at most `limit` older than `before`.
///
/// # Errors
/// [`DbError`].
pub fn token_list(
    conn: &mut Conn,
    owner: Owner,
    kind: TokenKind,
    before: Option<TokenId>,
    limit: i64,
) -> Result<Vec<TokenRow>, DbError> {
    let mine = tokens::owner_id.eq(owner.id()).and(tokens::owner_kind.eq(owner.kind()));
    let mut query = tokens::table
        .filter(mine.and(tokens::kind.eq(kind)).and(tokens::revoked_at.is_null()))
        .select(TokenRow::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(tokens::id.lt(before));
    }
    Ok(query.order(tokens::id.desc()).limit(limit).load(conn)?)
}

/// Ends one token of an owner; says whether there was one to end. For a one-time code this is its use.
///
/// # Errors
/// [`DbError`].
pub fn token_revoke(conn: &mut Conn, owner: Owner, id: TokenId, at: Timestamp) -> Result<bool, DbError> {
    let mine = tokens::owner_id.eq(owner.id()).and(tokens::owner_kind.eq(owner.kind()));
    let live = tokens::table.filter(tokens::id.eq(id).and(mine).and(tokens::revoked_at.is_null()));
    Ok(diesel::update(live).set(tokens::revoked_at.eq(at)).execute(conn)? == 1)
}

/// Counts one try of a code; says whether it was still at `tries`.
///
/// # Errors
/// [`DbError`].
pub fn token_count_try(conn: &mut Conn, id: TokenId, tries: i64) -> Result<bool, DbError> {
    let current = tokens::table.filter(tokens::id.eq(id).and(tokens::tries.eq(tries)));
    Ok(diesel::update(current).set(tokens::tries.eq(tries.saturating_add(1))).execute(conn)? == 1)
}

/// Notes that a token was used.
///
/// # Errors
/// [`DbError`].
pub fn token_used(conn: &mut Conn, id: TokenId, at: Timestamp) -> Result<(), DbError> {
    diesel::update(tokens::table.find(id)).set(tokens::used_at.eq(at)).execute(conn)?;
    Ok(())
}

/// Ends an owner's sessions but one; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn token_revoke_other_sessions(
    conn: &mut Conn,
    owner: Owner,
    except: TokenId,
    at: Timestamp,
) -> Result<usize, DbError> {
    let mine = tokens::owner_id.eq(owner.id()).and(tokens::owner_kind.eq(owner.kind()));
    let live = tokens::kind.eq(TokenKind::Session).and(tokens::revoked_at.is_null()).and(tokens::id.ne(except));
    Ok(diesel::update(tokens::table.filter(mine.and(live))).set(tokens::revoked_at.eq(at)).execute(conn)?)
}

/// Ends an owner's tokens, of one kind or of all; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn token_revoke_all(
    conn: &mut Conn,
    owner: Owner,
    kind: Option<TokenKind>,
    at: Timestamp,
) -> Result<usize, DbError> {
    let kinds: Vec<TokenKind> = kind.map_or_else(|| TokenKind::ALL.to_vec(), |kind| vec![kind]);
    let mut ended = 0;
    for kind in kinds {
        let mine = tokens::owner_id.eq(owner.id()).and(tokens::owner_kind.eq(owner.kind()));
        let live = tokens::table.filter(mine.and(tokens::kind.eq(kind)).and(tokens::revoked_at.is_null()));
        ended += diesel::update(live).set(tokens::revoked_at.eq(at)).execute(conn)?;
    }
    Ok(ended)
}

/// Forgets all tokens of an owner, with their names.
///
/// # Errors
/// [`DbError`].
pub fn token_delete_all(conn: &mut Conn, owner: Owner) -> Result<(), DbError> {
    let mine = tokens::owner_id.eq(owner.id()).and(tokens::owner_kind.eq(owner.kind()));
    diesel::delete(tokens::table.filter(mine)).execute(conn)?;
    Ok(())
}

/// Forgets tokens that ended before `before`; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn token_purge(conn: &mut Conn, before: Timestamp) -> Result<usize, DbError> {
    let over = tokens::expires_at.lt(before).or(tokens::revoked_at.lt(before));
    Ok(diesel::delete(tokens::table.filter(over)).execute(conn)?)
}

/// Whether an owner is there: tokens refer to three tables, so the database does not check it.
///
/// # Errors
/// [`DbError`].
pub fn token_owner_exists(conn: &mut Conn, owner: Owner) -> Result<bool, DbError> {
    let rows: i64 = match owner {
        Owner::Shopper(id) => shoppers::table.filter(shoppers::id.eq(id)).count().get_result(conn)?,
        Owner::Partner(id) => partners::table.filter(partners::id.eq(id)).count().get_result(conn)?,
        Owner::Operator(id) => operators::table.filter(operators::id.eq(id)).count().get_result(conn)?,
        Owner::Person(id) => partner_people::table.filter(partner_people::id.eq(id)).count().get_result(conn)?,
    };
    Ok(rows > 0)
}
