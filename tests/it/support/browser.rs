//! A browser as far as the site is concerned: it asks for pages, keeps cookies, and says where its forms come from.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response};

use super::app::TestApp;

/// What a browser shows.
pub struct Shown {
    pub status: u16,
    /// Where it is sent on to; empty when it is not.
    pub location: String,
    pub headers: reqwest::header::HeaderMap,
    pub html: String,
}

impl Shown {
    /// The page has these words.
    #[track_caller]
    pub fn has(&self, words: &str) -> &Self {
        assert!(self.html.contains(words), "{words:?} is not in:\n{}", self.html);
        self
    }

    /// The page has not.
    #[track_caller]
    pub fn lacks(&self, words: &str) -> &Self {
        assert!(!self.html.contains(words), "{words:?} is in:\n{}", self.html);
        self
    }

    /// What stands between these words, first found.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let rest = self.html.split_once(before).unwrap_or_else(|| panic!("no {before:?} in:\n{}", self.html)).1;
        rest.split_once(after).expect("an end").0.replace("&amp;", "&")
    }
}

/// A browser with cookies of its own.
pub struct Browser<'s> {
    server: &'s TestApp,
    language: &'static str,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl<'s> Browser<'s> {
    pub fn new(server: &'s TestApp, language: &'static str) -> Self {
        Self { server, language, cookies: Mutex::default() }
    }

    /// The same, signed in by a token.
    pub fn signed_in(server: &'s TestApp, language: &'static str, token: &str) -> Self {
        let browser = Self::new(server, language);
        browser.set("kopilka", token);
        browser
    }

    pub fn set(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// A request with what every browser sends.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let known = self.cookies.lock().unwrap();
        let cookies: Vec<String> = known.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.server
            .request(method, path)
            .header(ACCEPT, "text/html,application/xhtml+xml")
            .header(ACCEPT_LANGUAGE, self.language)
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
            .header("cookie", cookies.join("; "))
    }

    pub async fn get(&self, path: &str) -> Shown {
        self.show(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// A page that must be there, with no text missing.
    #[track_caller]
    pub fn page(&self, path: &str) -> impl Future<Output = Shown> {
        let caller = std::panic::Location::caller();
        async move {
            let shown = self.get(path).await;
            assert_eq!(shown.status, 200, "{path}, asked for at {caller}: {}", shown.html);
            shown.lacks("⟦");
            shown
        }
    }

    /// Sends a form of a page of ours.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        self.send_from("same-origin", path, fields).await
    }

    /// Sends a form of a page that stands elsewhere.
    pub async fn send_from(&self, site: &str, path: &str, fields: &[(&str, &str)]) -> Shown {
        let request = self.form(path, fields).header("sec-fetch-site", site);
        self.show(request.send().await.unwrap()).await
    }

    /// What a request of one's own shows.
    pub async fn shown(&self, request: RequestBuilder) -> Shown {
        self.show(request.send().await.unwrap()).await
    }

    /// A form that nothing is said about.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request(Method::POST, path).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
    }

    async fn show(&self, answer: Response) -> Shown {
        for line in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
            let mut cookies = self.cookies.lock().unwrap();
            if attributes.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get(LOCATION).map_or("", |to| to.to_str().unwrap()).to_owned();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let html = answer.text().await.unwrap().replace("&#x2f;", "/");
        Shown { status, location, headers, html }
    }
}
