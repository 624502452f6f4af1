//! Three records of one payment held against each other: what the provider says (its list, or a statement), what we know of the
//! payout, and what the ledger booked for it. Pure: all of it is given, and the differences are the answer.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::money::Amount;
use super::payout::PayoutState;
use crate::base::Timestamp;
use crate::base::id::PayoutId;
use crate::text_enum;

text_enum! {
    /// What kind of difference it is.
    pub enum Class {
        /// We sent it, and they do not know it.
        OursOnly = "ours_only",
        /// They moved money that nothing of ours explains.
        TheirsOnly = "theirs_only",
        /// Another amount.
        Amount = "amount",
        /// Another currency.
        Currency = "currency",
        /// They say that it ended otherwise than we think.
        Status = "status",
        /// They moved it more than once.
        Duplicate = "duplicate",
        /// They took another fee than was agreed.
        Fee = "fee",
        /// It came back, and we have it as paid.
        LateReturn = "late_return",
        /// The ledger booked something else than the payout asks for.
        Ledger = "ledger",
    }
}

text_enum! {
    /// How they see a payment.
    pub enum TheirState {
        /// Being worked on.
        Pending = "pending",
        /// The money was moved.
        Paid = "paid",
        /// It will not be moved.
        Failed = "failed",
        /// It was moved and came back.
        Returned = "returned",
    }
}

/// A line of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    /// Their reference.
    pub reference: String,
    /// Our key, where they give it back.
    pub key: Option<String>,
    /// What was moved, without their fee.
    pub amount: Amount,
    /// Their fee, in minor units of the same currency, where they say it.
    pub fee: Option<i64>,
    /// How it ended.
    pub state: TheirState,
    /// When.
    pub at: Timestamp,
}

/// A payout of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// The payout.
    pub payout: PayoutId,
    /// Its key at the provider.
    pub key: String,
    /// The provider's reference, once it was known.
    pub reference: Option<String>,
    /// What the receiver gets.
    pub net: Amount,
    /// Where it stands.
    pub state: PayoutState,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// What the ledger booked on `bank/{provider}` for it: what went out less what came back, in minor units.
    pub booked: i64,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// From when
    pub from: Timestamp,
    /// until when theirs is complete: a payout of ours that lies inside must be there.
    pub until: Timestamp,
    /// They list only what was moved.
    pub moved_only: bool,
    /// The fee that is agreed for each payment, in minor units.
    pub fee: i64,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind.
    pub class: Class,
    /// The payout.
    pub payout: Option<PayoutId>,
    /// Their reference.
    pub reference: Option<String>,
    /// What we say.
    pub ours: Option<Amount>,
    /// What they say.
    pub theirs: Option<Amount>,
    /// Both sides in stable words.
    pub said: String,
    /// When it happened, by their time where they have one.
    pub at: Timestamp,
}

impl Finding {
    /// Names the difference: found again, it is the same.
    #[must_use]
    pub fn key(&self) -> String {
        let about = self.payout.map_or_else(|| self.reference.clone().unwrap_or_default(), |id| id.to_string());
        format!("{}/{about}", self.class)
    }
}

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// Payouts that all three agree on.
    pub agreed: usize,
    /// The differences, those about unknown money first.
    pub findings: Vec<Finding>,
    /// The payouts that lines of theirs are about.
    pub seen: HashSet<PayoutId>,
}

/// How long a state may travel between them and us before it is a difference: 1 hour.
const GRACE_SECONDS: i64 = 3600;

/// Compares. `ours` holds every payout that a line of theirs may be about, and every payout of the scope.
#[must_use]
pub fn compare(theirs: &[Theirs], ours: &[Ours], scope: &Scope, now: Timestamp) -> Matched {
    let (lines, strangers) = group(theirs, ours);
    let mut out = Matched { seen: lines.keys().copied().collect(), ..Matched::default() };
    out.findings.extend(strangers.into_iter().filter_map(unexplained));
    out.findings.sort_by_key(|found| found.at);
    for one in ours {
        let before = out.findings.len();
        match lines.get(&one.payout) {
            Some(lines) => hold_against(one, lines, scope, now, &mut out.findings),
            None if is_missing(one, scope, now) => {
                let said = format!("ours {}, theirs nothing", one.state);
                out.findings.push(about(Class::OursOnly, one, None, said));
            }
            None => {}
        }
        ledger(one, &mut out.findings);
        out.agreed += usize::from(out.findings.len() == before && lines.contains_key(&one.payout));
    }
    out
}

/// Which lines are about which payout, by their reference, else by our key, else by an amount that only one payout without a
/// reference has; and the lines that are about none.
fn group<'t>(theirs: &'t [Theirs], ours: &[Ours]) -> (HashMap<PayoutId, Vec<&'t Theirs>>, Vec<&'t Theirs>) {
    let by_reference: HashMap<&str, PayoutId> =
        ours.iter().filter_map(|one| Some((one.reference.as_deref()?, one.payout))).collect();
    let by_key: HashMap<&str, PayoutId> = ours.iter().map(|one| (one.key.as_str(), one.payout)).collect();
    let mut lines: HashMap<PayoutId, Vec<&Theirs>> = HashMap::new();
    let mut rest = Vec::new();
    for line in theirs {
        let known = by_reference.get(line.reference.as_str()).or_else(|| by_key.get(line.key.as_deref()?));
        match known {
            Some(payout) => lines.entry(*payout).or_default().push(line),
            None => rest.push(line),
        }
    }
    let mut by_amount: BTreeMap<(i64, &str), Vec<&Ours>> = BTreeMap::new();
    for one in ours.iter().filter(|one| one.reference.is_none() && !lines.contains_key(&one.payout)) {
        by_amount.entry((one.net.minor(), one.net.currency().code())).or_default().push(one);
    }
    let mut strangers = Vec::new();
    for line in rest {
        let fitting = by_amount.get(&(line.amount.minor(), line.amount.currency().code()));
        let near = |one: &&&Ours| {
            one.state.holds_reserve() && line.at.since(one.requested_at).num_days().abs() <= 2 && line.key.is_none()
        };
        match fitting.map(|all| all.iter().filter(near).collect::<Vec<_>>()).as_deref() {
            Some([one]) => lines.entry(one.payout).or_default().push(line),
            Some(_) | None => strangers.push(line),
        }
    }
    (lines, strangers)
}

