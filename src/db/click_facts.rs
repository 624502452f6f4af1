//! Clicks that orders name, with all that such an order is decided upon beside its terms, as the answer to one question.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::balances::BalanceRow;
use super::clicks::ClickRow;
use super::conn::Conn;
use super::error::DbError;
use super::schema::{claims, clicks, clicks_kept, shopper_balances, shoppers};
use crate::base::Timestamp;
use crate::base::id::{ClickId, PartnerId, ShopperId, StoreId, TermsId};
use crate::domain::claim::ClaimState;
use crate::domain::ledger::Balances;
use crate::domain::money::Currency;

/// What of a click an order that names it is decided upon.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct NamedClick {
    /// Its id.
    pub id: ClickId,
    /// Who clicked.
    pub shopper_id: ShopperId,
    /// The store.
    pub store_id: StoreId,
    /// The partner that the store was reached through at that time.
    pub partner_id: PartnerId,
    /// The terms that were promised.
    pub terms_id: TermsId,
    /// When.
    pub at: Timestamp,
}

impl From<ClickRow> for NamedClick {
    fn from(row: ClickRow) -> Self {
        let ClickRow { id, shopper_id, store_id, partner_id, terms_id, at, .. } = row;
        Self { id, shopper_id, store_id, partner_id, terms_id, at }
    }
}

/// What is known of clicks.
#[derive(Debug, Default)]
pub struct ClickFacts {
    /// The clicks that there are.
    pub clicks: BTreeMap<ClickId, NamedClick>,
    /// Their shoppers, unless they are blocked: what is reported about them is booked, also when they left.
    pub unblocked: BTreeSet<ShopperId>,
    /// The balances of these, in every currency; some more than once.
    pub balances: Vec<(ShopperId, Currency, Balances)>,
    /// The numbers of orders that were claimed for a click and agreed to. Hardly any click has one.
    pub claimed: BTreeSet<(ClickId, String)>,
}

/// A click is there once for each currency of its shopper and each claim.
type Found = (NamedClick, Option<ShopperId>, Option<BalanceRow>, Option<(ClaimState, String)>);

/// What is known of these clicks, also of old ones that were kept for their order or claim. On SQLite one after the other is asked
/// for: a question with a list is another one for each length, and has to be planned anew. So has one that compares a claim's
/// state with a bound value, since an index has such a condition: claims are told apart here.
///
/// # Errors
/// [`DbError`].
pub fn click_facts(conn: &mut Conn, ids: &[ClickId]) -> Result<ClickFacts, DbError> {
    macro_rules! ask {
        ($table:ident, $conn:expr, $these:expr) => {
            $table::table
                .left_join(shoppers::table.on(shoppers::id.eq($table::shopper_id).and(shoppers::status.ne("blocked"))))
                .left_join(shopper_balances::table.on(shopper_balances::shopper_id.eq(shoppers::id)))
                .left_join(claims::table.on(claims::click_id.eq($table::id)))
                .filter($these)
                .select((
                    (
                        $table::id,
                        $table::shopper_id,
                        $table::store_id,
                        $table::partner_id,
                        $table::terms_id,
                        $table::at,
                    ),
                    shoppers::id.nullable(),
                    Option::<BalanceRow>::as_select(),
                    (claims::state, claims::order_number).nullable(),
                ))
                .load::<Found>($conn)?
        };
    }
    macro_rules! ask_for_all {
        ($table:ident, $known:expr) => {
            match conn {
                Conn::Pg(c) => $known.take(ask!($table, c, $table::id.eq_any(ids.to_vec()))),
                Conn::Lite(c) => {
                    for id in ids {
                        $known.take(ask!($table, c, $table::id.eq(*id)));
                    }
                }
            }
        };
    }
    let mut known = ClickFacts::default();
    ask_for_all!(clicks, known);
    if known.clicks.len() < ids.len() {
        ask_for_all!(clicks_kept, known);
    }
    Ok(known)
}

impl ClickFacts {
    fn take(&mut self, found: Vec<Found>) {
        for (click, unblocked, balances, claimed) in found {
            self.unblocked.extend(unblocked);
            self.balances.extend(balances.map(|row| (row.shopper_id, row.currency, row.balances())));
            let accepted = claimed.filter(|(state, _)| *state == ClaimState::Accepted);
            self.claimed.extend(accepted.map(|(_, number)| (click.id, number)));
            self.clicks.insert(click.id, click);
        }
    }
}
