//! Corrections of shoppers' balances: asked in two steps, so that what would be booked is seen before; and those that take
//! a second operator.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Secret;
use crate::base::id::{AdjustmentId, ShopperId};
use crate::db::adjustments::AdjustmentFilter;
use crate::db::balances::balances_find;
use crate::db::shoppers::shopper_find;
use crate::domain::access::Permission;
use crate::domain::adjustment::AdjustmentState;
use crate::domain::money::{Amount, Currency};
use crate::http::api::orders::{AdjustmentView, asked, balance_of};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page};
use crate::service::ServiceError;
use crate::service::adjust::{Adjusted, Adjustment, adjust, adjust_preview};
use crate::service::adjust_second::{SecondWord, adjustment_decide, adjustment_one};
use crate::service::view::TransferView;
use crate::web::amount_input;

const SHOWN: i64 = 30;
const NEW: &str = "operator_adjustment_new.html";
const ONE: &str = "operator_adjustment.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

/// Those that took a second operator, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let filter =
        AdjustmentFilter { state: (!query.all).then_some(AdjustmentState::Open), ..AdjustmentFilter::default() };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = asked(&visitor.app, filter, &part).await?;
    visitor.page(
        "operator_adjustments.html",
        context! { adjustments => of(found.items), next => found.next, first => query.after.is_none(), all => query.all },
    )
}

#[derive(Deserialize)]
pub(in crate::http::page) struct About {
    shopper: ShopperId,
    /// The currency of a debt that is to be given up: the form is filled in.
    write_off: Option<Currency>,
}

async fn values(visitor: &Visitor, shopper: ShopperId) -> HttpResult<Value> {
    let found = visitor.app.db.read(move |conn| shopper_find(conn, shopper).map_err(HttpError::from)).await?;
    let row = found.ok_or(ServiceError::NotFound("shopper"))?;
    let balances = balance_of(&visitor.app, shopper).await?;
    Ok(context! {
        shopper => of(shopper), shopper_email => row.email, balances => of(balances), asked => (),
    })
}

/// The form, about a shopper.
pub(in crate::http::page) async fn ask(visitor: Visitor, about: web::Query<About>) -> PageResult {
    visitor.operator(Permission::Money)?;
    let values = values(&visitor, about.shopper).await?;
    let Some(currency) = about.write_off else { return visitor.page(NEW, values) };
    let shopper = about.shopper;
    let found = visitor.app.db.read(move |conn| balances_find(conn, shopper, currency).map_err(HttpError::from));
    let owed = Amount::new(found.await?.debt.saturating_neg(), currency).major().to_string();
    let typed = [("direction", "give"), ("amount", &*owed), ("currency", currency.code()), ("fund", "house/write_off")];
    visitor.page(NEW, context! { form => of(Fields::typed(typed)), ..values })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    shopper: ShopperId,
    /// `give` or `take`.
    #[serde(default)]
    direction: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    fund: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    key: String,
    /// Set by the button of the second step.
    confirmed: Option<String>,
}

/// Shows what would be booked, or books it.
pub(in crate::http::page) async fn submit(visitor: Visitor, form: web::Form<Form>) -> PageResult {
    visitor.operator(Permission::Money)?;
    match step(&visitor, &form).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let values = values(&visitor, form.shopper).await?;
            let typed = Fields::typed([
                ("direction", &form.direction),
                ("amount", &form.amount),
                ("currency", &form.currency),
                ("fund", &form.fund),
                ("reason", &form.reason),
            ]);
            visitor.again(NEW, typed, error, values)
        }
    }
}

