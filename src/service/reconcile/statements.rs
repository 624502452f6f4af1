//! Statements that are brought in: kept, looked at (what would come of it, and nothing is written), and carried out once.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::payments::{self, Booked, Payment};
use super::provider::{Compared, case, close_mended, keep, look};
use crate::base::Timestamp;
use crate::base::id::StatementId;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::reconciliation::{
    CaseRow, StatementKind, StatementRow, statement_applied, statement_find, statement_insert, statement_purge,
};
use crate::domain::access::{Actor, Permission};
use crate::domain::reconcile::{Finding, Matched, Ours, Scope, Theirs};
use crate::domain::statement::{BadRow, Lines, Mapping, Row};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// The largest statement, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;
/// For how many days one is kept that nobody carries out.
const KEPT_DAYS: i64 = 30;

/// A statement that is brought in.
#[derive(Debug, Clone)]
pub struct NewStatement {
    /// Whose.
    pub kind: StatementKind,
    /// The provider's name, or the bank account's.
    pub rail: String,
    /// Which column means what.
    pub mapping: Mapping,
    /// The file.
    pub body: String,
}

/// What a statement would do, or did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// Of a provider's: what the comparison came to.
    pub compared: Option<Compared>,
    /// Its differences.
    pub findings: Vec<Finding>,
    /// Of a bank's: each payment.
    pub payments: Vec<Payment>,
    /// What is booked, or would be.
    pub booked: Option<Booked>,
    /// Lines that cannot be read.
    pub bad: Vec<BadRow>,
}

/// The mapping that a preset's name or a TOML text means.
///
/// # Errors
/// [`ServiceError::Invalid`] for `mapping`.
pub fn mapping_of(text: &str) -> Outcome<Mapping> {
    if let Some(preset) = Mapping::preset(text.trim()) {
        return Ok(preset);
    }
    toml::from_str(text).map_err(|cause| ServiceError::invalid("mapping", cause.to_string()))
}

/// Keeps a statement, for thirty days or for good once it is carried out.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::Invalid`] names the field.
pub async fn statement_put(app: &App, actor: &Actor, new: NewStatement) -> Outcome<StatementId> {
    require(actor, Permission::Money)?;
    if new.body.len() > LARGEST {
        return Err(ServiceError::invalid("file", "must have at most 32 MiB"));
    }
    if new.body.contains('\0') {
        return Err(ServiceError::invalid("file", "must not hold a NUL character"));
    }
    let name = new.rail.trim().trim_start_matches("bank/").to_owned();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !(1..=100).contains(&name.len()) || !name.bytes().all(fits) {
        return Err(ServiceError::invalid("rail", "must be 1 to 100 letters, digits, - _ and ."));
    }
    let rail = match new.kind {
        StatementKind::Provider if app.providers.get(&name).is_none() => {
            return Err(ServiceError::invalid("rail", "must be the name of a payout provider"));
        }
        StatementKind::Provider => name,
        // The same account, however it is written, is booked to once.
        StatementKind::Bank => format!("bank/{}", name.to_ascii_lowercase()),
    };
    let read = read(&new.mapping, &new.body)?;
    if read.rows.is_empty() && read.bad.is_empty() {
        return Err(ServiceError::invalid("file", "there is no line below the header"));
    }
    let now = app.clock.now();
    let row = StatementRow {
        id: StatementId::new(),
        kind: new.kind,
        rail,
        mapping: serde_json::to_string(&new.mapping).map_err(ServiceError::internal)?,
        body: new.body,
        lines: i64::try_from(read.rows.len()).unwrap_or(i64::MAX),
        made_by: actor.to_string(),
        created_at: now,
        applied_at: None,
        result: None,
    };
    let id = row.id;
    app.db
        .write(Lane::House, move |conn| {
            statement_purge(conn, now.plus_days(-KEPT_DAYS))?;
            statement_insert(conn, &row)
        })
        .await?;
    Ok(id)
}

fn read(mapping: &Mapping, body: &str) -> Outcome<Lines> {
    mapping.read(body.as_bytes()).map_err(|bad| ServiceError::invalid("file", bad.to_string()))
}

/// A statement.
///
/// # Errors
/// [`ServiceError::Forbidden`]; [`ServiceError::NotFound`].
pub async fn statement_get(app: &App, actor: &Actor, id: StatementId) -> Outcome<StatementRow> {
    require(actor, Permission::Look)?;
    app.db.read(move |conn| statement_find(conn, id)).await?.ok_or(ServiceError::NotFound("statement"))
}

