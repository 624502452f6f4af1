//! The whole story of one order: click, calls, decisions, money, payouts.

use actix_web::web;
use minijinja::context;

use super::orders::Line;
use super::story::steps;
use crate::base::id::ConversionId;
use crate::http::api::orders::shopper_trail;
use crate::http::page::{PageResult, Visitor, of};

/// The story, to the order's owner alone.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<ConversionId>) -> PageResult {
    let shopper = visitor.shopper()?;
    let story = shopper_trail(&visitor.app, shopper, id.into_inner()).await?;
    let known = visitor.app.catalogue.snapshot();
    let steps = steps(story.postbacks, story.revisions, story.transactions);
    visitor.page(
        "order.html",
        context! {
            click => of(&story.click),
            steps => of(steps),
            later_payouts => of(&story.later_payouts),
            order => of(Line::of(&known, story.order)),
        },
    )
}
