//! Endpoints: partners have their own, operators theirs. Each is made, changed, tried out and removed by its owner, and what it was told
//! can be read and sent again.

use serde_json::json;
use url::Url;

use super::body::message;
use crate::base::id::{HookId, HookMessageId, PartnerId};
use crate::base::secret::random_bytes;
use crate::base::{Secret, Timestamp};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::hooks::{
    HookMessageRow, HookRow, hook_context, hook_delete, hook_find, hook_insert, hook_list_of, hook_message_find,
    hook_message_insert_all, hook_message_list, hook_message_update, hook_update,
};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::hook::{EventKind, HookState, KEY_BYTES, MessageState, secret_of};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// How many endpoints one owner may have.
const MOST: i64 = 20;
/// The longest time that an old secret signs on, in hours.
const LONGEST_HOURS: u32 = 720;

/// An endpoint that is wanted, or what is to be changed of one.
#[derive(Debug, Clone, Default)]
pub struct NewHook {
    /// What people call it, 1 to 100 characters.
    pub name: Option<String>,
    /// Where to: https, and no address inside our own network unless the configuration allows that.
    pub url: Option<String>,
    /// What it is told, at least one.
    pub events: Option<Vec<EventKind>>,
    /// Whether it is sent to.
    pub on: Option<bool>,
}

/// An endpoint whose secret is told this once.
#[derive(Debug, Clone)]
pub struct Made {
    /// The endpoint.
    pub row: HookRow,
    /// Its secret.
    pub secret: Secret,
    /// Until when the one before signs too.
    pub old_until: Option<Timestamp>,
}

/// Whose endpoints somebody may look at, or with `change` change: a partner's own, the operators' own.
///
/// # Errors
/// [`ServiceError::Forbidden`] to shoppers, and to operators without the permission.
pub fn owner_of(actor: &Actor, change: bool) -> Outcome<Option<PartnerId>> {
    if let Some(partner) = actor.partner() {
        return Ok(Some(partner));
    }
    require(actor, if change { Permission::Catalogue } else { Permission::Look })?;
    Ok(None)
}

fn checked_name(name: &str) -> Outcome<String> {
    let name = name.trim();
    if (1..=100).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    Err(ServiceError::invalid("name", "must have 1 to 100 characters"))
}

fn checked_url(app: &App, text: &str) -> Outcome<String> {
    let wrong = |problem: &str| ServiceError::invalid("url", problem);
    let url: Url = text.trim().parse().map_err(|_cause| wrong("must be an address that begins with https://"))?;
    if url.as_str().len() > 1000 || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must have at most 1000 characters, and no name or password in it"));
    }
    app.hooks.check(&url).map_err(|problem| wrong(&problem))?;
    Ok(url.into())
}

fn checked_events(owner: Option<PartnerId>, events: &[EventKind]) -> Outcome<String> {
    let mut events: Vec<EventKind> = events.to_vec();
    events.sort_unstable();
    events.dedup();
    let fits = |kind: &EventKind| kind.can_be_chosen() && (owner.is_none() || kind.for_partners());
    if events.is_empty() || !events.iter().all(fits) {
        return Err(ServiceError::invalid("events", "choose at least one, of those that are told to you"));
    }
    serde_json::to_string(&events).map_err(ServiceError::internal)
}

fn fresh_secret(app: &App, id: HookId) -> Outcome<(Secret, String)> {
    let secret = secret_of(&random_bytes(KEY_BYTES).map_err(ServiceError::internal)?);
    let sealed = app.master.seal(&hook_context(id), secret.expose()).map_err(ServiceError::internal)?;
    Ok((secret, sealed))
}

fn audit(app: &App, actor: &Actor, action: &'static str, id: HookId, detail: &serde_json::Value) -> AuditRow {
    AuditRow::new(app.clock.now(), actor, action, format!("hook/{id}"), detail)
}

