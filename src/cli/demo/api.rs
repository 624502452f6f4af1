//! The journey's way to the service: HTTP, like everybody else's.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::cli::CliError;
use crate::provider::client::{ClientSettings, HttpClient, describe, read_body};
use crate::simulator::networks::Message;

/// What the demonstration's shoppers browse with.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A client of the service.
#[derive(Debug, Clone)]
pub(super) struct Api {
    http: HttpClient,
    base: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub replayed: bool,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// The answer, if it has this status.
    pub(super) fn wants(self, status: u16) -> Result<Self, String> {
        if self.status == status {
            return Ok(self);
        }
        Err(format!("answered {} where {status} was promised: {}", self.status, self.text))
    }

    /// A text at a JSON pointer; empty when there is none.
    pub(super) fn at(&self, pointer: &str) -> String {
        text_at(&self.json, pointer)
    }
}

/// A text at a JSON pointer; empty when there is none.
pub(super) fn text_at(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => other.to_string(),
    }
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(super) struct Ask<'a> {
    pub token: Option<&'a str>,
    pub json: Option<Value>,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

impl Api {
    pub(super) fn new(base: String) -> Result<Self, CliError> {
        let settings = ClientSettings { allow_private: true, ..ClientSettings::default() };
        Ok(Self { http: HttpClient::new(&settings).map_err(CliError::failed)?, base })
    }

    /// Asks. `path` may be a whole address.
    pub(super) async fn ask(&self, method: Method, path: &str, ask: Ask<'_>) -> Result<Answer, String> {
        let address = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        let url = Url::parse(&address).map_err(|cause| format!("{address}: {cause}"))?;
        let mut request = self.http.request(method, url).map_err(|cause| cause.to_string())?;
        request = request.header("User-Agent", BROWSER);
        if let Some(token) = ask.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(json) = &ask.json {
            request = request.json(json);
        }
        if let Some(body) = ask.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(describe)?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let (status, location) = (response.status().as_u16(), header("location").map(str::to_owned));
        let replayed = header("idempotent-replayed") == Some("true");
        let text = String::from_utf8_lossy(&read_body(response).await?).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, location, replayed, text, json })
    }

    pub(super) async fn get(&self, path: &str, token: Option<&str>) -> Result<Answer, String> {
        self.ask(Method::GET, path, Ask { token, ..Ask::default() }).await
    }

    pub(super) async fn post(&self, path: &str, token: Option<&str>, json: Value) -> Result<Answer, String> {
        self.ask(Method::POST, path, Ask { token, json: Some(json), ..Ask::default() }).await
    }

    /// Makes a network's call.
    pub(super) async fn send(&self, partner: &str, message: &Message) -> Result<Answer, String> {
        let method = if message.method == "POST" { Method::POST } else { Method::GET };
        let ask = Ask { headers: message.headers.clone(), body: message.body.clone(), ..Ask::default() };
        self.ask(method, &format!("/postback/{partner}{}", message.tail), ask).await
    }
}
