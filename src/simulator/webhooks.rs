//! Webhooks: made with the change that they tell, kept until delivered, put into words and signed at delivery.

use chrono::TimeDelta;
use reqwest::{Method, Url};

use super::bank::Bank;
use super::book::{Book, Record, Status};
use super::fault::Fault;
use crate::base::Timestamp;
use crate::provider::client::{describe, read_body};

/// How often a webhook is tried before it is given up.
const TRIES: u32 = 20;

/// A webhook that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hook {
    /// The payout as it was, or as a forged one says.
    pub(super) record: Record,
    /// When it was made.
    pub(super) at: Timestamp,
    /// Whether somebody else sends it.
    pub(super) forged: bool,
    due: Timestamp,
    copies: u32,
    reversed: bool,
    tries: u32,
}

/// What is sent: headers and the body.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
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
    let hook = |record: Record, copies, forged| Hook { record, at: now, forged, due, copies, reversed, tries: 0 };
    let mut hooks = vec![hook(record.clone(), copies, false)];
    if record.has(Fault::HookForged) && record.status == Status::Pending {
        let lie = Record { status: Status::Failed, reason: Some("forged".to_owned()), ..record.clone() };
        hooks.push(hook(lie, 1, true));
    }
    hooks
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

/// Takes what waits, as it would be sent, without sending it.
pub(super) fn take(bank: &Bank) -> Vec<Message> {
    let hooks = std::mem::take(&mut bank.book().hooks);
    hooks.iter().filter_map(|hook| bank.face.message(bank, hook)).collect()
}

async fn post(bank: &Bank, url: &Url, hook: &Hook) -> bool {
    // What the provider does not tell of counts as told.
    let Some(message) = bank.face.message(bank, hook) else { return true };
    let request = match bank.http.request(Method::POST, url.clone()) {
        Ok(request) => request,
        Err(cause) => {
            tracing::warn!(%cause, "the simulator may not call its webhook address");
            return false;
        }
    };
    let request = message.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    match request.header("Content-Type", "application/json").body(message.body).send().await {
        Ok(response) => {
            let status = response.status();
            // Read to the end, so that the receiver never sees a connection broken off.
            let _unused = read_body(response).await;
            status == reqwest::StatusCode::OK
        }
        Err(cause) => {
            tracing::warn!(cause = describe(cause), "a webhook of the simulator was not delivered");
            false
        }
    }
}
