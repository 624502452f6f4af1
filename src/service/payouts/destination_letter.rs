//! Letters about destinations: to the address that an account has, and to those that it had a short time ago, since whoever takes an
//! account over moves it to an address of their own first. Each carries the link that freezes payouts.

use super::freeze::FreezeLink;
use crate::base::Timestamp;
use crate::base::id::{KeyId, ShopperId};
use crate::db::jobs::JobRow;
use crate::db::protection::{PastAddressRow, past_address_context, past_address_list};
use crate::db::shoppers::shopper_find;
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::service::accounts::letter_job;
use crate::service::outbox::Letter;
use crate::service::{App, Outcome, ServiceError};

/// For how many days the address that an account had is told.
const PAST_DAYS: i64 = 30;

/// What a letter tells.
#[derive(Debug, Clone)]
pub(super) enum Told {
    /// A destination was added.
    Added {
        /// What people recognise it by.
        masked: String,
        /// When it can be used.
        usable_from: Timestamp,
    },
    /// One was removed.
    Removed {
        /// What people recognise it by.
        masked: String,
    },
    /// Payouts are frozen.
    Frozen,
    /// They are not any more.
    Unfrozen,
}

/// The jobs that post the letters; enqueue them in the transaction that they tell about.
///
/// # Errors
/// [`ServiceError::Db`]; [`ServiceError::Internal`] for an address that cannot be opened.
pub(super) async fn letters(app: &App, shopper: ShopperId, told: &Told) -> Outcome<Vec<JobRow>> {
    let now = app.clock.now();
    let read = app.db.read(move |conn| {
        Ok::<_, ServiceError>((shopper_find(conn, shopper)?, past_address_list(conn, shopper, now)?))
    });
    let (Some(row), past) = read.await? else { return Ok(Vec::new()) };
    if row.status == AccountStatus::Erased {
        return Ok(Vec::new());
    }
    let mut addresses = vec![row.email];
    for one in past {
        let opened = app.master.open(&past_address_context(one.id), &one.sealed).map_err(ServiceError::internal)?;
        if !addresses.iter().any(|known| known == opened.expose()) {
            addresses.push(opened.expose().to_owned());
        }
    }
    let link = app.public_url(&FreezeLink::new(app, shopper, now).path());
    let text = |key: &str, args: &[(&str, String)]| {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, value.clone().into())).collect();
        app.texts.text(row.language, key, &args)
    };
    let (key, place, when) = match told {
        Told::Added { masked, usable_from } => {
            ("added", masked.clone(), usable_from.datetime().format("%Y-%m-%d %H:%M UTC").to_string())
        }
        Told::Removed { masked } => ("removed", masked.clone(), String::new()),
        Told::Frozen => ("frozen", String::new(), String::new()),
        Told::Unfrozen => ("unfrozen", String::new(), String::new()),
    };
    let [subject, body] = ["subject", "text"].map(|part| {
        let args = [("place", place.clone()), ("when", when.clone()), ("site", app.public_url(""))];
        text(&format!("letter-destination-{key}-{part}"), &args)
    });
    let foot = match told {
        Told::Frozen => text("letter-destination-unfreeze", &[("link", app.public_url("/methods"))]),
        Told::Added { .. } | Told::Removed { .. } | Told::Unfrozen => {
            text("letter-destination-freeze", &[("link", link)])
        }
    };
    let whole = format!("{}\n\n{body}\n\n{foot}\n", text("letter-hello", &[]));
    let letter = |address: String| {
        let to = Email::parse(&address).map_err(ServiceError::internal)?;
        letter_job(app, &Letter { to, subject: subject.clone(), text: whole.clone() })
    };
    addresses.into_iter().map(letter).collect()
}

/// The row that keeps the address that an account leaves.
///
/// # Errors
/// [`ServiceError::Internal`] without random bytes.
pub fn past_address(app: &App, shopper: ShopperId, address: &str) -> Outcome<PastAddressRow> {
    let id = KeyId::new();
    let sealed = app.master.seal(&past_address_context(id), address).map_err(ServiceError::internal)?;
    Ok(PastAddressRow { id, shopper_id: shopper, sealed, until: app.clock.now().plus_days(PAST_DAYS) })
}
