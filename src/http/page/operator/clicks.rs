//! One click, with the orders that came of it.

use actix_web::web;
use minijinja::context;

use crate::base::id::ClickId;
use crate::db::clicks::click_find;
use crate::db::conversions::conversion_list_of_click;
use crate::domain::access::Permission;
use crate::http::api::orders::{ClickView, Eyes, OrderView};
use crate::http::page::shopper::orders::Line;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::ServiceError;

/// The click, by its reference or its UUID.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<ClickId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let id = id.into_inner();
    let read = visitor.app.db.read(move |conn| {
        let row = click_find(conn, id)?.ok_or(ServiceError::NotFound("click"))?;
        Ok::<_, ServiceError>((row, conversion_list_of_click(conn, id)?))
    });
    let (row, orders) = read.await?;
    let known = visitor.app.catalogue.snapshot();
    let line = |order| Line::of(&known, OrderView::of(&known, Eyes::Operator, order));
    let partner = known.partner(row.partner_id).map(|partner| partner.row.name.clone());
    let facts = [
        ("referrer", row.referrer_host.clone()),
        ("browser", row.user_agent.clone()),
        ("address", row.ip_prefix.clone()),
        ("fetch", row.sec_fetch.clone()),
    ];
    let facts: Vec<_> = facts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
    visitor.page(
        "operator_click.html",
        context! {
            shopper => of(row.shopper_id), issued_at => of(row.issued_at), partner => partner, facts => of(facts),
            uuid => of(row.id), orders => of(orders.into_iter().map(line).collect::<Vec<_>>()),
            click => of(ClickView::of(&known, row)),
        },
    )
}
