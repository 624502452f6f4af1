//! `GET /go/{store}`: a shopper follows a tracking link.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderName, HeaderValue, LOCATION, REFERER, REFERRER_POLICY, USER_AGENT,
};
use actix_web::{HttpRequest, HttpResponse, route, web};

use super::error::HttpError;
use super::extract::ClientIp;
use super::notice::{Notice, notice};
use crate::domain::reason::Language;
use crate::service::App;
use crate::service::record_click::{Answer, Visit, record_click};

/// In which a browser says that it fetches ahead.
static PURPOSE: [HeaderName; 3] = [known("sec-purpose"), known("purpose"), known("x-moz")];
/// In which it says where a request comes from.
static SEC_FETCH: [HeaderName; 4] =
    [known("sec-fetch-site"), known("sec-fetch-mode"), known("sec-fetch-dest"), known("sec-fetch-user")];

const fn known(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// The pattern of the redirect's path, and
pub(super) const ROUTE: &str = "/go/{store}";
/// what all such paths begin with.
pub(super) const UNDER: &str = "/go/";

/// Follow a tracking link
///
/// Verifies the link, commits the click, and only then answers 302 to the store. Every other answer is a page
/// that says why there is no cashback to expect; it never leads to an address that the request named.
#[utoipa::path(
    tag = "public",
    params(
        ("store" = String, Path, description = "The store's slug"),
        ("u" = String, Query, description = "The shopper"),
        ("t" = i64, Query, description = "The version of the store's terms"),
        ("iat" = i64, Query, description = "When the link was made, unix seconds"),
        ("exp" = i64, Query, description = "Until when it may be followed, unix seconds"),
        ("to" = Option<String>, Query, description = "A page inside the store"),
        ("k" = String, Query, description = "Which key signed it"),
        ("s" = String, Query, description = "The signature"),
    ),
    responses(
        (status = 302, description = "The click is kept; go to the store"),
        (status = 403, description = "Not signed by us: no cashback would be recorded"),
        (status = 404, description = "No such store"),
        (status = 410, description = "The link has expired"),
        (status = 503, description = "The click cannot be kept now; Retry-After says when to come back"),
    ),
)]
#[route("/go/{store}", method = "GET", method = "HEAD")]
pub async fn go(request: HttpRequest, app: web::Data<App>, ip: ClientIp) -> Result<HttpResponse, HttpError> {
    let headers = request.headers();
    let word = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let visit = Visit {
        store: request.match_info().query("store"),
        query: request.query_string(),
        head: request.method() == actix_web::http::Method::HEAD,
        ip: ip.0,
        user_agent: word(&USER_AGENT),
        referrer: word(&REFERER),
        purpose: PURPOSE.iter().find_map(word),
        sec_fetch: sec_fetch(SEC_FETCH.each_ref().map(word)),
    };
    // Most are sent on, and read nothing here.
    let lang = || Language::from_accept(word(&ACCEPT_LANGUAGE), app.config.language);
    answer(lang, record_click(&app, visit).await?)
}

fn sec_fetch(said: [Option<&str>; 4]) -> Option<String> {
    said.iter().any(Option::is_some).then(|| said.map(|one| one.unwrap_or("-")).join(" "))
}

fn found(url: String) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((LOCATION, url))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header((REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")))
        .finish()
}

fn answer(lang: impl Fn() -> Language, answer: Answer) -> Result<HttpResponse, HttpError> {
    let either = |en: &'static str, ru: &'static str| match lang() {
        Language::En => en,
        Language::Ru => ru,
    };
    let to_store = either("Go to the store without cashback", "Перейти в магазин без кешбэка");
    let (status, page) = match answer {
        Answer::Go { url, .. } => return Ok(found(url)),
        // A browser that fetches ahead drops an error, and asks again when the shopper really clicks.
        Answer::NoPromise { prefetch: true, .. } => {
            return Ok(HttpResponse::ServiceUnavailable().insert_header((CACHE_CONTROL, "no-store")).finish());
        }
        Answer::NoPromise { home_url, prefetch: false } => return Ok(found(home_url)),
        Answer::NotSigned { store, home_url } => (
            StatusCode::FORBIDDEN,
            Notice {
                title: format!("{store}: {}", either("this link is not ours", "эта ссылка не наша")),
                text: either(
                    "Its signature is wrong, so no cashback would be recorded. Open the store from your catalogue to get a new link.",
                    "Подпись не сходится, поэтому кешбэк не будет начислен. Откройте магазин из каталога, чтобы получить новую ссылку.",
                )
                .to_owned(),
                link: Some((home_url, to_store)),
            },
        ),
        Answer::Expired { store, home_url } => (
            StatusCode::GONE,
            Notice {
                title: format!("{store}: {}", either("this link has expired", "срок действия ссылки истёк")),
                text: either(
                    "Links are valid for a limited time, so that the rate you saw is the rate you get. Open the store from your catalogue to get a new link.",
                    "Ссылки действуют ограниченное время, чтобы ставка осталась той, которую вы видели. Откройте магазин из каталога, чтобы получить новую ссылку.",
                )
                .to_owned(),
                link: Some((home_url, to_store)),
            },
        ),
        Answer::Paused { store, home_url } => (
            StatusCode::OK,
            Notice {
                title: format!("{store}: {}", either("cashback is paused", "кешбэк приостановлен")),
                text: either(
                    "The store does not pay cashback at the moment. Your order there would not be recorded.",
                    "Магазин сейчас не выплачивает кешбэк. Заказ не будет учтён.",
                )
                .to_owned(),
                link: Some((home_url, to_store)),
            },
        ),
        Answer::UnknownStore => (
            StatusCode::NOT_FOUND,
            Notice {
                title: either("There is no such store", "Такого магазина нет").to_owned(),
                text: either("The address may be mistyped, or the store has left.", "Возможно, в адресе опечатка или магазин больше не участвует.")
                    .to_owned(),
                link: None,
            },
        ),
    };
    notice(status, lang(), &page)
}