/// Makes an endpoint. It is told what happens from now on.
///
/// # Errors
/// [`ServiceError::Forbidden`]; [`ServiceError::Invalid`] names the field; `too_many_hooks`.
pub async fn hook_add(app: &App, actor: &Actor, wanted: NewHook) -> Outcome<Made> {
    let (owner, now, id) = (owner_of(actor, true)?, app.clock.now(), HookId::new());
    let (secret, sealed) = fresh_secret(app, id)?;
    let row = HookRow {
        id,
        partner_id: owner,
        name: checked_name(wanted.name.as_deref().unwrap_or_default())?,
        url: checked_url(app, wanted.url.as_deref().unwrap_or_default())?,
        events: checked_events(owner, wanted.events.as_deref().unwrap_or_default())?,
        sealed,
        old_sealed: None,
        old_until: None,
        state: HookState::On,
        reason: None,
        since: now,
        failures: 0,
        delivered_at: None,
        paused_until: None,
        leased_until: None,
        made_by: actor.to_string(),
        created_at: now,
    };
    let audit = audit(app, actor, "hook.add", id, &json!({ "name": row.name, "url": row.url, "events": row.events }));
    let new = row.clone();
    app.db
        .write(Lane::House, move |conn| {
            if hook_list_of(conn, owner, MOST)?.len() >= usize::try_from(MOST).unwrap_or(usize::MAX) {
                return Err(ServiceError::conflict("too_many_hooks", format!("{MOST} endpoints are the most")));
            }
            hook_insert(conn, &new)?;
            Ok(audit_insert_in_tx(conn, &audit)?)
        })
        .await?;
    Ok(Made { row, secret, old_until: None })
}

/// The endpoints of whoever asks, oldest first.
///
/// # Errors
/// [`ServiceError::Forbidden`]; the database's failures.
pub async fn hook_list(app: &App, actor: &Actor) -> Outcome<Vec<HookRow>> {
    let owner = owner_of(actor, false)?;
    Ok(app.db.read(move |conn| hook_list_of(conn, owner, MOST)).await?)
}

fn own(conn: &mut Conn, owner: Option<PartnerId>, id: HookId) -> Outcome<HookRow> {
    let found = hook_find(conn, id)?.filter(|row| row.partner_id == owner);
    found.ok_or(ServiceError::NotFound("endpoint"))
}

/// An endpoint of whoever asks.
///
/// # Errors
/// [`ServiceError::NotFound`] also for somebody else's; [`ServiceError::Forbidden`].
pub async fn hook_get(app: &App, actor: &Actor, id: HookId) -> Outcome<HookRow> {
    let owner = owner_of(actor, false)?;
    app.db.read(move |conn| own(conn, owner, id)).await
}

/// Changes what is given. Switched on again, it is sent all that waited.
///
/// # Errors
/// As [`hook_add`]; [`ServiceError::NotFound`] also for somebody else's.
pub async fn hook_change(app: &App, actor: &Actor, id: HookId, wanted: NewHook) -> Outcome<HookRow> {
    let (owner, now) = (owner_of(actor, true)?, app.clock.now());
    let name = wanted.name.as_deref().map(checked_name).transpose()?;
    let url = wanted.url.as_deref().map(|url| checked_url(app, url)).transpose()?;
    let events = wanted.events.as_deref().map(|events| checked_events(owner, events)).transpose()?;
    let detail = json!({ "name": name, "url": url, "events": events, "on": wanted.on });
    let audit = audit(app, actor, "hook.change", id, &detail);
    app.db
        .write(Lane::House, move |conn| {
            let mut row = own(conn, owner, id)?;
            row.name = name.clone().unwrap_or(row.name);
            row.url = url.clone().unwrap_or(row.url);
            row.events = events.clone().unwrap_or(row.events);
            let state = match wanted.on {
                Some(true) => HookState::On,
                Some(false) => HookState::Off,
                None => row.state,
            };
            if state != row.state {
                (row.state, row.since, row.reason) = (state, now, None);
            }
            if wanted.on == Some(true) {
                (row.failures, row.paused_until) = (0, None);
            }
            hook_update(conn, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row)
        })
        .await
}

/// Removes an endpoint with all that waits for it.
///
/// # Errors
/// [`ServiceError::NotFound`] also for somebody else's; [`ServiceError::Forbidden`].
pub async fn hook_remove(app: &App, actor: &Actor, id: HookId) -> Outcome<()> {
    let owner = owner_of(actor, true)?;
    let actor = actor.clone();
    let at = app.clock.now();
    app.db
        .write(Lane::House, move |conn| {
            let row = own(conn, owner, id)?;
            hook_delete(conn, id)?;
            let detail = json!({ "name": row.name, "url": row.url });
            Ok(audit_insert_in_tx(conn, &AuditRow::new(at, &actor, "hook.remove", format!("hook/{id}"), &detail))?)
        })
        .await
}

