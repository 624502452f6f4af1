//! What is known of a shopper, in one archive; and leaving for good.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::Secret;
use crate::http::api::account::archive_of;
use crate::http::caller::ended_cookie;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, Farewell};
use crate::service::limits::Limits;

const TEMPLATE: &str = "leave_account.html";
/// The archive.
pub(in crate::http::page) async fn export(visitor: Visitor, limits: web::Data<Limits>) -> PageResult {
    archive_of(&visitor.app, &limits, visitor.shopper()?, Some(visitor.reader.language)).await
}

async fn values(visitor: &Visitor) -> HttpResult<minijinja::value::Value> {
    let shopper = visitor.shopper()?;
    let balances = crate::http::api::orders::balance_of(&visitor.app, shopper).await?;
    let caller = visitor.signed_in()?;
    let factor = accounts::factor_state(&visitor.app, &caller.actor).await?.on;
    Ok(context! { balances => of(balances), factor => factor })
}

/// What erasing the account means, before it is done.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    password: Secret,
    #[serde(default)]
    code: String,
    give_up_money: Option<String>,
}

/// Erases the account.
pub(in crate::http::page) async fn leave(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let done = async {
        limits.code(client.0)?;
        let caller = visitor.signed_in()?;
        let (password, code) = (form.password.clone(), form.code.clone());
        let said = Farewell { password, code, give_up_money: form.give_up_money.is_some() };
        accounts::erase_account(&visitor.app, &limits, caller, said).await.map_err(HttpError::from)
    };
    match done.await {
        Ok(()) => Ok(visitor.go_saying("/", "account-erased").cookie(ended_cookie(&visitor.app)).finish()),
        Err(error) => {
            let values = values(&visitor).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}