async fn step(visitor: &Visitor, form: &Form) -> PageResult {
    let actor = visitor.operator(Permission::Money)?;
    let wanted = read(form)?;
    let of_shopper = format!("/operator/shoppers/{}", form.shopper);
    if form.confirmed.is_some() && !form.key.is_empty() {
        return Ok(match adjust(&visitor.app, actor, wanted).await? {
            Adjusted::Booked(_done) => visitor.go_saying(&of_shopper, "adjusted").finish(),
            Adjusted::Asked(row) => {
                visitor.go_saying(&format!("/operator/adjustments/{}", row.id), "adjustment-asked").finish()
            }
        });
    }
    let preview = adjust_preview(&visitor.app, actor, wanted.clone()).await?;
    let currency = wanted.amount.currency();
    let sum = |minor| Amount::new(minor, currency);
    let asked = context! {
        amount => of(wanted.amount), typed => form.amount.as_str(), direction => form.direction.as_str(),
        currency => currency.code(), fund => wanted.fund, reason => wanted.reason, key => wanted.key,
        transfers => of(preview.transfers.iter().map(TransferView::from).collect::<Vec<_>>()),
        available => of([sum(preview.before.available), sum(preview.after.available)]),
        debt => of([sum(preview.before.debt), sum(preview.after.debt)]),
        second => preview.second,
    };
    let values = values(visitor, form.shopper).await?;
    visitor.page(NEW, context! { asked => asked, ..values })
}

fn read(form: &Form) -> HttpResult<Adjustment> {
    let wrong = |field: &str| HttpError::from(ServiceError::invalid(field, "cannot be read"));
    let currency: Currency = form.currency.parse().map_err(|_cause| wrong("currency"))?;
    let size = Amount::parse(&amount_input(&form.amount), currency).map_err(|_cause| wrong("amount"))?;
    if size.minor() <= 0 {
        return Err(wrong("amount"));
    }
    let amount = match form.direction.as_str() {
        "give" => size,
        "take" => Amount::new(-size.minor(), currency),
        _ => return Err(wrong("direction")),
    };
    let key = if form.key.is_empty() {
        Secret::random(16).map_err(ServiceError::internal)?.expose().to_owned()
    } else {
        form.key.clone()
    };
    Ok(Adjustment {
        key,
        shopper: form.shopper,
        amount,
        fund: form.fund.trim().to_owned(),
        reason: form.reason.clone(),
    })
}

async fn one_values(visitor: &Visitor, id: AdjustmentId) -> HttpResult<Value> {
    let row = adjustment_one(&visitor.app, id).await?;
    let own = visitor.caller.as_ref().is_some_and(|caller| caller.actor.to_string() == row.asked_by);
    let shopper = row.shopper_id;
    let email = visitor.app.db.read(move |conn| shopper_find(conn, shopper).map_err(HttpError::from)).await?;
    let names = super::names::of_actors(visitor, [Some(&row.asked_by), row.decided_by.as_ref()]).await?;
    Ok(context! {
        own => own, names => of(names), shopper_email => email.map(|row| row.email),
        adjustment => of(AdjustmentView::of(row, visitor.now())),
    })
}

/// One that took a second operator.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<AdjustmentId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = one_values(&visitor, id.into_inner()).await?;
    visitor.page(ONE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Word {
    /// `approve`; anything else declines.
    decision: String,
    #[serde(default)]
    reason: String,
}

/// The second word.
pub(in crate::http::page) async fn decide(
    visitor: Visitor,
    id: web::Path<AdjustmentId>,
    form: web::Form<Word>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Money)?, id.into_inner());
    let (word, said) = match form.decision.as_str() {
        "approve" => (SecondWord::Approve, "adjustment-approved"),
        _decline => (SecondWord::Decline(form.reason.clone()), "adjustment-declined"),
    };
    match adjustment_decide(&visitor.app, actor, id, word).await {
        Ok(_done) => Ok(visitor.go_saying(&format!("/operator/adjustments/{id}"), said).finish()),
        Err(error) => {
            let values = one_values(&visitor, id).await?;
            visitor.again(ONE, Fields::typed([("reason", &form.reason)]), error.into(), values)
        }
    }
}
