//! The rules that hold withdrawals, as they are set.

use minijinja::context;
use serde::Serialize;

use crate::domain::access::Permission;
use crate::domain::money::Amount;
use crate::domain::payout::ReviewRule;
use crate::http::page::{PageResult, Visitor, of};

/// A rule and what it is set to.
#[derive(Serialize)]
struct Rule {
    /// Which; `second` for two approvals.
    rule: &'static str,
    /// The sums that it speaks from (`from`) or above (`above`).
    how: &'static str,
    amounts: Vec<Amount>,
    /// A number that it speaks from; zero for off.
    count: u32,
}

/// The rules.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let payouts = &visitor.app.config.payouts;
    let set = &payouts.review;
    let (none, from, above) = (Vec::new, "from", "above");
    let rule = |rule: ReviewRule| -> Rule {
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
        Rule { rule: rule.as_str(), how, amounts, count }
    };
    let rules: Vec<Rule> = ReviewRule::ALL.iter().copied().map(rule).collect();
    let second = payouts.second_above.clone();
    visitor.page(
        "operator_payout_rules.html",
        context! {
            rules => of(rules), second => of(second), percent => set.cancelled_percent, hours => set.cancelled_hours,
        },
    )
}
