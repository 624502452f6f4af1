//! Sends what waits: many endpoints at a time, each by one sender alone, and its messages in the order of their ids.
//!
//! What came of them is written once for a handful of messages. A sender that dies in between leaves them waiting, so they are
//! sent again: at least once, with the same id.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;

use crate::base::{Secret, Timestamp};
use crate::db::hooks::{
    HookMessageRow, HookRow, hook_context, hook_find, hook_lease, hook_list_due, hook_message_find,
    hook_message_list_due, hook_message_update, hook_update,
};
use crate::db::{Conn, Lane};
use crate::domain::hook::{After, HookState, MessageState, Tried, after, message_id, signature};
use crate::provider::delivery::Signed;
use crate::service::{App, Outcome, ServiceError};

/// How many endpoints are sent to at the same time: more than there are busy ones, so that none is left out.
const TOGETHER: i64 = 64;
/// How many messages one endpoint is sent in one turn,
const AT_ONCE: i64 = 50;
/// and how long a turn goes on.
const TURN: Duration = Duration::from_secs(60);
/// How long an endpoint is left to its sender: longer than a turn and one more message take.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Sends what is due; gives how many messages were tried.
///
/// # Errors
/// The database's failures. What an endpoint does is noted with its messages.
pub async fn send_hooks(app: &App) -> Outcome<usize> {
    let now = app.clock.now();
    let claimed = app.db.write(Lane::House, move |conn| {
        let due = hook_list_due(conn, now, TOGETHER)?;
        for hook in &due {
            hook_lease(conn, hook.id, Some(now.plus(LEASE)))?;
        }
        Ok::<_, ServiceError>(due)
    });
    let turns = claimed.await?.into_iter().map(|hook| turn(app, hook));
    let mut tried = 0;
    for outcome in join_all(turns).await {
        tried += outcome?;
    }
    Ok(tried)
}

/// What came of one message.
struct Done {
    message: HookMessageRow,
    tried: Tried,
    at: Timestamp,
}

async fn turn(app: &App, hook: HookRow) -> Outcome<usize> {
    let (id, now, began) = (hook.id, app.clock.now(), Instant::now());
    let due = app.db.read(move |conn| hook_message_list_due(conn, id, now, AT_ONCE)).await?;
    let secrets = secrets(app, &hook, now);
    let mut done: Vec<Done> = Vec::new();
    for message in due {
        let at = app.clock.now();
        let tried = match &secrets {
            Ok(secrets) => send(app, &hook, secrets, &message, at).await,
            Err(problem) => Tried::NoAnswer(problem.clone()),
        };
        let stop = !matches!(tried, Tried::Answered { status, .. } if status < 500 && status != 429 && status != 410);
        done.push(Done { message, tried, at });
        if stop || began.elapsed() > TURN {
            break;
        }
    }
    let count = done.len();
    let told = app.db.write(Lane::House, move |conn| write(conn, &hook, &done)).await?;
    if let Some(reason) = told {
        tracing::error!(hook = %id, reason, "an endpoint of webhooks was switched off");
        metrics::counter!("kopilka_hooks_switched_off_total").increment(1);
    }
    metrics::counter!("kopilka_hook_messages_tried_total").increment(u64::try_from(count).unwrap_or(0));
    Ok(count)
}

/// The secrets that sign now, the newest first.
fn secrets(app: &App, hook: &HookRow, now: Timestamp) -> Result<Vec<Secret>, String> {
    let old = hook.old_sealed.as_ref().filter(|_| hook.old_until.is_some_and(|until| until > now));
    let open = |sealed: &String| app.master.open(&hook_context(hook.id), sealed).map_err(|cause| cause.to_string());
    [Some(&hook.sealed), old].into_iter().flatten().map(open).collect()
}

async fn send(app: &App, hook: &HookRow, secrets: &[Secret], message: &HookMessageRow, at: Timestamp) -> Tried {
    let id = message_id(&message.id.reference());
    let signed = signature(secrets, &id, at.seconds(), &message.body).map_err(|cause| cause.to_string());
    let made = signed.and_then(|signature| {
        let url = hook.url.parse().map_err(|_cause| "the address cannot be read".to_owned())?;
        Ok(Signed { url, id, seconds: at.seconds(), signature, body: message.body.clone() })
    });
    match made {
        Ok(signed) => app.hooks.send(&signed).await,
        Err(problem) => Tried::NoAnswer(problem),
    }
}

/// Writes what came of a turn, upon the endpoint as it is now; gives why it was switched off, if it was.
fn write(conn: &mut Conn, sent_to: &HookRow, done: &[Done]) -> Outcome<Option<&'static str>> {
    let Some(mut hook) = hook_find(conn, sent_to.id)? else { return Ok(None) };
    let mut off = None;
    for one in done {
        // Removed, or sent again by hand meanwhile: that stands.
        let Some(message) = hook_message_find(conn, one.message.id)?.filter(|row| *row == one.message) else {
            continue;
        };
        let taken = matches!(one.tried, Tried::Answered { status: 200..300, .. });
        hook.failures = if taken { 0 } else { hook.failures.saturating_add(1) };
        let first_at = message.first_at.unwrap_or(one.at);
        let reached = hook.delivered_at.is_some_and(|at| at >= first_at);
        let attempts = message.attempts.saturating_add(1);
        let next = after(&one.tried, attempts, hook.failures, reached, one.at);
        if taken {
            hook.delivered_at = Some(one.at);
        }
        hook.paused_until = next.pause_until;
        off = off.or(next.off);
        hook_message_update(conn, &tried(message, one, attempts, first_at, &next))?;
    }
    hook.leased_until = None;
    if let Some(reason) = off.filter(|_| hook.state == HookState::On) {
        (hook.state, hook.reason) = (HookState::Failed, Some(reason.to_owned()));
        hook.since = done.last().map_or(hook.since, |one| one.at);
    }
    hook_update(conn, &hook)?;
    Ok(off)
}

fn tried(message: HookMessageRow, one: &Done, attempts: i64, first_at: Timestamp, next: &After) -> HookMessageRow {
    let (status, said) = match &one.tried {
        Tried::Answered { status, .. } if next.message == MessageState::Delivered => (Some(*status), None),
        Tried::Answered { status, .. } => (Some(*status), Some(format!("answered {status}"))),
        Tried::NoAnswer(why) => (None, Some(why.chars().take(500).collect())),
    };
    HookMessageRow {
        state: next.message,
        attempts,
        first_at: Some(first_at),
        tried_at: Some(one.at),
        next_at: next.next_at,
        status: status.map(i64::from),
        said,
        ..message
    }
}
