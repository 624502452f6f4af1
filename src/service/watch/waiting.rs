//! How much waits for a person.

use serde::Serialize;

use crate::db::inbox::{
    adjustment_count_open, claim_count_open, payout_count_attention, payout_count_in, postback_count_waiting,
};
use crate::domain::payout::PayoutState;
use crate::service::{App, Outcome};

/// From how many on nobody counts further.
pub const MOST: i64 = 100;

/// How much there is of each; [`MOST`] stands for as many or more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    /// Held and refused calls of partners.
    pub calls: i64,
    /// Claims that nobody has answered.
    pub claims: i64,
    /// Payouts to approve.
    pub review: i64,
    /// Payouts that need help.
    pub attention: i64,
    /// Corrections that wait for a second person.
    pub adjustments: i64,
}

impl Waiting {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> i64 {
        [self.calls, self.claims, self.review, self.attention, self.adjustments].iter().sum()
    }
}

/// Counts, each by an index and no further than [`MOST`].
///
/// # Errors
/// The database's failures.
pub async fn waiting(app: &App) -> Outcome<Waiting> {
    let now = app.clock.now();
    let counted = app.db.read(move |conn| {
        Ok::<_, crate::db::DbError>(Waiting {
            calls: postback_count_waiting(conn, MOST)?,
            claims: claim_count_open(conn, MOST)?,
            review: payout_count_in(conn, PayoutState::Review, MOST)?,
            attention: payout_count_attention(conn, MOST)?,
            adjustments: adjustment_count_open(conn, now, MOST)?,
        })
    });
    Ok(counted.await?)
}
