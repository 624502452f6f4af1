//! Follows a tracking link: verifies it, commits the click, and only then says where to send the shopper.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use super::catalogue::Snapshot;
use super::{App, Outcome};
use crate::base::Timestamp;
use crate::base::id::{ClickId, ShopperId};
use crate::db::clicks::ClickRow;
use crate::domain::bot::BotVerdict;
use crate::domain::link::{Link, LinkError, deep_link_inside, fill_template, with_afsrc};

/// How much of `User-Agent` and of what `Sec-Fetch-*` say is kept, in bytes, or in characters where it is longer than that.
const USER_AGENT: usize = 400;
const SEC_FETCH: usize = 100;

/// A request for a link, as far as a click is concerned.
#[derive(Debug, Clone, Default)]
pub struct Visit<'a> {
    /// The store's slug, from the path.
    pub store: &'a str,
    /// The raw query.
    pub query: &'a str,
    /// A HEAD request: somebody looks, nobody clicks.
    pub head: bool,
    /// The visitor's address.
    pub ip: Option<IpAddr>,
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// `Referer`.
    pub referrer: Option<&'a str>,
    /// `Sec-Purpose`, `Purpose` or `X-Moz`.
    pub purpose: Option<&'a str>,
    /// `Sec-Fetch-Site`, `-Mode`, `-Dest`, `-User`, separated by blanks.
    pub sec_fetch: Option<String>,
}

/// What a visitor is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The click is on the disk: go there.
    Go {
        /// Where to.
        url: String,
        /// The click.
        click: ClickId,
    },
    /// A program, or a look ahead: nothing is promised, nothing is kept.
    NoPromise {
        /// The store's own home page.
        home_url: String,
        /// A browser that fetches ahead must not keep this answer for the real click.
        prefetch: bool,
    },
    /// The signature is wrong: no cashback would be recorded.
    NotSigned {
        /// The store's name.
        store: String,
        /// The store's own home page.
        home_url: String,
    },
    /// Our link, but too old.
    Expired {
        /// The store's name.
        store: String,
        /// Its home page.
        home_url: String,
    },
    /// The store takes no cashback orders now.
    Paused {
        /// The store's name.
        store: String,
        /// The store's own home page.
        home_url: String,
    },
    /// No such store.
    UnknownStore,
}

/// Follows a link.
///
/// # Errors
/// [`ServiceError::Db`] or [`ServiceError::Stream`] when the click cannot be kept: then nothing is promised.
pub async fn record_click(app: &App, visit: Visit<'_>) -> Outcome<Answer> {
    let mut known = app.catalogue.snapshot();
    let mut store = known.stores.get(visit.store).map(Arc::clone);
    if store.is_none() {
        known = anew(app).await?;
        store = known.stores.get(visit.store).map(Arc::clone);
    }
    let Some(store) = store else { return Ok(Answer::UnknownStore) };
    let name = || store.row.name.clone();
    let home_url = || store.row.home_url.clone();
    let bot = app.bots.verdict(visit.user_agent, visit.purpose);
    let now = app.clock.now();
    let link = match verified(app, &mut known, &visit, now).await? {
        Ok(link) => link,
        Err(LinkError::Expired) => return Ok(Answer::Expired { store: name(), home_url: home_url() }),
        Err(LinkError::Malformed | LinkError::BadSignature | LinkError::UnknownKey) => {
            return Ok(Answer::NotSigned { store: name(), home_url: home_url() });
        }
    };
    if !store.is_active() {
        return Ok(Answer::Paused { store: name(), home_url: home_url() });
    }
    match bot {
        Some(BotVerdict::Prefetch) => return Ok(Answer::NoPromise { home_url: home_url(), prefetch: true }),
        Some(BotVerdict::Crawler) => return Ok(Answer::NoPromise { home_url: home_url(), prefetch: false }),
        Some(BotVerdict::Nameless) | None if visit.head => {
            return Ok(Answer::NoPromise { home_url: home_url(), prefetch: false });
        }
        Some(BotVerdict::Nameless) | None => {}
    }
    let store = match store.terms.contains_key(&link.terms_version) {
        true => Arc::clone(&store),
        false => {
            known = anew(app).await?;
            known.stores.get(visit.store).map_or_else(|| Arc::clone(&store), Arc::clone)
        }
    };
    let (Some(terms), Ok(shopper)) = (store.terms.get(&link.terms_version), ShopperId::from_reference(&link.shopper))
    else {
        return Ok(Answer::NotSigned { store: name(), home_url: home_url() });
    };
    // Checked when the link was made; checked again, since a store's domains may have changed since.
    let deep_link = link.deep_link.as_deref().and_then(|to| deep_link_inside(to, &store.domains));
    let template = match (&store.row.deep_link_url, &deep_link) {
        (Some(template), Some(_)) => template,
        (_, _) => &store.row.landing_url,
    };
    // It ends as its shopper's id does, so that a postback finds the shopper's lane without asking the database.
    let click = ClickId::ending_as(&shopper);
    let filled = fill_template(template, &click.reference(), deep_link.as_deref());
    let direct = known.partner(store.row.partner_id).is_some_and(|partner| partner.settings.direct);
    let url = if direct { with_afsrc(&filled) } else { filled };
    let row = ClickRow {
        id: click,
        shopper_id: shopper,
        store_id: store.row.id,
        partner_id: store.row.partner_id,
        terms_id: terms.id,
        at: now,
        issued_at: link.issued_at,
        landing_url: url,
        referrer_host: visit.referrer.and_then(host_of),
        user_agent: visit.user_agent.map(|text| cut(text.into(), USER_AGENT)),
        ip_prefix: visit.ip.map(prefix),
        ip_hash: visit.ip.map(|ip| app.master.fingerprint("click-ip", &ip.to_string())),
        sec_fetch: visit.sec_fetch.map(|text| cut(text.into(), SEC_FETCH)),
        bot,
    };
    let kept = app.clicks.keep(row).await?;
    Ok(Answer::Go { url: kept.landing_url, click })
}

/// Verifies a link.
async fn verified<'a>(
    app: &App,
    known: &mut Arc<Snapshot>,
    visit: &Visit<'a>,
    now: Timestamp,
) -> Outcome<Result<Link<'a>, LinkError>> {
    let verify = |known: &Snapshot| match &known.ring {
        Some(ring) => ring.verify(visit.store, visit.query, now),
        None => Err(LinkError::UnknownKey),
    };
    match verify(known) {
        Err(LinkError::UnknownKey) => {
            *known = anew(app).await?;
            Ok(verify(known))
        }
        done => Ok(done),
    }
}

/// The catalogue, read again: a store, its terms or a key may have been made on another node a moment ago.
async fn anew(app: &App) -> Outcome<Arc<Snapshot>> {
    app.reload_when_stale().await?;
    Ok(app.catalogue.snapshot())
}

fn host_of(referrer: &str) -> Option<String> {
    url::Url::parse(referrer).ok()?.host_str().map(str::to_owned)
}

fn cut(text: Cow<'_, str>, most: usize) -> String {
    if text.len() <= most { text.into_owned() } else { text.chars().take(most).collect() }
}

/// The address without what tells one household from another: /24 of IPv4, /48 of IPv6.
pub(super) fn prefix(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}
