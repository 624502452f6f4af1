//! The keys that sign the list: made once, sealed in the database, and followed by another one that the old one vouches for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::base::Timestamp;
use crate::base::secret::{MasterKey, random_bytes};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::extension::{ListKeyRow, list_key_context, list_key_insert, list_key_list};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::extension::sign::{KEY_BYTES, ListKey};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// The keys of the list, newest first, and the newest one ready to sign.
#[derive(Debug)]
pub struct ListKeys {
    /// All that there were. The first one signs.
    pub rows: Vec<ListKeyRow>,
    /// The first one's id.
    pub id: String,
    /// The first one.
    pub key: ListKey,
}

fn open(master: &MasterKey, row: &ListKeyRow) -> Outcome<ListKey> {
    let seed = master.open(&list_key_context(&row.id), &row.sealed).map_err(ServiceError::internal)?;
    let seed = URL_SAFE_NO_PAD.decode(seed.expose()).map_err(ServiceError::internal)?;
    ListKey::from_seed(&seed).ok_or_else(|| ServiceError::internal("the list's key has not the right length"))
}

fn fresh(master: &MasterKey, now: Timestamp) -> Outcome<(ListKeyRow, ListKey)> {
    let id = hex::encode(random_bytes(4).map_err(ServiceError::internal)?);
    let seed = random_bytes(KEY_BYTES).map_err(ServiceError::internal)?;
    let sealed = master.seal(&list_key_context(&id), &URL_SAFE_NO_PAD.encode(&seed)).map_err(ServiceError::internal)?;
    let key = ListKey::from_seed(&seed).ok_or_else(|| ServiceError::internal("no key comes of the seed"))?;
    Ok((ListKeyRow { id, public_key: key.public(), sealed, vouched: None, created_at: now }, key))
}

/// The keys; the first one is made when there is none.
///
/// # Errors
/// The database's failures; [`ServiceError::Internal`] when another master key sealed it.
pub async fn list_keys(app: &App) -> Outcome<ListKeys> {
    let mut rows = app.db.read(list_key_list).await?;
    if rows.is_empty() {
        let (row, _key) = fresh(&app.master, app.clock.now())?;
        // Of several nodes that begin at once the first one makes it.
        let write = move |conn: &mut Conn| {
            if list_key_list(conn)?.is_empty() {
                list_key_insert(conn, &row)?;
            }
            list_key_list(conn)
        };
        rows = app.db.write(Lane::House, write).await?;
    }
    let first = rows.first().ok_or_else(|| ServiceError::internal("there is no key of the list"))?;
    let (id, key) = (first.id.clone(), open(&app.master, first)?);
    Ok(ListKeys { id, key, rows })
}

/// Puts a new key in place, vouched for by the one before, so that browsers that trust that one trust this one too. Gives its id.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; the database's failures.
pub async fn list_key_rotate(app: &App, actor: &Actor) -> Outcome<String> {
    require(actor, Permission::Catalogue)?;
    list_keys(app).await?;
    let (master, now) = (app.master.clone(), app.clock.now());
    let (row, key) = fresh(&master, now)?;
    let id = row.id.clone();
    let audit = AuditRow::new(now, actor, "extension.rotate_key", format!("list_key/{id}"), &json!({}));
    let write = move |conn: &mut Conn| {
        let known = list_key_list(conn)?;
        let before = known.first().ok_or_else(|| ServiceError::internal("there is no key of the list"))?;
        let vouched = Some(open(&master, before)?.vouch_for(&key));
        // The newest one signs, also where two were made in one moment or a clock went back.
        let created_at = row.created_at.max(before.created_at.plus(chrono::TimeDelta::microseconds(1)));
        list_key_insert(conn, &ListKeyRow { vouched, created_at, ..row.clone() })?;
        audit_insert_in_tx(conn, &audit)?;
        Ok::<_, ServiceError>(())
    };
    app.db.write(Lane::House, write).await?;
    app.list.forget();
    Ok(id)
}
