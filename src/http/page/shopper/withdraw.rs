//! A withdrawal in two steps: what and to where, then what it costs. The second step asks for the same thing under the
//! same key, so that sending the form twice pays once.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use super::balance::sorted;
use crate::base::Secret;
use crate::base::id::MethodId;
use crate::domain::money::{Amount, Currency};
use crate::http::api::payouts::Method;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::limits::Limits;
use crate::service::payouts::confirm_payout::{Confirmation, confirm_payout, takes_code};
use crate::service::payouts::freeze::frozen_since;
use crate::service::payouts::method_list::method_list;
use crate::service::payouts::preview_payout::preview_payout;
use crate::service::payouts::request_payout::PayoutRequest;
use crate::web::amount_input;

const TEMPLATE: &str = "withdraw.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    method: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    key: String,
    /// A code of the second factor.
    #[serde(default)]
    code: String,
    /// Set by the button of the second step.
    confirmed: Option<String>,
}

/// What may be withdrawn, and to where.
async fn choices(visitor: &Visitor) -> HttpResult<Value> {
    let shopper = visitor.shopper()?;
    let mut balances = sorted(visitor).await?;
    balances.retain(|balance| balance.available.minor() > 0);
    let methods: Vec<Method> = method_list(&visitor.app, shopper).await?.into_iter().map(Method::from).collect();
    let frozen = frozen_since(&visitor.app, shopper).await?.is_some();
    let methods = of(methods);
    Ok(context! { balances => of(balances), methods, now => of(visitor.now()), asked => (), frozen })
}

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = choices(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

/// Shows what it costs, or asks for it.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    match step(&visitor, &limits, client, &form).await {
        Ok(answer) => Ok(answer),
        Err(error) if about_code(&error) => {
            let values = question(&visitor, &read(&visitor, &form)?).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
        Err(error) => {
            let values = choices(&visitor).await?;
            let typed = [
                ("method", &*form.method),
                ("amount", &*form.amount),
                ("currency", &*form.currency),
                ("key", &*form.key),
            ];
            visitor.again(TEMPLATE, Fields::typed(typed), error, values)
        }
    }
}

/// A code that is missing or wrong leaves the question as it is.
fn about_code(error: &HttpError) -> bool {
    matches!(error, HttpError::Service(ServiceError::Refused { code: "code_needed" | "wrong_code", .. }))
}

async fn step(visitor: &Visitor, limits: &Limits, client: ClientIp, form: &Form) -> PageResult {
    let request = read(visitor, form)?;
    // Without the key that the question was asked with, a repeat would pay twice: it is asked again.
    if form.confirmed.is_some() && !form.key.is_empty() {
        limits.payouts.check(&request.shopper.to_string())?;
        let said = Confirmation { ip: client.0, code: form.code.clone() };
        let made = confirm_payout(&visitor.app, limits, request, said).await?;
        return Ok(visitor.go_saying(&format!("/payouts/{}", made.row.id), "payout-requested").finish());
    }
    let values = question(visitor, &request).await?;
    visitor.page(TEMPLATE, values)
}

/// What is about to happen, to be said yes to.
async fn question(visitor: &Visitor, request: &PayoutRequest) -> HttpResult<Value> {
    let preview = preview_payout(&visitor.app, request).await?;
    let asked = context! {
        method => of(Method::from(preview.method)),
        amount => of(request.amount),
        plain => request.amount.major().to_string(),
        currency => request.amount.currency().code(),
        fee => of(preview.fee),
        net => of(preview.net),
        review => preview.needs_review,
        key => request.key.as_str(),
        takes_code => takes_code(&visitor.app, request.shopper).await?,
    };
    Ok(context! { asked => asked, ..choices(visitor).await? })
}

fn read(visitor: &Visitor, form: &Form) -> HttpResult<PayoutRequest> {
    let shopper = visitor.shopper()?;
    let wrong = |field: &str| HttpError::from(ServiceError::invalid(field, "cannot be read"));
    let method: MethodId = form.method.parse().map_err(|_cause| wrong("method"))?;
    let currency: Currency = form.currency.parse().map_err(|_cause| wrong("currency"))?;
    let amount = Amount::parse(&amount_input(&form.amount), currency).map_err(|_cause| wrong("amount"))?;
    let key = if form.key.is_empty() {
        Secret::random(16).map_err(ServiceError::internal)?.expose().to_owned()
    } else {
        form.key.clone()
    };
    Ok(PayoutRequest { shopper, method, amount, key })
}
