//! Clicks that orders name, with all that such an order is decided upon beside its terms, as the answer to one question.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::balances::BalanceRow;
use super::clicks::ClickRow;
use super::conn::Conn;
use super::error::DbError;
use super::schema::{claims, clicks, clicks_kept, shopper_balances, shoppers};
use crate::base::id::{ClickId, ShopperId};
use crate::domain::claim::ClaimState;
use crate::domain::ledger::Balances;
use crate::domain::money::Currency;

/// What is known of clicks.
#[derive(Debug, Default)]
pub struct ClickFacts {
    /// The clicks that there are.
    pub clicks: BTreeMap<ClickId, ClickRow>,
    /// Their shoppers, unless they are blocked: what is reported about them is booked, also when they left.
    pub unblocked: BTreeSet<ShopperId>,
    /// The balances of these, in every currency; some more than once.
    pub balances: Vec<(ShopperId, Currency, Balances)>,
    /// The numbers of orders that were claimed for a click and agreed to. Hardly any click has one.
    pub claimed: BTreeSet<(ClickId, String)>,
}

/// A click is there once for each currency of its shopper and each claim.
type Found = (ClickRow, Option<ShopperId>, Option<BalanceRow>, Option<String>);

/// What is known of these clicks, also of old ones that were kept for their order or claim.
///
/// # Errors
/// [`DbError`].
pub fn click_facts(conn: &mut Conn, ids: &[ClickId]) -> Result<ClickFacts, DbError> {
    macro_rules! ask {
        ($table:ident) => {
            $table::table
                .left_join(shoppers::table.on(shoppers::id.eq($table::shopper_id).and(shoppers::status.ne("blocked"))))
                .left_join(shopper_balances::table.on(shopper_balances::shopper_id.eq(shoppers::id)))
                .left_join(
                    claims::table.on(claims::click_id.eq($table::id).and(claims::state.eq(ClaimState::Accepted))),
                )
                .filter($table::id.eq_any(ids.to_vec()))
                .select((
                    $table::all_columns,
                    shoppers::id.nullable(),
                    Option::<BalanceRow>::as_select(),
                    claims::order_number.nullable(),
                ))
                .load::<Found>(conn)?
        };
    }
    let mut known = ClickFacts::default();
    known.take(ask!(clicks));
    if known.clicks.len() < ids.len() {
        known.take(ask!(clicks_kept));
    }
    Ok(known)
}

impl ClickFacts {
    fn take(&mut self, found: Vec<Found>) {
        for (click, unblocked, balances, claimed) in found {
            self.unblocked.extend(unblocked);
            self.balances.extend(balances.map(|row| (row.shopper_id, row.currency, row.balances())));
            self.claimed.extend(claimed.map(|number| (click.id, number)));
            self.clicks.insert(click.id, click);
        }
    }
}