/// What a line comes to that nothing of ours explains; `None` when no money moves by it.
#[must_use]
pub fn unexplained(line: &Theirs) -> Option<Finding> {
    (line.state != TheirState::Failed).then(|| Finding {
        class: Class::TheirsOnly,
        payout: None,
        reference: Some(line.reference.clone()),
        ours: None,
        theirs: Some(line.amount),
        said: format!("ours nothing, theirs {}", line.state),
        at: line.at,
    })
}

fn about(class: Class, one: &Ours, line: Option<&Theirs>, said: String) -> Finding {
    Finding {
        class,
        payout: Some(one.payout),
        reference: line.map(|line| line.reference.clone()).or_else(|| one.reference.clone()),
        ours: Some(one.net),
        theirs: line.map(|line| line.amount),
        said,
        at: line.map_or(one.changed_at, |line| line.at),
    }
}

/// Whether they should know a payout that they do not list. One that was never sent, or of which nobody knows whether it was, is
/// not missing.
fn is_missing(one: &Ours, scope: &Scope, now: Timestamp) -> bool {
    let inside = one.requested_at >= scope.from && one.changed_at < scope.until;
    let settled = now.since(one.changed_at).num_seconds() >= GRACE_SECONDS;
    let known = match one.state {
        PayoutState::Paid | PayoutState::Returned => true,
        PayoutState::Submitted => !scope.moved_only,
        PayoutState::Requested
        | PayoutState::Review
        | PayoutState::Approved
        | PayoutState::Submitting
        | PayoutState::Unknown
        | PayoutState::Failed
        | PayoutState::Cancelled => false,
    };
    inside && settled && known
}

fn hold_against(one: &Ours, lines: &[&Theirs], scope: &Scope, now: Timestamp, out: &mut Vec<Finding>) {
    let paid: Vec<&&Theirs> = lines.iter().filter(|line| line.state == TheirState::Paid).collect();
    // A statement has a line for the payment and another for its return; a list has one that says how it stands.
    let last =
        lines.iter().max_by_key(|line| (line.state == TheirState::Returned, line.state == TheirState::Paid, line.at));
    let Some(last) = last else { return };
    if let [_, again @ ..] = paid.as_slice()
        && let Some(again) = again.last()
    {
        let said = format!("ours once, theirs {} times", paid.len());
        out.push(about(Class::Duplicate, one, Some(again), said));
    }
    if last.amount.currency() != one.net.currency() {
        out.push(about(Class::Currency, one, Some(last), "another currency".to_owned()));
    } else if last.amount.minor() != one.net.minor() {
        out.push(about(Class::Amount, one, Some(last), "another amount".to_owned()));
    }
    if let Some(fee) = lines.iter().filter_map(|line| line.fee).find(|fee| *fee != scope.fee) {
        let said = format!("agreed {}, taken {fee} in minor units", scope.fee);
        out.push(about(Class::Fee, one, Some(last), said));
    }
    if let Some(class) = states_differ(one, last, now) {
        out.push(about(class, one, Some(last), format!("ours {}, theirs {}", one.state, last.state)));
    }
}

fn states_differ(one: &Ours, line: &Theirs, now: Timestamp) -> Option<Class> {
    let news = line.at.max(one.changed_at);
    let settled = now.since(news).num_seconds() >= GRACE_SECONDS;
    let same = match (line.state, one.state) {
        (TheirState::Returned, PayoutState::Paid) => return Some(Class::LateReturn),
        (TheirState::Paid, PayoutState::Paid)
        | (TheirState::Returned, PayoutState::Returned)
        | (TheirState::Failed, PayoutState::Failed | PayoutState::Cancelled) => true,
        // They are ahead of us, or we of them: asking the provider mends it, and only what stays so is a difference.
        (
            _,
            PayoutState::Requested
            | PayoutState::Review
            | PayoutState::Approved
            | PayoutState::Submitting
            | PayoutState::Submitted
            | PayoutState::Unknown,
        ) => line.state == TheirState::Pending || !settled,
        (TheirState::Pending, PayoutState::Paid | PayoutState::Failed) => !settled,
        (TheirState::Pending, PayoutState::Cancelled | PayoutState::Returned)
        | (TheirState::Paid, PayoutState::Failed | PayoutState::Cancelled | PayoutState::Returned)
        | (TheirState::Failed, PayoutState::Paid | PayoutState::Returned)
        | (TheirState::Returned, PayoutState::Failed | PayoutState::Cancelled) => false,
    };
    (!same).then_some(Class::Status)
}

fn ledger(one: &Ours, out: &mut Vec<Finding>) {
    let due = if one.state == PayoutState::Paid { one.net.minor() } else { 0 };
    if one.booked != due {
        let booked = Amount::new(one.booked, one.net.currency());
        let found = about(Class::Ledger, one, None, format!("{}, booked {booked}", one.state));
        out.push(Finding { theirs: Some(booked), ..found });
    }
}
