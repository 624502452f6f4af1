//! Who looks at a page, in which language and time zone, and how a page is answered.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
    RETRY_AFTER,
};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder, web};
use chrono_tz::Tz;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::form::Fields;
use crate::base::Timestamp;
use crate::base::id::{PartnerId, ShopperId};
use crate::domain::access::{Actor, Permission, TokenKind};
use crate::domain::reason::Language;
use crate::http::caller::{caller, ended_cookie, from_our_pages, is_https};
use crate::http::{HttpError, HttpResult};
use crate::service::accounts::{Caller, Who, whoami};
use crate::service::watch::{Waiting, waiting};
use crate::service::{App, ServiceError};
use crate::web::{Reader, Web};

/// What handlers of pages return.
pub(in crate::http) type PageResult = HttpResult<HttpResponse>;

/// Where a reader's own choice of language is kept.
const LANGUAGE_COOKIE: &str = "kopilka_language";
/// Where a browser tells its time zone; a script of ours writes it.
const ZONE_COOKIE: &str = "kopilka_zone";
/// Carries the key of a message to the page that follows.
const FLASH_COOKIE: &str = "kopilka_flash";

/// Pages load nothing from elsewhere, run no script and no style of their own text, and send forms nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Any value as templates see it.
pub(in crate::http) fn of<T: Serialize>(value: T) -> Value {
    Value::from(Serde(value))
}

/// Whoever looks at a page.
pub(in crate::http) struct Visitor {
    /// The application.
    pub app: web::Data<App>,
    /// Who it is; `None` for a stranger.
    pub caller: Option<Caller>,
    /// Language and time zone.
    pub reader: Reader,
    who: Option<Who>,
    /// How much waits for a person, for the menu of operators.
    waiting: Option<Waiting>,
    web: web::Data<Web>,
    request: HttpRequest,
    /// The session cookie names a session that is over.
    stale: bool,
    /// Other origins that this page's scripts may call.
    calls: Vec<String>,
    /// Other origins whose scripts and frames this page may load.
    embeds: Vec<String>,
}

/// What is known of whoever looks, for the page that tells of an error.
pub(super) struct Seen {
    /// The reader.
    pub reader: Reader,
    /// What stands around every page.
    pub around: Value,
}

impl FromRequest for Visitor {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = HttpResult<Self>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(request).await })
    }
}

impl Visitor {
    async fn of(request: HttpRequest) -> HttpResult<Self> {
        let data = || ServiceError::Internal("the server has no pages".to_owned());
        let app = request.app_data::<web::Data<App>>().cloned().ok_or_else(data)?;
        let web = request.app_data::<web::Data<Web>>().cloned().ok_or_else(data)?;
        let language = reader_of(&request, &app, None).language;
        request.extensions_mut().insert(language);
        // Signed in or not: a form of another site must not sign a visitor in either.
        if !request.method().is_safe() && !from_our_pages(&request, &app) {
            return Err(ServiceError::Forbidden.into());
        }
        let (caller, stale) = match caller(&request).await {
            Ok(caller) => (caller, false),
            Err(HttpError::Service(ServiceError::Unauthenticated)) => (None, true),
            Err(error) => return Err(error),
        };
        let who = match &caller {
            Some(caller) => Some(whoami(&app, &caller.actor).await?),
            None => None,
        };
        let waiting = match &who {
            Some(Who::Operator { .. }) => Some(waiting(&app).await?),
            Some(Who::Shopper { .. } | Who::Partner { .. } | Who::Person { .. }) | None => None,
        };
        let reader = reader_of(&request, &app, who.as_ref());
        let visitor =
            Self { app, caller, reader, who, waiting, web, request, stale, calls: Vec::new(), embeds: Vec::new() };
        let seen = Seen { reader, around: visitor.around(None) };
        visitor.request.extensions_mut().insert(seen);
        Ok(visitor)
    }

    /// Whoever is signed in, of any kind; 401 to strangers.
    pub fn signed_in(&self) -> HttpResult<&Caller> {
        Ok(self.caller.as_ref().ok_or(ServiceError::Unauthenticated)?)
    }

    /// The shopper who looks; 401 to strangers, who are asked to sign in, and 403 to others.
    pub fn shopper(&self) -> HttpResult<ShopperId> {
        match self.caller.as_ref().map(|caller| &caller.actor) {
            Some(Actor::Shopper(id)) => Ok(*id),
            Some(Actor::Partner(_) | Actor::Person(..) | Actor::Operator(..) | Actor::Console) => {
                Err(ServiceError::Forbidden.into())
            }
            None => Err(ServiceError::Unauthenticated.into()),
        }
    }

