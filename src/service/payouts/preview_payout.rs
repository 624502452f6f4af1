//! What a payout would cost, and every reason against it: the same questions as a request asks, with nothing written.

use super::request_payout::{Known, PayoutRequest};
use crate::db::methods::MethodRow;
use crate::domain::money::Amount;
use crate::service::{App, Outcome};

/// What a payout would be.
#[derive(Debug, Clone)]
pub struct Preview {
    /// To where.
    pub method: MethodRow,
    /// What stays here.
    pub fee: Amount,
    /// What arrives.
    pub net: Amount,
    /// An operator would look first.
    pub needs_review: bool,
}

/// Looks at a request without making it.
///
/// # Errors
/// As [`super::request_payout::request_payout`], save for what concerns the key.
pub async fn preview_payout(app: &App, request: &PayoutRequest) -> Outcome<Preview> {
    let (config, providers, now, request) =
        (app.config.clone(), app.providers.clone(), app.clock.now(), request.clone());
    app.db
        .read(move |conn| {
            let asked = (&request, now, None);
            let known = Known::load(conn, &[asked], &config.payouts)?;
            let (method, _provider, plan, _hits) = known.plan(asked, &config.payouts, &providers)?;
            let net = request.amount.minus(plan.fee)?;
            Ok(Preview { method: method.clone(), fee: plan.fee, net, needs_review: plan.needs_review })
        })
        .await
}
