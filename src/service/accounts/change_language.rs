//! A shopper chooses the language of letters and pages.

use crate::base::id::ShopperId;
use crate::db::Lane;
use crate::db::shoppers::shopper_set_language;
use crate::domain::reason::Language;
use crate::service::{App, Outcome, ServiceError};

/// Sets the language of an account.
///
/// # Errors
/// [`ServiceError::NotFound`] when the account went away meanwhile.
pub async fn change_language(app: &App, shopper: ShopperId, language: Language) -> Outcome<()> {
    let done = app.db.write(Lane::House, move |conn| shopper_set_language(conn, shopper, language)).await?;
    if done { Ok(()) } else { Err(ServiceError::NotFound("shopper")) }
}
