//! A shopper looks at the saved destinations.

use crate::base::id::ShopperId;
use crate::db::methods::MethodRow;
use crate::db::methods::method_list as rows;
use crate::service::{App, Outcome};

/// A shopper's methods, oldest first.
///
/// # Errors
/// [`crate::service::ServiceError::Db`].
pub async fn method_list(app: &App, shopper: ShopperId) -> Outcome<Vec<MethodRow>> {
    Ok(app.db.read(move |conn| rows(conn, shopper)).await?)
}
