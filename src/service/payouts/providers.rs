//! The configured payout providers, and what shoppers are told about them.

use std::sync::Arc;

use crate::base::Secret;
use crate::base::secret::sha256_hex;
use crate::config::Config;
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::payouts::payout_is_under_way;
use crate::db::{Conn, Lane};
use crate::provider::client::{ClientSettings, HttpClient};
use crate::provider::sandbox::{Sandbox, SandboxSettings};
use crate::provider::{PayoutProvider, Providers, list};
use crate::service::{App, Outcome, ServiceError};

/// The name of the sandbox bank among the providers.
pub const SANDBOX: &str = "sandbox";

/// Makes the providers that the configuration names, and then the sandbox bank when its address is set.
///
/// # Errors
/// [`ServiceError::Invalid`] that names the key which is missing or wrong.
pub fn configured(config: &Config) -> Outcome<Providers> {
    let mut providers = Providers::new();
    let http = ClientSettings { allow_private: config.outgoing.allow_private, ..ClientSettings::default() };
    let http = HttpClient::new(&http).map_err(ServiceError::internal)?;
    for rail in &config.payouts.providers {
        let wrong = |problem: String| ServiceError::invalid("payouts.providers", format!("{}: {problem}", rail.name()));
        if !is_name(rail.name()) {
            return Err(wrong("a name is made of a-z, 0-9, - and _".to_owned()));
        }
        rail.check().map_err(wrong)?;
        let provider = list::provider(rail, http.clone()).map_err(|cause| wrong(cause.to_string()))?;
        if providers.add(provider).is_some() || rail.name() == SANDBOX {
            return Err(wrong("the name is taken: give each provider a name of its own".to_owned()));
        }
    }
    let settings = &config.sandbox;
    if !settings.url.is_empty() {
        let wanted = |key: &str, value: &Option<Secret>| {
            value.clone().ok_or_else(|| ServiceError::invalid(key, "must be set when sandbox.url is"))
        };
        let settings = SandboxSettings {
            name: SANDBOX.to_owned(),
            url: settings.url.clone(),
            api_key: wanted("sandbox.key", &settings.key)?,
            webhook_secret: wanted("sandbox.webhook_secret", &settings.webhook_secret)?,
            public_key: settings.public_key.clone(),
            webhook_peers: Vec::new(),
        };
        let sandbox =
            Sandbox::new(settings, http).map_err(|cause| ServiceError::invalid("sandbox.url", cause.to_string()))?;
        providers.add(Arc::new(sandbox));
    }
    Ok(providers)
}

/// What can stand in `bank/{name}` and in an address.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=32).contains(&name.len()) && name.bytes().all(plain)
}

/// Notes which account stands behind each provider's name. Another account knows none of the keys that were sent to the first
/// one, so what is under way would be paid a second time.
///
/// # Errors
/// [`ServiceError::Invalid`] when the account of a name has changed while payouts are under way there.
pub async fn hold_accounts(app: &App) -> Outcome<()> {
    let now = app.clock.now();
    for rail in &app.config.payouts.providers {
        let (Some(account), name) = (rail.account(), rail.name().to_owned()) else { continue };
        let body = serde_json::json!({ "account": sha256_hex(account.as_bytes()) }).to_string();
        let mark = MarkRow { name: format!("rail/{name}"), at: now, body };
        let write = move |conn: &mut Conn| -> Outcome<()> {
            let known = mark_find(conn, &mark.name)?;
            match known {
                Some(known) if known.body == mark.body => Ok(()),
                Some(_) if payout_is_under_way(conn, &name)? => Err(ServiceError::invalid(
                    "payouts.providers",
                    format!(
                        "{name}: another account stands behind this name, and payouts are under way at the first one: give the new account another name"
                    ),
                )),
                Some(_) | None => Ok(mark_set(conn, &mark)?),
            }
        };
        app.db.write(Lane::House, write).await?;
    }
    Ok(())
}

/// The provider of this name.
///
/// # Errors
/// `provider_not_configured` when the configuration names none of that name, or no longer.
pub fn provider_of(app: &App, name: &str) -> Outcome<Arc<dyn PayoutProvider>> {
    let missing =
        || ServiceError::refused("provider_not_configured", format!("the payout provider {name} is not configured"));
    app.providers.get(name).cloned().ok_or_else(missing)
}
