//! How the business stands: what is wrong, what waits for a person, where the money is, and the last month.

use minijinja::context;

use super::chart::charts;
use crate::domain::access::Permission;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::watch::{alarms, figures};

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let (alarms, told) = (alarms(&visitor.app).await?, figures(&visitor.app).await?);
    let days: Vec<_> = told.days.iter().rev().collect();
    visitor.page(
        "operator_home.html",
        context! {
            alarms => of(alarms), charts => of(charts(&told.days)), days => of(days), shoppers => of(&told.shoppers),
            partners => of(&told.partners), house => of(&told.house), unsealed => told.unsealed, at => of(told.at),
            unsealed_since => of(told.unsealed_since),
        },
    )
}
