//! An order's story as steps in the order of time: each call with what was decided upon it and the money that moved,
//! then what happened without a call (the end of a hold, a correction).

use serde::Serialize;

use crate::base::Timestamp;
use crate::base::id::{ConversionId, PayoutId, TransactionId};
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Amount;
use crate::http::api::orders::{PostbackView, RevisionView, TransactionView};
use crate::service::view::account_word;

/// One thing that happened.
#[derive(Serialize)]
pub(in crate::http::page) struct Step {
    at: Timestamp,
    /// The call, where there was one.
    call: Option<PostbackView>,
    /// What the order became.
    revisions: Vec<RevisionView>,
    /// What was posted.
    postings: Vec<Posting>,
}

/// A posted transaction in plain words.
#[derive(Serialize)]
pub(in crate::http::page) struct Posting {
    id: TransactionId,
    at: Timestamp,
    kind: TransactionKind,
    note: Option<String>,
    order_id: Option<ConversionId>,
    payout_id: Option<PayoutId>,
    moves: Vec<Move>,
}

/// One movement, with the accounts as texts know them (`pending`, `partner-owed`) and as the ledger writes them.
#[derive(Serialize)]
struct Move {
    from: String,
    to: String,
    amount: Amount,
    debit: String,
    credit: String,
}

/// Puts the parts of a story in order.
pub(in crate::http::page) fn steps(
    calls: Vec<PostbackView>,
    revisions: Vec<RevisionView>,
    transactions: Vec<TransactionView>,
) -> Vec<Step> {
    let mut steps: Vec<Step> = calls
        .into_iter()
        .map(|call| Step { at: call.received_at, call: Some(call), revisions: Vec::new(), postings: Vec::new() })
        .collect();
    for revision in revisions {
        let of_call = |step: &&mut Step| {
            revision.postback_id.is_some() && step.call.as_ref().map(|call| call.id) == revision.postback_id
        };
        match steps.iter_mut().find(of_call) {
            Some(step) => step.revisions.push(revision),
            None => steps.push(Step { at: revision.at, call: None, revisions: vec![revision], postings: Vec::new() }),
        }
    }
    for transaction in transactions {
        let posting = Posting::from(transaction);
        // What a revision moves is posted in its transaction, at its time.
        let at_once = |step: &&mut Step| step.revisions.iter().any(|revision| revision.at == posting.at);
        match steps.iter_mut().find(at_once) {
            Some(step) => step.postings.push(posting),
            None => {
                steps.push(Step { at: posting.at, call: None, revisions: Vec::new(), postings: vec![posting] });
            }
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

impl From<TransactionView> for Posting {
    fn from(view: TransactionView) -> Self {
        let moves = view.transfers.into_iter().map(|transfer| Move {
            from: account_word(&transfer.debit),
            to: account_word(&transfer.credit),
            amount: transfer.amount,
            debit: transfer.debit,
            credit: transfer.credit,
        });
        let moves = moves.collect();
        Self {
            id: view.id,
            at: view.at,
            kind: view.kind,
            note: view.note,
            order_id: view.order_id,
            payout_id: view.payout_id,
            moves,
        }
    }
}
