//! Receipts beside claims: who may lay one there, and who may look at it.

use super::{App, Outcome, ServiceError};
use crate::base::id::{ClaimFileId, ClaimId, ShopperId};
use crate::db::claim_files::{ClaimFileRow, claim_file_find, claim_file_insert, claim_file_list};
use crate::db::claims::{ClaimRow, claim_find};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::claim::{ClaimState, FileKind};

/// The largest file, in bytes.
pub const LARGEST: usize = 5 * 1024 * 1024;
/// How many files a claim has at most.
const MOST: usize = 3;
/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Lays a file beside the shopper's open claim. What it is, is told from its bytes.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another's claim; `already_answered`; `too_many_receipts`; [`ServiceError::Invalid`] for a
/// file that is too large, empty, or neither a PDF nor a picture.
pub async fn claim_file_add(
    app: &App,
    shopper: ShopperId,
    claim: ClaimId,
    name: &str,
    bytes: Vec<u8>,
) -> Outcome<ClaimFileRow> {
    let kind = FileKind::of(&bytes).ok_or_else(|| {
        ServiceError::invalid(
            "receipt",
            "is neither a PDF nor a picture (JPEG, PNG, WebP); send a receipt as one of these",
        )
    })?;
    if bytes.len() > LARGEST {
        return Err(ServiceError::invalid("receipt", format!("has more than {} MiB", LARGEST / 1024 / 1024)));
    }
    let size = i64::try_from(bytes.len()).map_err(ServiceError::internal)?;
    let row = ClaimFileRow {
        id: ClaimFileId::new(),
        claim_id: claim,
        name: file_name(name, kind),
        kind,
        size,
        created_at: app.clock.now(),
    };
    app.db
        .write(Lane::House, move |conn| {
            let found = claim_find(conn, claim)?.filter(|row| row.shopper_id == shopper);
            let found = found.ok_or(ServiceError::NotFound("claim"))?;
            if found.state != ClaimState::Open {
                return Err(ServiceError::conflict("already_answered", "this claim was answered before"));
            }
            if claim_file_list(conn, claim)?.len() >= MOST {
                return Err(ServiceError::conflict("too_many_receipts", format!("a claim has {MOST} files at most")));
            }
            claim_file_insert(conn, &row, &bytes)?;
            Ok(row.clone())
        })
        .await
}

/// The last part of a name, without what could end it early or lead elsewhere.
fn file_name(given: &str, kind: FileKind) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control() && *c != '"').take(LONGEST_NAME).collect();
    match plain.trim().trim_matches('.') {
        "" => format!("receipt.{kind}"),
        named => named.to_owned(),
    }
}

/// The files beside a claim, for its shopper, its partner, and operators.
///
/// # Errors
/// [`ServiceError::NotFound`] for a claim that is somebody else's.
pub async fn claim_files(app: &App, actor: &Actor, claim: ClaimId) -> Outcome<Vec<ClaimFileRow>> {
    let actor = actor.clone();
    app.db
        .read(move |conn| {
            seen(conn, &actor, claim)?;
            Ok(claim_file_list(conn, claim)?)
        })
        .await
}

/// One file with its bytes, for the same.
///
/// # Errors
/// As [`claim_files`].
pub async fn claim_file(app: &App, actor: &Actor, claim: ClaimId, id: ClaimFileId) -> Outcome<(ClaimFileRow, Vec<u8>)> {
    let actor = actor.clone();
    app.db
        .read(move |conn| {
            seen(conn, &actor, claim)?;
            claim_file_find(conn, claim, id)?.ok_or(ServiceError::NotFound("file"))
        })
        .await
}

fn seen(conn: &mut Conn, actor: &Actor, claim: ClaimId) -> Outcome<()> {
    let may = |row: &ClaimRow| match actor {
        Actor::Shopper(id) => row.shopper_id == *id,
        Actor::Partner(id) | Actor::Person(_, id) => row.partner_id == *id,
        Actor::Operator(..) | Actor::Console => actor.may(Permission::Look),
    };
    claim_find(conn, claim)?.filter(may).map(drop).ok_or(ServiceError::NotFound("claim"))
}
