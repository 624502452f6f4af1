//! Reports that one of a partner's people makes by hand: looked at beforehand, and settled in the same way as calls.

use std::sync::Arc;

use serde::Serialize;

use crate::base::Timestamp;
use crate::base::id::ConversionId;
use crate::db::Conn;
use crate::domain::access::Actor;
use crate::domain::adapter::{Report, ReportStatus, Weight};
use crate::domain::conversion::{Conversion, State};
use crate::domain::hand;
use crate::domain::money::Amount;
use crate::domain::partner::Status;
use crate::domain::verdict::Verdict;
use crate::service::catalogue::{Partner, Snapshot};
use crate::service::ingest_postback::{Ingested, ingest_by_hand};
use crate::service::settle::{self, Known};
use crate::service::view::Words;
use crate::service::{App, Outcome, ServiceError};

/// What a report would do.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = OrderWould)]
pub struct Would {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, when it moves nothing, as a stable word.
    pub reason: Option<String>,
    /// The same in words.
    pub words: Option<Words>,
    /// The order's state before; absent when it is new.
    pub before: Option<State>,
    /// The order's state after; absent when it does not change.
    pub after: Option<State>,
    /// What the partner owes for it before and after.
    pub commission_before: Option<Amount>,
    /// What the partner would owe for it.
    pub commission: Option<Amount>,
    /// What the shopper would get.
    pub cashback: Option<Amount>,
}

/// Looks at what reports would do, each upon the database as it stands. Nothing is written.
///
/// # Errors
/// [`ServiceError::Db`].
pub(in crate::service) fn look(
    conn: &mut Conn,
    partner: &Partner,
    reports: &[Report],
    now: Timestamp,
) -> Outcome<Vec<Would>> {
    let asked: Vec<(&Partner, &Report)> = reports.iter().map(|report| (partner, report)).collect();
    let known = Known::load(conn, &Snapshot::default(), &asked, None)?;
    let look = |report: &Report| {
        let loaded = known.of(partner, report, now);
        let plan = settle::decide(partner, report, &loaded, ConversionId::new(), now, now);
        let current = loaded.current();
        Would {
            verdict: plan.verdict,
            reason: plan.reason.map(|reason| reason.to_string()),
            words: plan.reason.map(Words::from),
            before: current.map(|current| current.state),
            commission_before: current.map(|current| current.commission),
            after: plan.next.as_ref().map(|next| next.state),
            commission: plan.next.as_ref().map(|next| next.commission),
            cashback: plan.next.as_ref().map(|next| next.cashback),
        }
    };
    Ok(reports.iter().map(look).collect())
}

/// Refuses while the partner is paused, or not let in yet: by hand it moves no more than by its calls.
///
/// # Errors
/// [`ServiceError::Conflict`] `partner_paused`; [`ServiceError::Forbidden`] to whoever does not act for it.
pub(in crate::service) fn check_open(partner: &Partner, actor: &Actor) -> Outcome<()> {
    if actor.partner() != Some(partner.row.id) {
        return Err(ServiceError::Forbidden);
    }
    if partner.row.status == Status::Paused {
        return Err(ServiceError::conflict("partner_paused", "a paused partner moves nothing"));
    }
    Ok(())
}

/// Settles a report by hand; `place` is the page where it was made, as a path.
///
/// # Errors
/// [`ServiceError::Db`].
pub(in crate::service) async fn settle(
    app: &App,
    partner: &Arc<Partner>,
    actor: &Actor,
    report: Report,
    place: &str,
) -> Outcome<Ingested> {
    let call = hand::call(&report, &actor.to_string(), app.public_url(place));
    let call = call.ok_or_else(|| ServiceError::internal("a report cannot be written as JSON"))?;
    ingest_by_hand(app, partner, &call, report).await
}

/// A report about a known order. A person's word is at least as heavy as what is known, so that the later one counts.
pub(in crate::service) fn about(order: &Conversion, status: ReportStatus) -> Report {
    let least = match status {
        ReportStatus::Pending => Weight::Open,
        ReportStatus::Confirmed | ReportStatus::Declined | ReportStatus::Reversed => Weight::Settled,
    };
    Report {
        key: Some(order.external_id.clone()),
        order_id: order.order_id.clone(),
        weight: least.max(order.weight),
        hold: (status == ReportStatus::Pending).then_some(order.hold),
        ..Report::new(status)
    }
}
