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
    let answer = read(file).map_err(|problem| ServiceError::invalid("file", problem))?;
    let mut done = Imported::default();
    let mut told = answer.lines;
    for whole in answer.refused {
        let rest = lines_of(app, provider, &whole, &told).await?;
        if rest.is_none() {
            done.unknown.push(whole.file);
        }
        told.extend(rest.into_iter().flatten());
    }
    for line in told {
        let (name, key) = (provider.to_owned(), line.reference.clone());
        let found = app.db.read(move |conn| payout_find_by_provider(conn, &name, Some(&key), None)).await?;
        match found {
            Some(row) => take(app, &row, line, &mut done).await?,
            None => done.unknown.push(line.reference),
        }
    }
    let detail = serde_json::json!({
        "sha256": sha256_hex(file.as_bytes()), "applied": done.applied, "unchanged": done.unchanged,
        "unknown": done.unknown.len(), "contrary": done.contrary.len(),
    });
    let audit = AuditRow::new(app.clock.now(), actor, "payout.import", format!("payout_provider/{provider}"), &detail);
    app.db.write(Lane::House, move |conn| audit_insert_in_tx(conn, &audit)).await?;
    Ok(done)
}

/// What the refusal of a whole file says of its payouts, but for those that it names by themselves; `None` for a file that this bank
/// never got.
async fn lines_of(app: &App, provider: &str, whole: &RefusedFile, named: &[Told]) -> Outcome<Option<Vec<Told>>> {
    let Ok(id) = PayoutFileId::from_reference(&whole.file) else { return Ok(None) };
    let read = move |conn: &mut Conn| Ok::<_, DbError>((payout_file_find(conn, id)?, payout_file_keys(conn, id)?));
    let (file, keys) = app.db.read(read).await?;
    let Some(_known) = file.filter(|file| file.provider == provider) else { return Ok(None) };
    let rest = keys.into_iter().filter(|key| named.iter().all(|line| line.reference != *key));
    let line = |reference| Told { reference, ended: Ended::Failed, code: whole.code.clone(), amount: None };
    Ok(Some(rest.map(line).collect()))
}

async fn take(app: &App, row: &PayoutRow, line: Told, done: &mut Imported) -> Outcome<()> {
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
    let mut advance = Advance::new(event, "file", app.clock.now());
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
