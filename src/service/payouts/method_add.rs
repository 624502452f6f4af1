//! A shopper saves a destination: a provider's token for a card or a wallet.

use chrono::TimeDelta;

use super::destination_letter::{Told, letters};
use super::providers::provider_of;
use crate::base::Secret;
use crate::base::id::{MethodId, ShopperId};
use crate::base::secret::MasterKey;
use crate::db::Lane;
use crate::db::jobs::job_enqueue;
use crate::db::methods::{MethodRow, method_context, method_insert, method_list};
use crate::db::protection::{DestinationRow, destination_insert};
use crate::domain::payout::MethodKind;
use crate::domain::payout::destination::check_text;
use crate::service::accounts::still_here;
use crate::service::{App, Outcome, ServiceError};

/// How many destinations a shopper may have.
const MOST_METHODS: usize = 10;
/// The longest token and the longest masked number, in characters.
const LONGEST_TOKEN: usize = 512;
const LONGEST_MASKED: usize = 40;

/// A destination to be saved.
#[derive(Debug, Clone)]
pub struct NewMethod {
    /// The provider that gave the token.
    pub provider: String,
    /// Card or wallet.
    pub kind: MethodKind,
    /// The provider's token.
    pub token: Secret,
    /// What people recognise it by: `•••• 4242`.
    pub masked: String,
}

/// Saves a destination; it can be used once its cool-off is over. A letter tells.
///
/// # Errors
/// [`ServiceError::Invalid`] for an unknown provider and for what looks like a card number; `too_many_methods`.
pub async fn method_add(app: &App, shopper: ShopperId, new: NewMethod) -> Outcome<MethodRow> {
    check_text(new.token.expose(), LONGEST_TOKEN).map_err(|why| ServiceError::invalid("token", why.to_string()))?;
    check_text(&new.masked, LONGEST_MASKED).map_err(|why| ServiceError::invalid("masked", why.to_string()))?;
    if provider_of(app, &new.provider).is_err() {
        return Err(ServiceError::invalid("provider", "there is no such payout provider"));
    }
    let (id, now) = (MethodId::new(), app.clock.now());
    let sealed = app.master.seal(&method_context(id), new.token.expose()).map_err(ServiceError::internal)?;
    let hash = destination_hash(&app.master, new.token.expose());
    let hash = DestinationRow { method_id: id, shopper_id: shopper, hash };
    let cool_off = TimeDelta::hours(i64::from(app.config.payouts.cool_off_hours));
    let row = MethodRow {
        id,
        shopper_id: shopper,
        provider: new.provider,
        kind: new.kind,
        masked: new.masked,
        sealed,
        created_at: now,
        usable_from: now.plus(cool_off),
        removed_at: None,
    };
    let told = Told::Added { masked: row.masked.clone(), usable_from: row.usable_from };
    let jobs = letters(app, shopper, &told).await?;
    app.db
        .write(Lane::Shopper(shopper), move |conn| {
            still_here(conn, shopper)?;
            if method_list(conn, shopper)?.len() >= MOST_METHODS {
                return Err(ServiceError::refused("too_many_methods", "remove a payout method first"));
            }
            method_insert(conn, &row)?;
            destination_insert(conn, &hash)?;
            jobs.iter().try_for_each(|job| job_enqueue(conn, job))?;
            Ok(row.clone())
        })
        .await
}

/// What tells the same destination on several accounts: a keyed hash of it, without spaces and in lower case.
#[must_use]
pub fn destination_hash(master: &MasterKey, destination: &str) -> String {
    let plain: String = destination.chars().filter(|c| !c.is_whitespace()).collect();
    master.fingerprint("destination", &plain.to_lowercase())
}