/// What came of a statement that was carried out, or else what would come of it. Nothing is written.
///
/// # Errors
/// [`ServiceError::Forbidden`]; [`ServiceError::NotFound`]; the database's failures.
pub async fn statement_look(app: &App, actor: &Actor, id: StatementId) -> Outcome<(StatementRow, Looked)> {
    let row = statement_get(app, actor, id).await?;
    if let Some(done) = &row.result {
        let done = serde_json::from_str(done).map_err(ServiceError::internal)?;
        return Ok((row, done));
    }
    let lines = read(&serde_json::from_str(&row.mapping).map_err(ServiceError::internal)?, &row.body)?;
    let looked = match row.kind {
        StatementKind::Provider => {
            let (_, matched) = compared(app, &row, &lines).await?;
            let told = Compared {
                lines: lines.rows.len(),
                agreed: matched.agreed,
                differences: matched.findings.len(),
                ..Compared::default()
            };
            Looked { compared: Some(told), findings: matched.findings, bad: lines.bad, ..Looked::default() }
        }
        StatementKind::Bank => {
            let payments = payments::plan(app, &row.rail, &lines.rows).await?;
            let booked = payments::sums(&payments);
            Looked { payments, booked: Some(booked), bad: lines.bad, ..Looked::default() }
        }
    };
    Ok((row, looked))
}

async fn compared(app: &App, row: &StatementRow, lines: &Lines) -> Outcome<(Vec<Ours>, Matched)> {
    let mapping: Mapping = serde_json::from_str(&row.mapping).map_err(ServiceError::internal)?;
    let theirs: Vec<Theirs> = lines.rows.iter().map(theirs).collect();
    let time = |pick: fn(Timestamp, Timestamp) -> Timestamp| lines.rows.iter().map(|row| row.at).reduce(pick);
    let (now, rail) = (app.clock.now(), row.rail.clone());
    let (from, until) = (time(Ord::min).unwrap_or(now), time(Ord::max).unwrap_or(now));
    let scope = Scope { from, until, moved_only: mapping.state.is_none(), fee: mapping.fee_agreed };
    app.db.read(move |conn| crate::db::snapshot(conn, |conn| look(conn, &rail, &theirs, &scope, now))).await
}

fn theirs(row: &Row) -> Theirs {
    Theirs {
        reference: row.reference.clone(),
        key: row.key.clone(),
        amount: row.amount,
        fee: row.fee,
        state: row.state,
        at: row.at,
    }
}

/// Carries a statement out: a provider's differences become cases, a bank's payments are booked. A second time nothing more
/// happens.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::NotFound`]; the database's failures, after which
/// it can be carried out again: what was done stays, and is not done twice.
pub async fn statement_apply(app: &App, actor: &Actor, id: StatementId) -> Outcome<Looked> {
    require(actor, Permission::Money)?;
    let row = statement_get(app, actor, id).await?;
    if row.result.is_some() {
        return statement_look(app, actor, id).await.map(|(_, looked)| looked);
    }
    let lines = read(&serde_json::from_str(&row.mapping).map_err(ServiceError::internal)?, &row.body)?;
    let looked = match row.kind {
        StatementKind::Provider => apply_provider(app, &row, lines).await?,
        StatementKind::Bank => {
            let payments = payments::plan(app, &row.rail, &lines.rows).await?;
            let payments = payments::carry_out(app, actor, &row, payments).await?;
            let booked = payments::sums(&payments);
            Looked { payments, booked: Some(booked), bad: lines.bad, ..Looked::default() }
        }
    };
    let now = app.clock.now();
    let result = serde_json::to_string(&looked).map_err(ServiceError::internal)?;
    let detail = json!({ "rail": row.rail, "lines": row.lines, "compared": looked.compared, "booked": looked.booked });
    let audit = AuditRow::new(now, actor, "statement.apply", format!("statement/{id}"), &detail);
    app.db
        .write(Lane::House, move |conn| {
            if statement_applied(conn, id, &result, now)? {
                audit_insert_in_tx(conn, &audit)?;
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    // Somebody else may have been first: what is stored is what happened.
    statement_look(app, actor, id).await.map(|(_, looked)| looked)
}

async fn apply_provider(app: &App, row: &StatementRow, lines: Lines) -> Outcome<Looked> {
    let (ours, matched) = compared(app, row, &lines).await?;
    let (now, rail, found_in) = (app.clock.now(), row.rail.clone(), format!("statement/{}", row.id));
    let found = |one: &Finding| case(&rail, one, one.key(), &found_in, now);
    let cases: Vec<CaseRow> = matched.findings.iter().map(found).collect();
    let (findings, agreed) = (matched.findings.clone(), matched.agreed);
    let written = app.db.write(Lane::House, move |conn| {
        let (opened, known) = keep(conn, &rail, &cases, now)?;
        Ok::<_, ServiceError>((opened, known, close_mended(conn, &rail, (&ours, &matched), now)?))
    });
    let (opened, known, closed) = written.await?;
    let (lines, bad) = (lines.rows.len(), lines.bad);
    let compared = Compared { lines, agreed, differences: findings.len(), opened, known, closed };
    Ok(Looked { compared: Some(compared), findings, bad, ..Looked::default() })
}
