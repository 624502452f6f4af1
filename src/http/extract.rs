//! What handlers take out of a request: the client's address, a page of a list, the headers as they came.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ipnet::IpNet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{HttpError, HttpResult};
use crate::domain::adapter::file_text;
use crate::service::App;

/// The client's address: the peer's, or what trusted proxies say about it. `None` without a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub Option<IpAddr>);

impl FromRequest for ClientIp {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(client_ip(request))))
    }
}

/// The client's address of a request; see [`ClientIp`].
#[must_use]
pub fn client_ip(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let trusted = request.app_data::<web::Data<App>>().map_or(&[][..], |app| app.config.trusted_proxies.as_slice());
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    Some(behind_proxies(peer, &chain, trusted))
}

/// Walks from the peer back through the proxies that are trusted; the first address that is not is the client.
/// Everything left of it was written by the client and says nothing.
#[must_use]
pub fn behind_proxies(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut client = peer;
    for written in forwarded.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Ok(address) = written.parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

/// How many items a page has when nothing else is asked.
pub const DEFAULT_LIMIT: i64 = 50;
/// The most items that a page has.
pub const MAX_LIMIT: i64 = 100;

/// Which part of a list: `?after=<cursor>&limit=<1 to 100>`.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// The `next` of the page before; absent for the first page.
    pub after: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

impl Page {
    /// The limit.
    ///
    /// # Errors
    /// A 422 outside 1 to 100.
    pub fn limit(&self) -> HttpResult<i64> {
        match self.limit.unwrap_or(DEFAULT_LIMIT) {
            limit @ 1..=MAX_LIMIT => Ok(limit),
            _ => Err(crate::service::ServiceError::invalid("limit", "must be from 1 to 100").into()),
        }
    }

    /// The key after which the page begins; `None` for the first page. `T` is what [`PageOf::new`] was given.
    ///
    /// # Errors
    /// A 422 for a cursor that this list did not give out.
    pub fn key<T: DeserializeOwned>(&self) -> HttpResult<Option<T>> {
        self.after.as_deref().map(read_cursor).transpose()
    }
}

fn read_cursor<T: DeserializeOwned>(cursor: &str) -> HttpResult<T> {
    let raw = URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = raw.and_then(|raw| serde_json::from_slice(&raw).ok());
    key.ok_or_else(|| crate::service::ServiceError::invalid("after", "is not a cursor of this list").into())
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PageOf<T> {
    /// The items.
    pub items: Vec<T>,
    /// Send this as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> PageOf<T> {
    /// Makes a page from up to `limit + 1` rows: ask the database for one more than the limit, and whether there
    /// is a next page is known. `key` gives the sort key of the last item that is shown.
    ///
    /// # Errors
    /// An internal error when the key cannot be written as JSON.
    pub fn new<K: Serialize>(mut items: Vec<T>, limit: i64, key: impl FnOnce(&T) -> K) -> HttpResult<Self> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).map(key);
        Self::before(items, last)
    }

    /// Makes a page from rows and the key that the next one begins after, where there may be one.
    ///
    /// # Errors
    /// An internal error when the key cannot be written as JSON.
    pub fn before<K: Serialize>(items: Vec<T>, next: Option<K>) -> HttpResult<Self> {
        let next = next.map(|key| serde_json::to_vec(&key).map(|raw| URL_SAFE_NO_PAD.encode(raw))).transpose();
        Ok(Self { items, next: next.map_err(crate::service::ServiceError::internal)? })
    }

    /// The same page with each item changed into what is shown.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> PageOf<U> {
        PageOf { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// The headers in the order of arrival, names in lower case; bytes that are not UTF-8 are replaced.
#[must_use]
pub fn headers_to_vec(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

/// A form or query text that is a number, an id or a word, or a 422 that names the field.
///
/// # Errors
/// [`HttpError::Service`] with `invalid`.
pub fn parse_field<T>(field: &str, text: &str) -> Result<T, HttpError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|cause: T::Err| crate::service::ServiceError::invalid(field, cause.to_string()).into())
}

/// A table that is the whole body, as text; larger than actix' own limit where a route says so.
///
/// # Errors
/// A 413 above `largest` bytes; a 400 for a body that broke off.
pub(super) async fn table_body(body: web::Payload, largest: usize) -> HttpResult<String> {
    let body = body.to_bytes_limited(largest).await.map_err(|_over| HttpError::TooLarge { limit: largest })?;
    let body = body.map_err(|cause| HttpError::BadRequest(cause.to_string()))?;
    Ok(file_text(&body))
}