/// Gives an endpoint a new secret; the one before signs too for `keep_hours` more, 0 to 720.
///
/// # Errors
/// [`ServiceError::NotFound`] also for somebody else's; [`ServiceError::Forbidden`]; [`ServiceError::Invalid`] for `keep_hours`.
pub async fn hook_rotate(app: &App, actor: &Actor, id: HookId, keep_hours: u32) -> Outcome<Made> {
    let owner = owner_of(actor, true)?;
    if keep_hours > LONGEST_HOURS {
        return Err(ServiceError::invalid("keep_hours", format!("must be from 0 to {LONGEST_HOURS}")));
    }
    let (secret, sealed) = fresh_secret(app, id)?;
    let old_until = app.clock.now().plus_seconds(i64::from(keep_hours) * 3600);
    let audit = audit(app, actor, "hook.rotate_secret", id, &json!({ "old_until": old_until }));
    let row = app.db.write(Lane::House, move |conn| {
        let mut row = own(conn, owner, id)?;
        row.old_sealed = Some(std::mem::replace(&mut row.sealed, sealed.clone()));
        row.old_until = Some(old_until);
        hook_update(conn, &row)?;
        audit_insert_in_tx(conn, &audit)?;
        Ok::<_, ServiceError>(row)
    });
    Ok(Made { row: row.await?, secret, old_until: Some(old_until) })
}

/// Sends an endpoint a message that says nothing, so that its owner sees whether it arrives.
///
/// # Errors
/// [`ServiceError::NotFound`] also for somebody else's; [`ServiceError::Forbidden`].
pub async fn hook_test(app: &App, actor: &Actor, id: HookId) -> Outcome<HookMessageRow> {
    let (owner, now, kind) = (owner_of(actor, true)?, app.clock.now(), EventKind::HookTest);
    let body = json!({ "type": kind, "timestamp": now, "data": { "endpoint": id } }).to_string();
    let row = message(id, kind, String::new(), body, now);
    let row = HookMessageRow { event: format!("test/{}", row.id), ..row };
    let made = row.clone();
    app.db
        .write(Lane::House, move |conn| {
            own(conn, owner, id)?;
            Ok::<_, ServiceError>(hook_message_insert_all(conn, std::slice::from_ref(&row))?)
        })
        .await?;
    Ok(made)
}

/// What an endpoint was told, newest first: at most `limit` older than `before`.
///
/// # Errors
/// [`ServiceError::NotFound`] also for somebody else's; [`ServiceError::Forbidden`].
pub async fn hook_messages(
    app: &App,
    actor: &Actor,
    id: HookId,
    before: Option<HookMessageId>,
    limit: i64,
) -> Outcome<Vec<HookMessageRow>> {
    let owner = owner_of(actor, false)?;
    app.db
        .read(move |conn| {
            own(conn, owner, id)?;
            Ok(hook_message_list(conn, id, before, limit)?)
        })
        .await
}

/// Has a message sent again at once, the same id and the same bytes, with all its tries before it.
///
/// # Errors
/// [`ServiceError::NotFound`] also for somebody else's; [`ServiceError::Forbidden`].
pub async fn hook_resend(app: &App, actor: &Actor, id: HookId, message: HookMessageId) -> Outcome<()> {
    let (owner, now) = (owner_of(actor, true)?, app.clock.now());
    let audit = audit(app, actor, "hook.resend", id, &json!({ "message": message }));
    app.db
        .write(Lane::House, move |conn| {
            own(conn, owner, id)?;
            let found = hook_message_find(conn, message)?.filter(|row| row.hook_id == id);
            let row = found.ok_or(ServiceError::NotFound("message"))?;
            let again =
                HookMessageRow { state: MessageState::Waiting, attempts: 0, first_at: None, next_at: now, ..row };
            hook_message_update(conn, &again)?;
            Ok(audit_insert_in_tx(conn, &audit)?)
        })
        .await
}