    /// The operator who looks and may do this; 401 to strangers, 403 to others.
    pub fn operator(&self, permission: Permission) -> HttpResult<&Actor> {
        match self.caller.as_ref().map(|caller| &caller.actor) {
            Some(actor @ Actor::Operator(..)) if actor.may(permission) => Ok(actor),
            Some(Actor::Shopper(_) | Actor::Partner(_) | Actor::Person(..) | Actor::Operator(..) | Actor::Console) => {
                Err(ServiceError::Forbidden.into())
            }
            None => Err(ServiceError::Unauthenticated.into()),
        }
    }

    /// The partner of whoever looks, in a session, and who that is; 401 to strangers, 403 to others. A partner's programs have the API.
    pub fn partner(&self) -> HttpResult<(PartnerId, &Actor)> {
        match self.caller.as_ref().map(|caller| (&caller.actor, caller.kind)) {
            // A person's token is a program's, too: it must not open by a page what the API keeps for sessions.
            Some((actor @ Actor::Person(_, partner), TokenKind::Session)) => Ok((*partner, actor)),
            Some((
                Actor::Shopper(_) | Actor::Partner(_) | Actor::Person(..) | Actor::Operator(..) | Actor::Console,
                _,
            )) => Err(ServiceError::Forbidden.into()),
            None => Err(ServiceError::Unauthenticated.into()),
        }
    }

    /// The address of whoever is signed in with one.
    pub fn email(&self) -> Option<&str> {
        match &self.who {
            Some(Who::Shopper { email, .. } | Who::Person { email, .. } | Who::Operator { email, .. }) => {
                Some(email.as_str())
            }
            Some(Who::Partner { .. }) | None => None,
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Whether a message under this key is there in the reader's language.
    pub fn has_text(&self, key: &str) -> bool {
        self.web.texts().is_ok_and(|texts| texts.has(self.reader.language, key))
    }

    /// A message in the reader's language.
    pub fn text(&self, key: &str, args: &crate::web::Args<'_>) -> HttpResult<String> {
        let texts = self.web.texts().map_err(ServiceError::internal)?;
        Ok(texts.text(self.reader.language, key, args))
    }

    /// The same, for a page whose script calls these origins.
    pub fn calling(self, origins: Vec<String>) -> Self {
        Self { calls: origins, ..self }
    }

    /// The same, for a page that shows a form of these origins.
    pub fn embedding(self, origins: Vec<String>) -> Self {
        Self { calls: origins.clone(), embeds: origins, ..self }
    }

    /// The cookie that keeps a choice of language in this browser.
    pub fn language_cookie(&self, language: Language) -> Cookie<'static> {
        self.kept(LANGUAGE_COOKIE, language.as_str().to_owned(), Duration::days(365))
    }

    /// Answers with a page.
    pub fn page(&self, template: &str, values: Value) -> PageResult {
        self.answer(StatusCode::OK, template, values)
    }

    /// Answers with a page and a status. Every page may lean on `form`, the state of its form.
    pub fn answer(&self, status: StatusCode, template: &str, values: Value) -> PageResult {
        let flash = self.request.cookie(FLASH_COOKIE).map(|cookie| format!("flash-{}", cookie.value()));
        let flash = flash.filter(|key| self.has_text(key));
        let blank = context! { form => of(Fields::default()) };
        let values = context! { ..values, ..self.around(flash.as_deref()), ..blank };
        let page = self.web.render(template, self.reader, values).map_err(ServiceError::internal)?;
        let mut answer = HttpResponse::build(status);
        protect(&mut answer, &self.calls, &self.embeds);
        if self.request.cookie(FLASH_COOKIE).is_some() {
            answer.cookie(self.gone(FLASH_COOKIE));
        }
        if self.stale {
            answer.cookie(ended_cookie(&self.app));
        }
        if let Some(chosen) = chosen_language(&self.request) {
            answer.cookie(self.language_cookie(chosen));
        }
        Ok(answer.body(page))
    }

    /// The form's page again, with what was typed and what is wrong with it.
    ///
    /// # Errors
    /// The error itself when no form can mend it.
    pub fn again(&self, template: &str, mut typed: Fields, error: HttpError, values: Value) -> PageResult {
        if matches!(error, HttpError::Service(ServiceError::Internal(_))) {
            return Err(error);
        }
        error.log();
        typed.refuse(self, &error)?;
        let status = error.status_and_code().0;
        let status = if status == StatusCode::UNAUTHORIZED { StatusCode::UNPROCESSABLE_ENTITY } else { status };
        let mut answer = self.answer(status, template, context! { form => of(typed), ..values })?;
        if let Some((name, value)) = error.extra_header().filter(|(name, _)| *name == RETRY_AFTER) {
            answer.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(ServiceError::internal)?);
        }
        Ok(answer)
    }

