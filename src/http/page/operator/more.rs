//! The rest of the menu.

use minijinja::context;

use crate::domain::access::Permission;
use crate::http::page::{PageResult, Visitor};

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    visitor.page("operator_more.html", context! {})
}
