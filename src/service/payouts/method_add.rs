//! A shopper saves a destination: a provider's token for a card or a wallet, or what was typed here.

use std::sync::Arc;

use chrono::TimeDelta;

use super::destination_letter::{Told, letters};
use crate::base::Secret;
use crate::base::id::{MethodId, ShopperId};
use crate::base::secret::MasterKey;
use crate::db::Lane;
use crate::db::jobs::job_enqueue;
use crate::db::methods::{MethodRow, method_context, method_insert, method_list};
use crate::db::protection::{DestinationRow, destination_insert};
use crate::domain::payout::MethodKind;
use crate::domain::payout::destination::{DestinationRefusal, check_text};
use crate::domain::payout::typed::{Destination, Typed, Wrong};
use crate::provider::PayoutProvider;
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
    /// The provider that gave the token; for what is typed here, the one to pay with if it can, or nothing.
    pub provider: String,
    /// What it is.
    pub kind: MethodKind,
    /// The provider's token, for the kinds that have one.
    pub token: Secret,
    /// What people recognise it by: `•••• 4242`. Made here for what is typed here.
    pub masked: String,
    /// What was typed, for the other kinds.
    pub typed: Typed,
}

/// A destination that was looked at.
struct Checked {
    provider: String,
    kept: Secret,
    masked: String,
}

/// Saves a destination; it can be used once its cool-off is over. A letter tells.
///
/// # Errors
/// [`ServiceError::Invalid`] for a provider that is unknown or does not pay to this kind, for a wrong destination and
/// for what looks like a card number; `too_many_methods`.
pub async fn method_add(app: &App, shopper: ShopperId, new: NewMethod) -> Outcome<MethodRow> {
    let kind = new.kind;
    let Checked { provider, kept, masked } = check(app, new)?;
    let (id, now) = (MethodId::new(), app.clock.now());
    let sealed = app.master.seal(&method_context(id), kept.expose()).map_err(ServiceError::internal)?;
    let hash = destination_hash(&app.master, kept.expose());
    let hash = DestinationRow { method_id: id, shopper_id: shopper, hash };
    let cool_off = TimeDelta::hours(i64::from(app.config.payouts.cool_off_hours));
    let row = MethodRow {
        id,
        shopper_id: shopper,
        provider,
        kind,
        masked,
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

/// What tells the same destination on several accounts: a keyed hash of it, without spaces and in lower case. Who is said to
/// hold an account does not make it another one.
#[must_use]
pub fn destination_hash(master: &MasterKey, destination: &str) -> String {
    let account = match Destination::open(destination) {
        Ok(Destination::Iban { iban, .. }) => format!("iban:{iban}"),
        Ok(Destination::Account { account, bik, .. }) => format!("account:{bik}:{account}"),
        // A provider's token is no JSON.
        Ok(Destination::Sbp { .. } | Destination::YooMoney { .. } | Destination::PayPal { .. }) | Err(_) => {
            destination.to_owned()
        }
    };
    let plain: String = account.chars().filter(|c| !c.is_whitespace()).collect();
    master.fingerprint("destination", &plain.to_lowercase())
}

fn check(app: &App, new: NewMethod) -> Outcome<Checked> {
    match Destination::read(new.kind, &new.typed)
        .map_err(|Wrong(field, problem)| ServiceError::invalid(field, problem))?
    {
        Some(destination) => {
            let provider = paying(app, new.kind, &new.provider)?;
            let kept = Secret::new(destination.keep().map_err(ServiceError::internal)?);
            Ok(Checked { provider, kept, masked: destination.masked() })
        }
        None => {
            let wrong =
                |field: &'static str| move |why: DestinationRefusal| ServiceError::invalid(field, why.to_string());
            check_text(new.token.expose(), LONGEST_TOKEN).map_err(wrong("token"))?;
            check_text(&new.masked, LONGEST_MASKED).map_err(wrong("masked"))?;
            if new.provider.is_empty() {
                return Err(nobody());
            }
            let provider = paying(app, new.kind, &new.provider)?;
            Ok(Checked { provider, kept: new.token, masked: new.masked })
        }
    }
}

/// The provider of that name, or the first of all, that pays to a kind.
fn paying(app: &App, kind: MethodKind, name: &str) -> Outcome<String> {
    let pays = |provider: &&Arc<dyn PayoutProvider>| provider.ways().iter().any(|way| way.kind == kind);
    let fits = |provider: &&Arc<dyn PayoutProvider>| name.is_empty() || provider.name() == name;
    if !app.providers.iter().any(|provider| fits(&provider)) {
        return Err(nobody());
    }
    let found = app.providers.iter().filter(fits).find(pays);
    found
        .map(|provider| provider.name().to_owned())
        .ok_or_else(|| ServiceError::invalid("kind", "nobody here pays to it"))
}

fn nobody() -> ServiceError {
    ServiceError::invalid("provider", "there is no such payout provider")
}
