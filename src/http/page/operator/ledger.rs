//! The ledger as a whole: the head of its chain, the last check, and checking it now.

use minijinja::context;
use minijinja::value::Value;

use crate::db::seals::{seal_head, unsealed_count};
use crate::domain::access::Permission;
use crate::domain::chain::GENESIS;
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::watch::{check_ledger, last_check};

const TEMPLATE: &str = "operator_ledger.html";

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    let told = visitor.app.db.read(|conn| {
        let (position, hash) = seal_head(conn)?.unwrap_or((0, GENESIS.to_owned()));
        Ok::<_, HttpError>((position, hash, unsealed_count(conn)?))
    });
    let (position, hash, unsealed) = told.await?;
    let last = last_check(&visitor.app).await?;
    Ok(context! { position => position, hash => hash, unsealed => unsealed, last => of(last) })
}

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

/// Checks it now.
pub(in crate::http::page) async fn check(visitor: Visitor) -> PageResult {
    check_ledger(&visitor.app, visitor.operator(Permission::Look)?).await?;
    Ok(visitor.go_saying("/operator/ledger", "ledger-checked").finish())
}
