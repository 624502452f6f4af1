//! The rules that hold withdrawals, as they are set.

use actix_web::{get, web};
use serde::Serialize;

use crate::config::Payouts;
use crate::domain::access::Permission;
use crate::domain::money::Amount;
use crate::domain::payout::ReviewRule;
use crate::http::HttpResult;
use crate::http::caller::Operator;
use crate::service::App;

/// A rule and what it is set to.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct RuleSet {
    /// Which.
    rule: ReviewRule,
    /// What it is set by: sums that it speaks `from` or `above`, a `switch`, or a number of `orders`, `seconds`, `accounts`, `days`.
    #[schema(example = "above")]
    how: &'static str,
    /// The sums.
    amounts: Vec<Amount>,
    /// The number that it speaks from; zero for off.
    count: u32,
}

/// All of them.
#[derive(Serialize, utoipa::ToSchema)]
struct RulesView {
    /// The rules.
    rules: Vec<RuleSet>,
    /// The sums from which two operators approve.
    second_above: Vec<Amount>,
    /// How many of a hundred orders are cancelled where the rule about cancelled orders speaks,
    cancelled_percent: u32,
    /// and within how many hours.
    cancelled_hours: u32,
}

/// Each rule with what it is set to.
pub(in crate::http) fn rules(payouts: &Payouts) -> Vec<RuleSet> {
    let set = &payouts.review;
    let (none, from, above) = (Vec::new, "from", "above");
    let rule = |rule: ReviewRule| -> RuleSet {
        let (how, amounts, count) = match rule {
            ReviewRule::Amount => (from, payouts.review_above.clone(), 0),
            ReviewRule::PersonDay => (above, set.person_day.clone(), 0),
            ReviewRule::DestinationDay => (above, set.destination_day.clone(), 0),
            ReviewRule::OverallDay => (above, set.overall_day.clone(), 0),
            ReviewRule::SharedDestination => ("switch", none(), u32::from(set.shared_destination)),
            ReviewRule::SelfReferral => ("switch", none(), u32::from(set.self_referral)),
            ReviewRule::FastCancel => ("orders", none(), set.cancelled_orders),
            ReviewRule::QuickOrder => ("seconds", none(), set.quick_seconds),
            ReviewRule::NetworkBurst => ("accounts", none(), set.network_accounts),
            ReviewRule::NewAccount => ("days", none(), set.new_account_days),
        };
        RuleSet { rule, how, amounts, count }
    };
    ReviewRule::ALL.iter().copied().map(rule).collect()
}

/// Tells the rules that hold withdrawals, as the configuration sets them.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = RulesView)))]
#[get("/api/v1/operator/payout-rules")]
pub(super) async fn show(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<RulesView>> {
    operator.require(Permission::Look)?;
    let payouts = &app.config.payouts;
    Ok(web::Json(RulesView {
        rules: rules(payouts),
        second_above: payouts.second_above.clone(),
        cancelled_percent: payouts.review.cancelled_percent,
        cancelled_hours: payouts.review.cancelled_hours,
    }))
}
