//! What the extension shows of a shopper's account: balances, and the last orders.

use crate::base::id::ShopperId;
use crate::db::Conn;
use crate::db::balances::balances_list;
use crate::db::conversions::{ConversionFilter, conversion_list};
use crate::domain::conversion::Conversion;
use crate::domain::ledger::Balances;
use crate::domain::money::Currency;
use crate::service::{App, Outcome, ServiceError};

/// How many orders are shown, the newest.
const ORDERS: i64 = 5;

/// The summary.
#[derive(Debug, Clone)]
pub struct Summary {
    /// By currency.
    pub balances: Vec<(Currency, Balances)>,
    /// The last orders, newest first.
    pub orders: Vec<Conversion>,
}

/// Reads it.
///
/// # Errors
/// The database's failures.
pub async fn summary(app: &App, shopper: ShopperId) -> Outcome<Summary> {
    let filter = ConversionFilter { shopper_id: Some(shopper), ..ConversionFilter::default() };
    let read = move |conn: &mut Conn| {
        let (balances, orders) = (balances_list(conn, shopper)?, conversion_list(conn, &filter, ORDERS)?);
        Ok::<_, ServiceError>(Summary { balances, orders })
    };
    app.db.read(read).await
}
