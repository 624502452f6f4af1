//! The one function that moves a payout. Pure; every pair of state and event is written out.
//!
//! What it holds to: the reserve is resolved once; a payout that may exist at the provider is neither
//! released nor sent under another key; paid is not undone by a late failure, only by a return.

use super::PayoutState::{
    Approved, Cancelled, Failed, Paid, Requested, Returned, Review, Submitted, Submitting, Unknown,
};
use super::{LedgerMove, Next, Payout, PayoutEvent, PayoutState, PersonWhy, Refusal, Step};
use crate::base::Timestamp;

/// What `event` does to `current` at the time `now`.
///
/// # Errors
/// [`Refusal`] for a command that the state does not allow. News from the provider is never refused: what
/// contradicts is answered with [`Next::Person`] and changes nothing.
pub fn transition(current: &Payout, event: &PayoutEvent, now: Timestamp) -> Result<Step, Refusal> {
    match event {
        PayoutEvent::Screened { needs_review } => screened(current, *needs_review),
        PayoutEvent::Approve => approve(current),
        PayoutEvent::Decline { reason } => decline(current, reason),
        PayoutEvent::Cancel => cancel(current),
        PayoutEvent::Send { key_until } => send(current, *key_until, now),
        PayoutEvent::Accepted { provider_ref } => Ok(accepted(current, provider_ref)),
        PayoutEvent::Unheard { provider_ref } => Ok(unheard(current, provider_ref)),
        PayoutEvent::Paid { provider_ref } => Ok(paid(current, provider_ref)),
        PayoutEvent::Failed { provider_ref, code } => Ok(failed(current, provider_ref.as_deref(), code)),
        PayoutEvent::Returned { provider_ref, code } => returned(current, provider_ref, code),
        PayoutEvent::Rejected { send, code } => Ok(rejected(current, *send, code)),
        PayoutEvent::TryAgain => Ok(try_again(current, now)),
        PayoutEvent::Blocked { code } => Ok(blocked(current, code)),
        PayoutEvent::Unknown => Ok(unknown(current, now)),
        PayoutEvent::NotFound => Ok(not_found(current, now)),
        PayoutEvent::Hold => Ok(hold(current)),
        PayoutEvent::GivenUp => Ok(given_up(current)),
    }
}

fn screened(current: &Payout, needs_review: bool) -> Result<Step, Refusal> {
    match current.state {
        Requested if needs_review => Ok(go(current, Review, LedgerMove::None, Next::Person(PersonWhy::Review))),
        Requested => Ok(go(current, Approved, LedgerMove::None, Next::Submit)),
        Review => Ok(stay(current, Next::Person(PersonWhy::Review))),
        Approved => Ok(stay(current, Next::Submit)),
        Submitting | Submitted | Unknown | Paid | Failed | Cancelled | Returned => {
            Err(Refusal::NotNow(current.state, "screened"))
        }
    }
}

fn approve(current: &Payout) -> Result<Step, Refusal> {
    match current.state {
        Review => Ok(go(current, Approved, LedgerMove::None, Next::Submit)),
        Approved => Ok(stay(current, Next::Submit)),
        Requested | Submitting | Submitted | Unknown | Paid | Failed | Cancelled | Returned => {
            Err(Refusal::NotNow(current.state, "approved"))
        }
    }
}

fn decline(current: &Payout, reason: &str) -> Result<Step, Refusal> {
    match current.state {
        Requested | Review | Approved => Ok(because(go(current, Failed, LedgerMove::Release, Next::Nothing), reason)),
        Submitting | Submitted | Unknown | Paid | Failed | Cancelled | Returned => {
            Err(Refusal::NotNow(current.state, "declined"))
        }
    }
}

fn cancel(current: &Payout) -> Result<Step, Refusal> {
    match current.state {
        Requested | Review | Approved => {
            Ok(because(go(current, Cancelled, LedgerMove::Release, Next::Nothing), "cancelled_by_shopper"))
        }
        Cancelled => Ok(stay(current, Next::Nothing)),
        Submitting | Submitted | Unknown | Paid | Failed | Returned => Err(Refusal::NotNow(current.state, "cancelled")),
    }
}

