//! Partners, the secrets of their calls, and the operator's own adapters. One verb a file.

mod adapter_put;
mod formats;
mod partner_add;
mod partner_secret_rotate;
mod partner_update;

pub use adapter_put::{AdapterCheck, CallDifference, FieldDifference, PartnerCheck, adapter_put};
pub use formats::{Format, formats};
pub use partner_add::{NewPartner, PartnerAdded, partner_add};
pub use partner_secret_rotate::{SecretRotated, partner_secret_rotate};
pub use partner_update::{PartnerChange, partner_update};

use super::catalogue::compile;
use super::error::{Outcome, ServiceError};
use crate::base::Secret;
use crate::db::Conn;
use crate::db::partners::adapter_list;
use crate::domain::adapter::Adapter;
use crate::domain::partner::PartnerSettings;

/// How many random bytes a secret has that we make.
const SECRET_BYTES: usize = 24;

/// The secret that was given, or a fresh one.
fn secret_or_fresh(given: Option<Secret>) -> Outcome<Secret> {
    let Some(secret) = given else { return Secret::random(SECRET_BYTES).map_err(ServiceError::internal) };
    let text = secret.expose();
    if !(8..=512).contains(&text.len()) || text.trim() != text || text.chars().any(char::is_control) {
        let problem = "must have 8 to 512 characters without blanks around them; leave it out and one is made";
        return Err(ServiceError::invalid("secret", problem));
    }
    Ok(secret)
}

fn check_settings(settings: &PartnerSettings) -> Outcome<String> {
    settings.check().map_err(|problem| ServiceError::invalid("settings.time_zone", problem.to_string()))?;
    serde_json::to_string(settings).map_err(ServiceError::internal)
}

/// Refuses an adapter that is not there or cannot be used.
fn check_adapter(conn: &mut Conn, name: &str) -> Outcome<()> {
    let own = adapter_list(conn)?;
    compile(name, &own).map(drop).map_err(|problem| ServiceError::invalid("adapter", problem))
}

/// The adapter's example address as a partner's own: with our host, the partner's slug, and the secret or what stands for
/// it. `url` is the address of its calls. `None` when the adapter has no example.
#[must_use]
pub fn postback_address(adapter: &Adapter, url: &str, secret: &str) -> Option<String> {
    let example = adapter.outbound().postback_example.as_deref()?;
    let (_, rest) = example.split_once("/postback/")?;
    let after_slug = rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or_default();
    Some(format!("{url}{}", after_slug.replacen("SECRET", secret, 1)))
}
