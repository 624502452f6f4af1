//! The browsers that a shopper connected.

use actix_web::web;
use minijinja::context;
use serde::Serialize;

use crate::base::Timestamp;
use crate::base::id::TokenId;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::extension::{browser_disconnect, browser_list};

const PAGE: &str = "/account/extension";

/// A browser.
#[derive(Serialize)]
struct Browser {
    id: TokenId,
    name: String,
    created_at: Timestamp,
    used_at: Option<Timestamp>,
}

/// The list.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let rows = browser_list(&visitor.app, visitor.shopper()?).await?;
    let browsers = rows.into_iter().map(|row| Browser {
        id: row.id,
        name: row.name,
        created_at: row.created_at,
        used_at: row.used_at,
    });
    visitor.page("account_extension.html", context! { browsers => of(browsers.collect::<Vec<_>>()) })
}

/// Ends one.
pub(in crate::http::page) async fn end(visitor: Visitor, id: web::Path<TokenId>) -> PageResult {
    browser_disconnect(&visitor.app, visitor.shopper()?, id.into_inner()).await?;
    Ok(visitor.go_saying(PAGE, "browser-ended").finish())
}