fn send(current: &Payout, key_until: Timestamp, now: Timestamp) -> Result<Step, Refusal> {
    match current.state {
        Approved | Submitting => {
            let mut step = go(current, Submitting, LedgerMove::None, Next::Nothing);
            if !window_open(current, now) {
                return Err(Refusal::KeyWindowClosed);
            }
            step.after.sends = current.sends.saturating_add(1);
            step.after.key_until = Some(current.key_until.unwrap_or(key_until));
            Ok(step)
        }
        Requested | Review | Submitted | Unknown | Paid | Failed | Cancelled | Returned => {
            Err(Refusal::NotNow(current.state, "sent"))
        }
    }
}

fn accepted(current: &Payout, provider_ref: &str) -> Step {
    match current.state {
        Requested | Review | Approved => stay(current, Next::Person(PersonWhy::NeverSent)),
        Submitting | Unknown => named(go(current, Submitted, LedgerMove::None, Next::Poll), current, provider_ref),
        Submitted => same_or_person(current, provider_ref, Next::Poll),
        Paid | Returned => same_or_person(current, provider_ref, Next::Nothing),
        Failed => after_release(current, provider_ref),
        Cancelled => stay(current, Next::Person(PersonWhy::PaidAfterRelease)),
    }
}

/// What nobody here can read counts as under way, and is asked for on; a person is told.
fn unheard(current: &Payout, provider_ref: &str) -> Step {
    let mut step = accepted(current, provider_ref);
    if step.next == Next::Poll {
        step.next = Next::Person(PersonWhy::UnheardState);
    }
    step
}

fn paid(current: &Payout, provider_ref: &str) -> Step {
    match current.state {
        Requested | Review | Approved => stay(current, Next::Person(PersonWhy::NeverSent)),
        Submitting | Unknown | Submitted => {
            let step = go(current, Paid, LedgerMove::Pay { fee: current.fee }, Next::Nothing);
            named(step, current, provider_ref)
        }
        Paid | Returned => same_or_person(current, provider_ref, Next::Nothing),
        Failed | Cancelled => stay(current, Next::Person(PersonWhy::PaidAfterRelease)),
    }
}

