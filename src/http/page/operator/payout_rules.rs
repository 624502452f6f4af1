//! The rules that hold withdrawals, as they are set.

use minijinja::context;

use crate::domain::access::Permission;
use crate::http::api::operator::payout_rules::rules;
use crate::http::page::{PageResult, Visitor, of};

/// The rules.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let payouts = &visitor.app.config.payouts;
    let (second, set) = (payouts.second_above.clone(), &payouts.review);
    visitor.page(
        "operator_payout_rules.html",
        context! {
            rules => of(rules(payouts)), second => of(second), percent => set.cancelled_percent,
            hours => set.cancelled_hours,
        },
    )
}
