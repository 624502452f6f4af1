//! Freezing payouts: by the link of a letter, without signing in, or from the page of destinations; and ending that.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::http::page::{PageResult, Visitor};
use crate::http::{ClientIp, HttpError};
use crate::service::ServiceError;
use crate::service::limits::Limits;
use crate::service::payouts::freeze::{FreezeLink, freeze_by_link, freeze_own, unfreeze_own};

const TEMPLATE: &str = "freeze.html";

/// The link as it is written, which anybody may have changed.
#[derive(Deserialize)]
pub(in crate::http::page) struct Written {
    #[serde(default)]
    who: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    sign: String,
}

impl Written {
    fn link(&self) -> Option<FreezeLink> {
        let who: ShopperId = self.who.parse().ok()?;
        Some(FreezeLink { who, until: self.until.parse().ok()?, sign: self.sign.clone() })
    }
}

/// Asks once more. Looking at a link changes nothing: mail programs look at all of them.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Written>) -> PageResult {
    let good = query.link().is_some_and(|link| link.check(&visitor.app).is_ok());
    let Written { who, until, sign } = query.into_inner();
    visitor.page(TEMPLATE, context! { step => if good { "ask" } else { "bad" }, who, until, sign })
}

/// Freezes.
pub(in crate::http::page) async fn freeze(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Written>,
) -> PageResult {
    limits.code(client.0)?;
    let done = match form.link() {
        Some(link) => freeze_by_link(&visitor.app, &link).await,
        None => Err(ServiceError::refused("link_not_valid", "this link is not valid")),
    };
    match done {
        Ok(()) => visitor.page(TEMPLATE, context! { step => "done" }),
        Err(ServiceError::Refused { .. } | ServiceError::NotFound(_)) => {
            visitor.page(TEMPLATE, context! { step => "bad" })
        }
        Err(error) => Err(HttpError::from(error)),
    }
}

/// Freezes the shopper's own payouts.
pub(in crate::http::page) async fn own(visitor: Visitor) -> PageResult {
    freeze_own(&visitor.app, visitor.shopper()?).await?;
    Ok(visitor.go_saying("/methods", "payouts-frozen").finish())
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    password: Secret,
    #[serde(default)]
    code: String,
}

/// Ends the shopper's own freeze.
pub(in crate::http::page) async fn end(
    visitor: Visitor,
    limits: web::Data<Limits>,
    form: web::Form<Form>,
) -> PageResult {
    visitor.shopper()?;
    let Some(caller) = &visitor.caller else { return Err(ServiceError::Unauthenticated.into()) };
    match unfreeze_own(&visitor.app, &limits, caller, &form.password, &form.code).await {
        Ok(()) => Ok(visitor.go_saying("/methods", "payouts-unfrozen").finish()),
        Err(error) => super::methods::again(visitor, error.into()).await,
    }
}
