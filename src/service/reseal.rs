//! Puts the master key of now in the place of those before it: whatever another key sealed is opened and sealed again. It can be
//! stopped and begun anew at any time, beside running servers that know both keys.

use serde::Serialize;

use super::catalogue::signing_key_context;
use super::kept_call;
use super::payouts::method_add::destination_hash;
use super::payouts::take_webhook::event_context;
use super::{App, Outcome, ServiceError};
use crate::base::Secret;
use crate::base::secret::MasterKey;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::protection::{DestinationRow, destination_put};
use crate::db::reseal::{SealedAt, SealedKind, sealed_list, sealed_put};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::service::accounts::require;

/// How many values are sealed again in one transaction.
const STEP: i64 = 500;

/// How many values of a kind were sealed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resealed {
    /// What they are.
    pub kind: SealedKind,
    /// How many.
    pub count: usize,
}

/// Seals again what another key sealed, and hashes destinations anew.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `staff`; [`ServiceError::Internal`] for a value that no known key opens:
/// what was done until then stays done.
pub async fn reseal(app: &App, actor: &Actor) -> Outcome<Vec<Resealed>> {
    require(actor, Permission::Staff)?;
    let mut done = Vec::new();
    for kind in SealedKind::ALL.iter().copied() {
        let mut count = 0_usize;
        loop {
            let master = app.master.clone();
            let step = app.db.write(Lane::House, move |conn| step(conn, &master, kind)).await?;
            count = count.saturating_add(step);
            if step == 0 {
                break;
            }
        }
        done.push(Resealed { kind, count });
    }
    let detail = serde_json::json!({ "key": app.master.id(), "counts": done });
    let audit =
        AuditRow::new(app.clock.now(), actor, "keys.reseal", format!("master_key/{}", app.master.id()), &detail);
    app.db.write(Lane::House, move |conn| audit_insert_in_tx(conn, &audit)).await?;
    Ok(done)
}

fn step(conn: &mut Conn, master: &MasterKey, kind: SealedKind) -> Outcome<usize> {
    let rows = sealed_list(conn, kind, master.id(), STEP)?;
    for (at, old) in &rows {
        let (context, plain) = opened(master, at, old)?;
        let new = master.seal(&context, plain.expose()).map_err(ServiceError::internal)?;
        if !sealed_put(conn, at, old, &new)? {
            continue;
        }
        if let SealedAt::Method(method_id, shopper_id) = at {
            // Hashed with the key as well: the same destination has to be known again under the new one.
            let hash = destination_hash(master, plain.expose());
            destination_put(conn, &DestinationRow { method_id: *method_id, shopper_id: *shopper_id, hash })?;
        }
    }
    Ok(rows.len())
}

/// What is inside, and what it is bound to.
fn opened(master: &MasterKey, at: &SealedAt, sealed: &str) -> Outcome<(String, Secret)> {
    let contexts = at.contexts().unwrap_or_else(|| match at {
        SealedAt::SigningKey(id) => vec![signing_key_context(id)],
        SealedAt::Call(_, partner, digest) => vec![kept_call::context(*partner, digest)],
        SealedAt::ProviderEvent(provider, event) => vec![event_context(provider, event)],
        SealedAt::PartnerSecret(..)
        | SealedAt::Method(..)
        | SealedAt::Factor(_)
        | SealedAt::Job(..)
        | SealedAt::PastAddress(_)
        | SealedAt::ListKey(_)
        | SealedAt::Hook(_)
        | SealedAt::OldHook(_)
        | SealedAt::PayoutTable(_)
        | SealedAt::PayoutOrder(_) => Vec::new(),
    });
    let mut why = None;
    for context in contexts {
        match master.open(&context, sealed) {
            Ok(plain) => return Ok((context, plain)),
            Err(cause) => why = Some(cause),
        }
    }
    Err(ServiceError::internal(format!(
        "{at:?} cannot be opened: {}",
        why.map(|why| why.to_string()).unwrap_or_default()
    )))
}
