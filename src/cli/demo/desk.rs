//! What lies on the operators' desk when the demonstration begins: a claim, and a correction that waits for a second person.

use crate::cli::CliError;
use crate::db::clicks::click_list_of_shopper;
use crate::db::conversions::conversion_list_of_click;
use crate::db::operators::operator_find_by_email;
use crate::db::shoppers::shopper_find_by_email;
use crate::domain::access::Actor;
use crate::domain::money::{Amount, Currency};
use crate::service::adjust::{Adjustment, adjust};
use crate::service::claims::{NewClaim, claim_make};
use crate::service::{App, ServiceError};

use super::seed::{FINANCE, HOST_SHOPPER, SHOPPERS};

/// How many of a shopper's clicks are looked through for one that led to no order.
const CLICKS: i64 = 50;

/// Lays it there.
pub(super) async fn fill(app: &App) -> Result<(), CliError> {
    let rub = |minor| Amount::new(minor, Currency::RUB);
    let read = app.db.read(|conn| {
        let finance = operator_find_by_email(conn, FINANCE)?.ok_or(ServiceError::NotFound("operator"))?;
        let host = shopper_find_by_email(conn, HOST_SHOPPER)?.ok_or(ServiceError::NotFound("shopper"))?;
        let other = SHOPPERS.last().map_or(HOST_SHOPPER, |(email, _)| *email);
        let other = shopper_find_by_email(conn, other)?.ok_or(ServiceError::NotFound("shopper"))?;
        let mut idle = None;
        for click in click_list_of_shopper(conn, other.id, None, CLICKS)? {
            if idle.is_none() && conversion_list_of_click(conn, click.id)?.is_empty() {
                idle = Some(click);
            }
        }
        Ok::<_, ServiceError>((Actor::Operator(finance.id, finance.role), host.id, other.id, idle))
    });
    let (finance, host, other, idle) = read.await?;
    let wanted = Adjustment {
        key: "demo-lost-parcel".to_owned(),
        shopper: host,
        amount: rub(150_000),
        fund: "house/budget/goodwill".to_owned(),
        reason: "The parcel was lost, and the store went out of business before it paid".to_owned(),
    };
    adjust(app, &finance, wanted).await?;
    if let Some(click) = idle {
        let claim = NewClaim {
            click: click.id,
            order_number: "47-11-08".to_owned(),
            amount: Some(rub(349_000)),
            ordered_at: click.at.plus_seconds(3600),
            note: Some("Заказ оплачен сразу после перехода, письмо магазина у меня есть.".to_owned()),
        };
        claim_make(app, other, claim).await?;
    }
    Ok(())
}
