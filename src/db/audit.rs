//! The audit trail: what operators did, and what partners changed of their own. Rows are only inserted.

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::audit;
use crate::base::Timestamp;
use crate::base::id::AuditId;
use crate::domain::access::Actor;

/// One action.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who: `operator/{id}`, `partner/{id}`, `console`, `system`.
    pub actor: String,
    /// What: `shopper.block` and the like, the noun first.
    pub action: String,
    /// To what: `shopper/{id}` and the like.
    pub subject: String,
    /// JSON object: what changed, without secrets.
    pub detail: String,
}

/// The actor of what the service does by itself.
pub const SYSTEM: &str = "system";

impl AuditRow {
    /// An entry made before the transaction that it will stand in. `detail` is a JSON object without secrets.
    #[must_use]
    pub fn new(
        at: Timestamp,
        actor: &Actor,
        action: &'static str,
        subject: impl std::fmt::Display,
        detail: &serde_json::Value,
    ) -> Self {
        Self {
            id: AuditId::new(),
            at,
            actor: actor.to_string(),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail: detail.to_string(),
        }
    }

    /// As [`AuditRow::new`], of what the service does by itself.
    #[must_use]
    pub fn of_system(
        at: Timestamp,
        action: &'static str,
        subject: impl std::fmt::Display,
        detail: &serde_json::Value,
    ) -> Self {
        Self {
            id: AuditId::new(),
            at,
            actor: SYSTEM.to_owned(),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail: detail.to_string(),
        }
    }
}

/// Writes an entry in the transaction of the action itself.
///
/// # Errors
/// [`DbError`].
pub fn audit_insert_in_tx(conn: &mut Conn, row: &AuditRow) -> Result<(), DbError> {
    diesel::insert_into(audit::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// Which entries to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only those about this.
    pub subject: Option<String>,
    /// Only those by this actor.
    pub actor: Option<String>,
    /// Only those from this time on.
    pub from: Option<Timestamp>,
    /// Only those before this time.
    pub until: Option<Timestamp>,
    /// Only those older than this one.
    pub before: Option<AuditId>,
}

/// Entries, newest first, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn audit_list(conn: &mut Conn, filter: &AuditFilter, limit: i64) -> Result<Vec<AuditRow>, DbError> {
    let mut query = audit::table.select(AuditRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(subject) = &filter.subject {
        query = query.filter(audit::subject.eq(subject.clone()));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(audit::actor.eq(actor.clone()));
    }
    // Ids begin with their time, so the key finds where a time begins.
    if let Some(from) = filter.from {
        query = query.filter(audit::id.ge(AuditId::first_at(from))).filter(audit::at.ge(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit::at.lt(until));
    }
    if let Some(before) = filter.before {
        query = query.filter(audit::id.lt(before));
    }
    Ok(query.order(audit::id.desc()).limit(limit).load(conn)?)
}
