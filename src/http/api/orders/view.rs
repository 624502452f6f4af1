//! How clicks, orders, postbacks and transactions are shown, and to whom what.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, PayoutId, PostbackId, ShopperId, TransactionId};
use crate::base::secret::MasterKey;
use crate::db::clicks::ClickRow;
use crate::db::ledger::Posted;
use crate::db::postbacks::PostbackRow;
use crate::domain::bot::BotVerdict;
use crate::domain::conversion::{Conversion, State};
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Amount;
use crate::domain::rate::Promise;
use crate::domain::verdict::Verdict;
use crate::service::App;
use crate::service::catalogue::Snapshot;
use crate::service::ingest_postback::ReportOutcome;
use crate::service::kept_call::raw_call;
use crate::service::view::{CallView, TransferView, Words};
use crate::service::{Outcome, ServiceError};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Eyes {
    Shopper,
    Partner,
    Operator,
}

/// A click.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ClickView {
    /// Its reference, as partners get it.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// The store's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The version of the store's terms that was promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms_version: Option<i64>,
    /// Where the shopper was sent.
    pub landing_url: String,
    /// What it looked like, when not like a shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotVerdict>,
}

impl ClickView {
    pub fn of(known: &Snapshot, row: ClickRow) -> Self {
        let store = known.store(row.store_id);
        let version = store.and_then(|store| store.terms.values().find(|terms| terms.id == row.terms_id));
        Self {
            reference: row.id.reference(),
            at: row.at,
            store: store.map(|store| store.row.slug.clone()),
            terms_version: version.map(|terms| terms.version),
            landing_url: row.landing_url,
            bot: row.bot,
        }
    }
}

/// An order.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct OrderView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: ConversionId,
    /// The store's order number, which several of these may share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// The partner's key for it.
    pub external_id: String,
    /// The store's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The click's reference.
    pub click: String,
    /// Where it stands.
    pub state: State,
    /// Why it was declined or reversed, in the partner's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The partner holds it back.
    pub on_hold: bool,
    /// The shopper's cashback.
    pub cashback: Amount,
    /// The order's amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_amount: Option<Amount>,
    /// What it was promised.
    pub promise: Promise,
    /// When the order was made.
    pub occurred_at: Timestamp,
    /// When it was first confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    /// When its cashback can be withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_at: Option<Timestamp>,
    /// Its cashback can be withdrawn.
    pub available: bool,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What the partner owes for it. Not shown to shoppers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commission: Option<Amount>,
    /// Whose it is. Shown to operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub shopper_id: Option<ShopperId>,
    /// Who reports it. Shown to operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub partner_id: Option<PartnerId>,
}

impl OrderView {
    pub fn of(known: &Snapshot, eyes: Eyes, c: Conversion) -> Self {
        let operator = eyes == Eyes::Operator;
        Self {
            id: c.id,
            order_number: c.order_id,
            external_id: c.external_id,
            store: known.store(c.store_id).map(|store| store.row.slug.clone()),
            click: c.click_id.reference(),
            state: c.state,
            reason: c.reason,
            on_hold: c.hold,
            cashback: c.cashback,
            order_amount: c.order_amount,
            promise: c.promise,
            occurred_at: c.occurred_at,
            confirmed_at: c.confirmed_at,
            available_at: c.available_at,
            available: c.released,
            created_at: c.created_at,
            updated_at: c.updated_at,
            commission: (eyes != Eyes::Shopper).then_some(c.commission),
            shopper_id: operator.then_some(c.shopper_id),
            partner_id: operator.then_some(c.partner_id),
        }
    }
}

/// A partner's call and what became of it.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct PostbackView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: PostbackId,
    /// Who called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// When.
    pub received_at: Timestamp,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, in both languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Words>,
    /// Why, in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What was read out of it.
    pub reports: Vec<ReportOutcome>,
    /// The call as it came, without secrets; absent where it also speaks of other shoppers' orders,
    /// or was sealed with another master key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallView>,
    /// The call that this one ran again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub rerun_of: Option<PostbackId>,
    /// The later run that settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub resolved_by: Option<PostbackId>,
}

impl PostbackView {
    pub fn of(master: &MasterKey, known: &Snapshot, row: &PostbackRow) -> Outcome<Self> {
        let reports: Vec<ReportOutcome> = serde_json::from_str(&row.reports).map_err(ServiceError::internal)?;
        let partner = known.partner(row.partner_id);
        let call = match partner {
            Some(partner) => match raw_call(master, row) {
                Ok(call) => CallView::of(partner, &call),
                // A call that cannot be opened must not hide the others.
                Err(error) => {
                    tracing::error!(postback = %row.id, %error, "a kept call cannot be opened");
                    None
                }
            },
            None => None,
        };
        Ok(Self {
            id: row.id,
            partner: partner.map(|partner| partner.row.slug.clone()),
            received_at: row.received_at,
            verdict: row.verdict,
            words: row.reason.as_deref().and_then(Words::of),
            reason: row.reason.clone(),
            detail: row.detail.clone(),
            reports,
            call,
            rerun_of: row.rerun_of,
            resolved_by: row.resolved_by,
        })
    }

    /// Only what concerns one order: a call may carry reports on several shoppers.
    pub fn about(mut self, order: ConversionId) -> Self {
        let all = self.reports.len();
        self.reports.retain(|outcome| outcome.conversion_id == Some(order));
        if self.reports.len() != all {
            self.call = None;
        }
        self
    }
}

/// A posted transaction.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TransactionView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    pub id: TransactionId,
    /// When it was posted.
    pub at: Timestamp,
    /// Why.
    pub kind: TransactionKind,
    /// The order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub order_id: Option<ConversionId>,
    /// The payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub payout_id: Option<PayoutId>,
    /// An operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What caused it. Shown to operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The movements; to shoppers and partners only those of their own accounts.
    pub transfers: Vec<TransferView>,
}

impl TransactionView {
    pub fn of(eyes: Eyes, posted: &Posted) -> Self {
        let row = &posted.transaction;
        let mut transfers: Vec<TransferView> = posted.transfers.iter().map(TransferView::from).collect();
        if let (Eyes::Shopper, Some(shopper)) = (eyes, row.shopper_id) {
            let own = format!("shopper/{shopper}/");
            transfers.retain(|transfer| transfer.debit.starts_with(&own) || transfer.credit.starts_with(&own));
        }
        if let (Eyes::Partner, Some(partner)) = (eyes, row.partner_id) {
            let own = format!("partner/{partner}/");
            transfers.retain(|transfer| transfer.debit.starts_with(&own) || transfer.credit.starts_with(&own));
            for transfer in &mut transfers {
                // On the other side stand shoppers, whom a partner is not told of.
                for account in [&mut transfer.debit, &mut transfer.credit] {
                    if account.starts_with("shopper/") {
                        *account = "shopper".to_owned();
                    }
                }
            }
        }
        Self {
            id: row.id,
            at: row.at,
            kind: row.kind,
            order_id: row.conversion_id,
            payout_id: row.payout_id,
            note: row.note.clone(),
            source: (eyes == Eyes::Operator).then(|| row.source.clone()),
            transfers,
        }
    }
}

/// The catalogue as it is now, for names.
pub(in crate::http) fn known(app: &App) -> std::sync::Arc<Snapshot> {
    app.catalogue.snapshot()
}