fn failed(current: &Payout, provider_ref: Option<&str>, code: &str) -> Step {
    match current.state {
        Requested | Review | Approved => stay(current, Next::Person(PersonWhy::NeverSent)),
        Submitting | Unknown | Submitted => {
            let step = because(go(current, Failed, LedgerMove::Release, Next::Nothing), code);
            match provider_ref {
                Some(reference) => named(step, current, reference),
                None => step,
            }
        }
        Paid => stay(current, Next::Person(PersonWhy::FailedAfterPaid)),
        Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

fn returned(current: &Payout, provider_ref: &str, code: &str) -> Result<Step, Refusal> {
    let amount = current.net()?;
    Ok(match current.state {
        Requested | Review | Approved => stay(current, Next::Person(PersonWhy::NeverSent)),
        Submitting | Unknown | Submitted => {
            let both = LedgerMove::PayThenReturn { fee: current.fee, amount };
            named(because(go(current, Returned, both, Next::Nothing), code), current, provider_ref)
        }
        Paid => {
            let step = because(go(current, Returned, LedgerMove::Return { amount }, Next::Nothing), code);
            named(step, current, provider_ref)
        }
        Returned => same_or_person(current, provider_ref, Next::Nothing),
        Failed | Cancelled => stay(current, Next::Person(PersonWhy::PaidAfterRelease)),
    })
}

/// A reject counts only as the answer to the last send: an earlier one's says nothing about the later. It gives the
/// reserve back only when no earlier send can still land; else the provider is asked on, and after the key's window a
/// person decides.
fn rejected(current: &Payout, send: u32, code: &str) -> Step {
    match current.state {
        Submitting | Unknown if send == current.sends && (current.sends == 1 || !current.uncertain) => {
            because(go(current, Failed, LedgerMove::Release, Next::Nothing), code)
        }
        Submitting if send == current.sends => because(go(current, Unknown, LedgerMove::None, Next::Poll), code),
        Submitting | Unknown | Submitted => stay(current, Next::Poll),
        Requested | Review | Approved => stay(current, Next::Person(PersonWhy::NeverSent)),
        Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

fn try_again(current: &Payout, now: Timestamp) -> Step {
    match current.state {
        Submitting if !current.uncertain => new_window(stay(current, Next::Submit)),
        Submitting if window_open(current, now) => stay(current, Next::Submit),
        Submitting => go(current, Unknown, LedgerMove::None, Next::Person(PersonWhy::KeyWindowClosed)),
        Unknown | Submitted => stay(current, Next::Poll),
        Requested | Review | Approved | Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

fn blocked(current: &Payout, code: &str) -> Step {
    match current.state {
        Submitting => new_window(because(stay(current, Next::Person(PersonWhy::OurSide)), code)),
        Unknown | Submitted => stay(current, Next::Poll),
        Requested | Review | Approved | Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

/// As long as the key is remembered, asking on is enough; after that nothing but a person brings it to an end.
fn unknown(current: &Payout, now: Timestamp) -> Step {
    match current.state {
        Submitting => {
            let mut step = go(current, Unknown, LedgerMove::None, Next::Poll);
            step.after.uncertain = true;
            step
        }
        Unknown if !window_open(current, now) => stay(current, Next::Person(PersonWhy::KeyWindowClosed)),
        Unknown | Submitted => stay(current, Next::Poll),
        Requested | Review | Approved | Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

/// "Not found" is no proof that nothing will come: a slow request may still arrive. Sending again is safe only
/// because the key is the same and the provider still remembers keys of that age.
fn not_found(current: &Payout, now: Timestamp) -> Step {
    match current.state {
        Unknown if window_open(current, now) => go(current, Submitting, LedgerMove::None, Next::Submit),
        Unknown => stay(current, Next::Person(PersonWhy::KeyWindowClosed)),
        Submitting | Submitted => stay(current, Next::Poll),
        Requested | Review | Approved | Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

/// Nothing is sent to a blocked shopper. What an earlier send may have done is still asked for.
fn hold(current: &Payout) -> Step {
    let person = Next::Person(PersonWhy::ShopperBlocked);
    match current.state {
        Approved => go(current, Review, LedgerMove::None, person),
        Submitting if current.uncertain => go(current, Unknown, LedgerMove::None, person),
        Requested | Review | Submitting => stay(current, person),
        Submitted | Unknown => stay(current, Next::Poll),
        Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

fn given_up(current: &Payout) -> Step {
    match current.state {
        Requested | Review | Approved | Submitting | Submitted | Unknown => {
            stay(current, Next::Person(PersonWhy::JobGivenUp))
        }
        Paid | Failed | Cancelled | Returned => stay(current, Next::Nothing),
    }
}

fn window_open(current: &Payout, now: Timestamp) -> bool {
    current.key_until.is_none_or(|until| now < until)
}

fn go(current: &Payout, state: PayoutState, ledger: LedgerMove, next: Next) -> Step {
    Step { after: Payout { state, ..current.clone() }, ledger, next, noop: false }
}

fn stay(current: &Payout, next: Next) -> Step {
    Step { after: current.clone(), ledger: LedgerMove::None, next, noop: true }
}

fn because(mut step: Step, reason: &str) -> Step {
    step.noop = step.noop && step.after.reason.as_deref() == Some(reason);
    step.after.reason = Some(reason.to_owned());
    step
}

/// When every send is known to have created nothing, the key protects nothing yet: its window begins with the next.
fn new_window(mut step: Step) -> Step {
    if !step.after.uncertain && step.after.key_until.is_some() {
        step.after.key_until = None;
        step.noop = false;
    }
    step
}

/// Notes the provider's reference; a second one for the same payout stops everything.
fn named(mut step: Step, current: &Payout, provider_ref: &str) -> Step {
    match &current.provider_ref {
        Some(known) if known != provider_ref => stay(current, Next::Person(PersonWhy::TwoReferences)),
        Some(_) | None => {
            step.after.provider_ref = Some(provider_ref.to_owned());
            step
        }
    }
}

fn same_or_person(current: &Payout, provider_ref: &str, next: Next) -> Step {
    named(stay(current, next), current, provider_ref)
}

/// "Accepted" after "failed" is late news of the same payout, unless we released without the provider having
/// ever named one.
fn after_release(current: &Payout, provider_ref: &str) -> Step {
    match &current.provider_ref {
        Some(known) if known == provider_ref => stay(current, Next::Nothing),
        Some(_) | None => stay(current, Next::Person(PersonWhy::PaidAfterRelease)),
    }
}
