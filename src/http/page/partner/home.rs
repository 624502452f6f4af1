//! How an integration and its money stand.

use minijinja::context;

use super::own;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::desk::overview::overview;

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let told = overview(&visitor.app, &partner).await?;
    visitor.page(
        "partner_home.html",
        context! {
            partner => told.name.as_str(),
            status => told.status.as_str(),
            application => of(&told.application),
            list => of(&told.checklist),
            steps => told.checklist.checks.len(),
            claims => told.claims,
            owed => of(&told.owed),
            expected => of(&told.expected),
        },
    )
}
