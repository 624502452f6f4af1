//! Tracking links: the URL that a shopper follows, signed so that nobody can make one up.
//!
//! `GET /go/{store}?u=…&t=…&iat=…&exp=…&to=…&k=…&s=…`: shopper's id in its short form (its reference), terms version, times of issue
//! and expiry (unix seconds), an optional deep link, key id, signature. The signature is HMAC-SHA256
//! (RFC 2104) over the canonical form of everything else.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use url::{Host, Url};

use crate::base::{Secret, Timestamp};

/// What a tracking link promises to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    /// The store's slug.
    pub store: Cow<'a, str>,
    /// The shopper's id in its short form (its reference).
    pub shopper: Cow<'a, str>,
    /// The version of the store's terms that was shown.
    pub terms_version: i64,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Until when it may be followed.
    pub expires_at: Timestamp,
    /// A page inside the store.
    pub deep_link: Option<Cow<'a, str>>,
}

/// Why a link is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// A part is missing, twice there, or not readable.
    #[error("the link is incomplete")]
    Malformed,
    /// The signature is not ours.
    #[error("the link's signature is not valid")]
    BadSignature,
    /// It names a key that is not in the ring: retired, made elsewhere a moment ago, or never ours.
    #[error("the link's key is not known")]
    UnknownKey,
    /// Too old.
    #[error("the link has expired")]
    Expired,
}

/// Signs with one key and verifies with several.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<(String, Hmac<Sha256>)>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(id, _)| id)).finish()
    }
}

/// Characters of a link's values that go through a query string as they are.
const QUERY_VALUE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'=').add(b'?');

impl KeyRing {
    /// A ring of keys, newest first: the first one signs.
    #[must_use]
    pub fn new(keys: &[(String, Secret)]) -> Self {
        let prepare = |(id, secret): &(String, Secret)| {
            // HMAC takes keys of any length.
            Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok().map(|mac| (id.clone(), mac))
        };
        Self { keys: keys.iter().filter_map(prepare).collect() }
    }

    /// The path and query of a signed link; `None` when the ring is empty.
    #[must_use]
    pub fn sign(&self, link: &Link<'_>) -> Option<String> {
        let (key_id, mac) = self.keys.first()?;
        let mut mac = mac.clone();
        canonical(&mut mac, link, key_id);
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        let mut out = format!(
            "/go/{}?u={}&t={}&iat={}&exp={}",
            link.store,
            link.shopper,
            link.terms_version,
            link.issued_at.seconds(),
            link.expires_at.seconds()
        );
        if let Some(to) = &link.deep_link {
            // Writing to a String does not fail.
            let _written = write!(out, "&to={}", utf8_percent_encode(to, QUERY_VALUE));
        }
        let _written = write!(out, "&k={key_id}&s={signature}");
        Some(out)
    }

    /// Reads and verifies a link. The signature is checked before anything is believed, and the expiry
    /// after it, so that an expired link is known to have been ours.
    ///
    /// # Errors
    /// Any [`LinkError`].
    pub fn verify<'a>(&self, store: &'a str, query: &'a str, now: Timestamp) -> Result<Link<'a>, LinkError> {
        let (link, key_id, signature) = parse(store, query).ok_or(LinkError::Malformed)?;
        let (_, mac) = self.keys.iter().find(|(id, _)| *id == key_id).ok_or(LinkError::UnknownKey)?;
        let mut mac = mac.clone();
        canonical(&mut mac, &link, &key_id);
        let claimed = URL_SAFE_NO_PAD.decode(signature.as_bytes()).map_err(|_cause| LinkError::BadSignature)?;
        mac.verify_slice(&claimed).map_err(|_cause| LinkError::BadSignature)?;
        if now > link.expires_at {
            return Err(LinkError::Expired);
        }
        Ok(link)
    }
}

/// What is written goes into the code as it comes; a text of it would be made for each click and thrown away.
struct Coded<'a>(&'a mut Hmac<Sha256>);

impl std::fmt::Write for Coded<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// One text for one link. Fields are separated by line feeds, which none of them may contain; the deep
/// link, the only free text, comes last.
fn canonical(mac: &mut Hmac<Sha256>, link: &Link<'_>, key_id: &str) {
    // Writing into a code does not fail.
    let _written = write!(
        Coded(mac),
        "kopilka-link-1\n{key_id}\n{}\n{}\n{}\n{}\n{}\n{}",
        link.store,
        link.shopper,
        link.terms_version,
        link.issued_at.seconds(),
        link.expires_at.seconds(),
        link.deep_link.as_deref().unwrap_or("")
    );
}

/// The link, the id of its key, and its signature.
fn parse<'a>(store: &'a str, query: &'a str) -> Option<(Link<'a>, Cow<'a, str>, Cow<'a, str>)> {
    let [mut u, mut t, mut iat, mut exp, mut to, mut k, mut s] = [const { None::<Cow<'a, str>> }; 7];
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let slot = match name.as_ref() {
            "u" => &mut u,
            "t" => &mut t,
            "iat" => &mut iat,
            "exp" => &mut exp,
            "to" => &mut to,
            "k" => &mut k,
            "s" => &mut s,
            // What advertisers and mail programs append is none of ours, and is not signed.
            _ => continue,
        };
        if slot.is_some() || value.contains('\n') {
            return None;
        }
        *slot = Some(value);
    }
    let seconds = |text: Option<Cow<'_, str>>| text?.parse().ok().and_then(Timestamp::from_seconds);
    let link = Link {
        store: store.into(),
        shopper: u?,
        terms_version: t?.parse().ok()?,
        issued_at: seconds(iat)?,
        expires_at: seconds(exp)?,
        deep_link: to.filter(|text| !text.is_empty()),
    };
    Some((link, k?, s?))
}

/// Checks that a deep link leads into the store: https, and one of the store's own domains or a
/// subdomain of one; no user name in it. Gives the normal form of the URL.
#[must_use]
pub fn deep_link_inside(deep_link: &str, domains: &[String]) -> Option<String> {
    let url = Url::parse(deep_link).ok()?;
    let host = url.host_str()?;
    let inside = |domain: &String| {
        // Written by people: in capitals, or in letters that the URL has as punycode. An empty one matches nothing.
        let Ok(domain) = Host::parse(domain).map(|domain| domain.to_string()) else { return false };
        host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
    };
    let plain =
        url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && url.port().is_none();
    (plain && domains.iter().any(inside)).then(|| url.to_string())
}

/// Fills a landing template: `{click}` with the click's reference, `{deep_link}` percent-encoded once.
#[must_use]
pub fn fill_template(template: &str, click_reference: &str, deep_link: Option<&str>) -> String {
    let filled = template.replace("{click}", click_reference);
    match deep_link {
        Some(to) => filled.replace("{deep_link}", &utf8_percent_encode(to, NON_ALPHANUMERIC).to_string()),
        None => filled,
    }
}

/// A landing with `afsrc=1`. Networks' redirects are known by their hosts; where a store is reached directly, this is the only
/// sign of whose click it is. The rest of the address stays as it is.
#[must_use]
pub fn with_afsrc(landing: &str) -> String {
    let (address, fragment) = match landing.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (landing, None),
    };
    let between = match address.split_once('?') {
        Some((_, query)) if query.split('&').any(|part| part == "afsrc=1") => return landing.to_owned(),
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
        None => "?",
    };
    let marked = format!("{address}{between}afsrc=1");
    fragment.map_or_else(|| marked.clone(), |fragment| format!("{marked}#{fragment}"))
}
