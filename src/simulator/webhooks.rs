//! The bank's webhooks: made with the change that they tell, kept until delivered, signed at delivery.

use chrono::TimeDelta;
use reqwest::{Method, Url};

use super::bank::Bank;
use super::book::{Book, Record, Status};
use super::fault::Fault;
use super::handlers::view;
use crate::base::{Secret, Timestamp};
use crate::provider::client::{describe, read_body};
use crate::provider::sandbox::{SIGNATURE_HEADER, sign};

/// How often a webhook is tried before it is given up.
const TRIES: u32 = 20;

/// A webhook that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hook {
    body: Vec<u8>,
    due: Timestamp,
    copies: u32,
    forged: bool,
    reversed: bool,
    tries: u32,
}

/// The webhooks that tell of a payout's present state.
pub(super) fn hooks_for(record: &Record, now: Timestamp) -> Vec<Hook> {
    if record.has(Fault::HookNone) {
        return Vec::new();
    }
    let copies = match (record.has(Fault::HookFive), record.has(Fault::HookTwice)) {
        (true, _) => 5,
        (false, true) => 2,
        (false, false) => 1,
    };
    let due = if record.has(Fault::HookLate) { now.plus(TimeDelta::hours(23)) } else { now };
    let reversed = record.has(Fault::HookReversed);
    let mut hooks = vec![Hook { body: body(record, now), due, copies, forged: false, reversed, tries: 0 }];
    if record.has(Fault::HookForged) && record.status == Status::Pending {
        let lie = Record { status: Status::Failed, reason: Some("forged".to_owned()), ..record.clone() };
        hooks.push(Hook { body: body(&lie, now), due, copies: 1, forged: true, reversed, tries: 0 });
    }
    hooks
}

fn body(record: &Record, now: Timestamp) -> Vec<u8> {
    let status = record.status;
    let event = serde_json::json!({
        "id": format!("evt_{}_{status}", record.id), "type": format!("payout.{status}"), "created_at": now,
        "payout": view(record),
    });
    event.to_string().into_bytes()
}

fn take_due(book: &mut Book, now: Timestamp) -> Vec<Hook> {
    let (due, waiting): (Vec<Hook>, Vec<Hook>) = book.hooks.drain(..).partition(|hook| hook.due <= now);
    book.hooks = waiting;
    let (mut reversed, mut due): (Vec<Hook>, Vec<Hook>) = due.into_iter().partition(|hook| hook.reversed);
    reversed.reverse();
    due.append(&mut reversed);
    due
}

/// Delivers what is due, one after the other, and gives back how many calls were answered with 200.
pub(super) async fn deliver(bank: &Bank) -> u32 {
    let _one_at_a_time = bank.delivering.lock().await;
    let now = bank.now();
    let due = take_due(&mut bank.book(), now);
    let mut delivered = 0;
    let Some(url) = &bank.webhook_url else { return 0 };
    for mut hook in due {
        let mut answered = true;
        for _copy in 0..hook.copies {
            let ok = post(bank, url, &hook).await;
            answered = answered && ok;
            delivered += u32::from(ok);
        }
        hook.tries += 1;
        if !answered && !hook.forged && hook.tries < TRIES {
            hook.due = now.plus(TimeDelta::minutes(1));
            bank.book().hooks.push(hook);
        }
    }
    delivered
}

async fn post(bank: &Bank, url: &Url, hook: &Hook) -> bool {
    // Signed with the real clock: the virtual one moves the bank's business, not its honesty.
    let at = bank.config.clock.now().seconds();
    let secret = if hook.forged { &Secret::new("not the secret") } else { &bank.config.webhook_secret };
    let request = match bank.http.request(Method::POST, url.clone()) {
        Ok(request) => request.header(SIGNATURE_HEADER, sign(secret, at, &hook.body)),
        Err(cause) => {
            tracing::warn!(%cause, "the sandbox bank may not call its webhook address");
            return false;
        }
    };
    match request.header("Content-Type", "application/json").body(hook.body.clone()).send().await {
        Ok(response) => {
            let status = response.status();
            // Read to the end, so that the receiver never sees a connection broken off.
            let _unused = read_body(response).await;
            status == reqwest::StatusCode::OK
        }
        Err(cause) => {
            tracing::warn!(cause = describe(cause), "a webhook of the sandbox bank was not delivered");
            false
        }
    }
}