    /// Sends the browser on to another page of ours (303).
    pub fn go(&self, path: &str) -> HttpResponseBuilder {
        let mut answer = HttpResponse::SeeOther();
        answer.insert_header((LOCATION, path)).insert_header((CACHE_CONTROL, "no-store"));
        answer
    }

    /// The same, with a message (`flash-{key}`) that the page there shows once.
    pub fn go_saying(&self, path: &str, key: &str) -> HttpResponseBuilder {
        let mut answer = self.go(path);
        answer.cookie(self.kept(FLASH_COOKIE, key.to_owned(), Duration::minutes(5)));
        answer
    }

    /// What the frame of every page shows.
    fn around(&self, flash: Option<&str>) -> Value {
        let path = self.request.path();
        let query = self.request.query_string();
        let rest: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("lang=")).collect();
        let in_language = |language: Language| {
            let lang = format!("lang={}", language.as_str());
            format!("{path}?{}", rest.iter().copied().chain([lang.as_str()]).collect::<Vec<_>>().join("&"))
        };
        let role = match &self.who {
            None => "stranger",
            Some(Who::Shopper { .. }) => "shopper",
            Some(Who::Partner { .. } | Who::Person { .. }) => "partner",
            Some(Who::Operator { .. }) => "operator",
        };
        context! {
            path => path,
            role => role,
            email => self.email(),
            flash => flash,
            waiting => of(self.waiting),
            may => of(self.permissions()),
            in_english => in_language(Language::En),
            in_russian => in_language(Language::Ru),
        }
    }

    /// What the operator who looks may do, for menus and buttons.
    fn permissions(&self) -> BTreeMap<&'static str, bool> {
        let actor = self.caller.as_ref().map(|caller| &caller.actor);
        let may = |permission: &Permission| actor.is_some_and(|actor| actor.may(*permission));
        Permission::ALL.iter().map(|permission| (permission.as_str(), may(permission))).collect()
    }

    fn kept(&self, name: &'static str, value: String, age: Duration) -> Cookie<'static> {
        Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .secure(is_https(&self.app))
            .same_site(SameSite::Lax)
            .max_age(age)
            .finish()
    }

    fn gone(&self, name: &'static str) -> Cookie<'static> {
        let mut cookie = self.kept(name, String::new(), Duration::ZERO);
        cookie.make_removal();
        cookie
    }
}

/// The headers that every page has.
fn protect(answer: &mut HttpResponseBuilder, calls: &[String], embeds: &[String]) {
    let too = |origins: &[String]| [&["'self'".to_owned()], origins].concat().join(" ");
    let mut policy = POLICY.replace("connect-src 'self'", &format!("connect-src {}", too(calls)));
    if !embeds.is_empty() {
        policy = policy.replace("script-src 'self'", &format!("script-src {}", too(embeds)));
        policy.push_str(&format!("; frame-src {}", embeds.join(" ")));
    }
    answer
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        // The addresses of some pages hold codes; and a browser that tells no origin at all cannot send forms.
        .insert_header((REFERRER_POLICY, "same-origin"))
        .insert_header((CACHE_CONTROL, "no-store"));
}

/// The page for an error, with what the error's own answer says to programs (`Retry-After`, `Allow`).
pub(super) fn bare_page(status: StatusCode, error: &HttpError, page: String) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    protect(&mut answer, &[], &[]);
    if let Some(header) = error.extra_header() {
        answer.insert_header(header);
    }
    answer.body(page)
}

fn chosen_language(request: &HttpRequest) -> Option<Language> {
    request.query_string().split('&').find_map(|part| part.strip_prefix("lang=")).and_then(|word| word.parse().ok())
}

/// The language is what `?lang=` says, else what the reader chose in this browser, else the account's, else what the
/// browser asks for.
pub(super) fn reader_of(request: &HttpRequest, app: &App, who: Option<&Who>) -> Reader {
    let cookie = |name: &str| request.cookie(name).map(|cookie| cookie.value().to_owned());
    let account = match who {
        Some(Who::Shopper { language, .. } | Who::Person { language, .. }) => Some(*language),
        Some(Who::Partner { .. } | Who::Operator { .. }) | None => None,
    };
    let accept = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = chosen_language(request)
        .or_else(|| cookie(LANGUAGE_COOKIE).and_then(|word| word.parse().ok()))
        .or(account)
        .unwrap_or_else(|| Language::from_accept(accept, app.config.language));
    // A cookie may not hold a slash everywhere, so the script writes it in percent form.
    let zone = cookie(ZONE_COOKIE).map(|word| word.replace("%2F", "/")).and_then(|word| word.parse::<Tz>().ok());
    Reader { language, zone: zone.unwrap_or(app.config.site.time_zone) }
}
