//! What a provider tells by itself of a payment that nothing of ours explains: a case at once, as if its list had been walked.

use super::list::line;
use super::provider::{case, keep};
use crate::base::Timestamp;
use crate::db::reconciliation::CaseRow;
use crate::db::{Conn, DbError};
use crate::domain::reconcile::unexplained;
use crate::provider::{ProviderPayout, ProviderStatus};

/// Where such a case was found.
const FOUND_IN: &str = "webhook";

/// The case of a payment by this provider that no payout of ours explains. `None` as long as no money was moved.
#[must_use]
pub fn case_of(provider: &str, payment: &ProviderPayout, now: Timestamp) -> Option<CaseRow> {
    match payment.status {
        ProviderStatus::Paid | ProviderStatus::Returned(_) => {}
        ProviderStatus::Pending | ProviderStatus::Unheard(_) | ProviderStatus::Failed(_) => return None,
    }
    let found = unexplained(&line(payment.clone()))?;
    tracing::error!(provider, reference = payment.provider_ref, amount = %payment.amount, "a provider moved money that nothing explains");
    metrics::counter!("kopilka_payout_unknown_money_total").increment(1);
    Some(case(provider, &found, found.key(), FOUND_IN, now))
}

/// Keeps it; one that is known already stays as it is.
///
/// # Errors
/// [`DbError`].
pub fn case_keep(conn: &mut Conn, case: CaseRow) -> Result<(), DbError> {
    let (rail, now) = (case.rail.clone(), case.seen_at);
    keep(conn, &rail, &[case], now).map(drop)
}
