//! What a bank says became of the payouts of a file: each line is news like any other provider's, and bringing in a file twice
//! changes nothing.

use super::advance_payout::{Advance, advance_payout};
use super::providers::provider_of;
use crate::base::id::PayoutFileId;
use crate::base::secret::sha256_hex;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::payout_files::{payout_file_find, payout_file_keys};
use crate::db::payouts::{PayoutRow, payout_find_by_provider};
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::payout::PayoutEvent;
use crate::domain::payout::bank_file::{Ended, RefusedFile, Told, read};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// What became of the lines of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Changed a payout.
    pub applied: usize,
    /// Changed nothing: the payout stood there already, or is still being worked on.
    pub unchanged: usize,
    /// Fit no payout of this bank, by their references.
    pub unknown: Vec<String>,
    /// Contradict what is known, or leave it in doubt, by their references: a person has to look. What is in doubt (refused as a
    /// duplicate, returned without an amount) changes nothing.
    pub contrary: Vec<String>,
}

/// Takes in a bank's answer.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission for money; [`ServiceError::Invalid`] for a provider that takes no
/// files and for a file that cannot be read, which changes nothing.
pub async fn file_import(app: &App, actor: &Actor, provider: &str, file: &str) -> Outcome<Imported> {
    require(actor, Permission::Money)?;
    if provider_of(app, provider)?.drawn_on().is_none() {
        return Err(ServiceError::invalid("provider", "is called, and takes no files"));
    }
    if file.contains('\0') {
        return Err(ServiceError::invalid("file", "holds a NUL character: it is no text"));
    }
    let answer = read(file).map_err(|problem| ServiceError::invalid("file", problem))?;
    // Noted before anything moves: what is cut short can be followed, too.
    let detail = serde_json::json!({
        "sha256": sha256_hex(file.as_bytes()), "lines": answer.lines.len(), "files_refused": answer.refused.len(),
    });
    let audit = AuditRow::new(app.clock.now(), actor, "payout.import", format!("payout_provider/{provider}"), &detail);
    app.db.write(Lane::House, move |conn| audit_insert_in_tx(conn, &audit)).await?;
    let mut done = Imported::default();
    let mut told = answer.lines;
    for whole in answer.refused {
        match rest_of(app, provider, &whole, &told).await? {
            None => done.unknown.push(whole.file),
            Some(rest) if whole.is_definite() => {
                let line = |reference| Told { reference, ended: Ended::Failed, code: whole.code(), amount: None };
                told.extend(rest.into_iter().map(line));
            }
            Some(rest) => {
                tracing::error!(file = whole.file, reasons = ?whole.reasons, "a bank refused a file, perhaps one that it had before");
                done.contrary.extend(rest);
            }
        }
    }
    let cause = format!("file {actor}");
    for line in told {
        let (name, key) = (provider.to_owned(), line.reference.clone());
        let found = app.db.read(move |conn| payout_find_by_provider(conn, &name, Some(&key), None)).await?;
        match found {
            Some(row) => take(app, &row, line, &cause, &mut done).await?,
            None => done.unknown.push(line.reference),
        }
    }
    Ok(done)
}

/// The payouts of a file, but for those that are named by themselves; `None` for a file that this bank never got.
async fn rest_of(app: &App, provider: &str, whole: &RefusedFile, named: &[Told]) -> Outcome<Option<Vec<String>>> {
    let Ok(id) = PayoutFileId::from_reference(&whole.file) else { return Ok(None) };
    let read = move |conn: &mut Conn| Ok::<_, DbError>((payout_file_find(conn, id)?, payout_file_keys(conn, id)?));
    let (file, mut keys) = app.db.read(read).await?;
    keys.retain(|key| named.iter().all(|line| line.reference != *key));
    Ok(file.filter(|file| file.provider == provider).map(|_known| keys))
}

async fn take(app: &App, row: &PayoutRow, line: Told, cause: &str, done: &mut Imported) -> Outcome<()> {
    if line.doubt() {
        tracing::error!(payout = %row.id, ended = line.ended.as_str(), code = line.code, "a person has to look at a bank's line");
        done.contrary.push(line.reference);
        return Ok(());
    }
    let provider_ref = row.provider_key.clone();
    let event = match line.ended {
        Ended::Pending => PayoutEvent::Accepted { provider_ref },
        Ended::Paid => PayoutEvent::Paid { provider_ref },
        Ended::Failed => PayoutEvent::Failed { provider_ref: Some(provider_ref), code: line.code },
        Ended::Returned => PayoutEvent::Returned { provider_ref, code: line.code },
    };
    let mut advance = Advance::new(event, cause, app.clock.now());
    advance.amount = line.amount;
    let advanced = advance_payout(app, row, advance).await?;
    if advanced.row.attention.is_some() {
        done.contrary.push(line.reference);
    } else if advanced.step.noop {
        done.unchanged += 1;
    } else {
        done.applied += 1;
    }
    Ok(())
}
