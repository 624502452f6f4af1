//! The site as a shopper with a mailbox uses it.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kopilka::base::{Clock, Timestamp};
use kopilka::config::Config;
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use kopilka::job;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::accounts;
use super::app::TestApp;
use super::db::TestDb;

/// The password of those who sign up here.
pub const PASSWORD: &str = "four words make one";

/// A server with an outbox and a clock that is moved by hand.
pub struct Site {
    /// The server.
    pub server: TestApp,
    /// Its clock.
    pub clock: Clock,
    outbox: TempDir,
}

impl Site {
    pub async fn start(db: &TestDb) -> Self {
        Self::start_limited(db, 10_000).await
    }

    pub async fn start_limited(db: &TestDb, sign_in_per_minute: u32) -> Self {
        Self::start_with(db, |config| config.limits.sign_in_per_minute = sign_in_per_minute).await
    }

    /// With a changed configuration.
    pub async fn start_with(db: &TestDb, change: impl FnOnce(&mut Config)) -> Self {
        let outbox = TempDir::new().unwrap();
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let server = TestApp::start_with(&db.url, clock.clone(), |config| {
            config.mail.outbox = outbox.path().to_owned();
            change(config);
        })
        .await;
        Self { server, clock, outbox }
    }

    pub async fn send(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
        let mut request = self.server.request(method, path).bearer_auth(token);
        if !body.is_null() {
            request = request.json(&body);
        }
        read(request.send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.server.request(Method::POST, path).json(&body).send().await.unwrap()).await
    }

    /// Takes the letters out of the outbox, once the jobs are done: headers and text of each, by the address.
    pub async fn letters(&self) -> Vec<(String, String)> {
        job::drain(&self.server.app).await.unwrap();
        letters_in(self.outbox.path())
    }

    /// Takes the one letter out of the outbox: its headers, and its text.
    pub async fn letter(&self) -> (String, String) {
        let mut letters = self.letters().await;
        assert_eq!(letters.len(), 1, "letters in the outbox");
        letters.remove(0)
    }

    /// The code in the one letter.
    pub async fn code(&self) -> String {
        code_in(&self.letter().await.1)
    }

    pub async fn confirm(&self, code: &str, password: &str) -> (u16, Value) {
        self.post("/api/v1/shopper/confirm-email", json!({ "code": code, "password": password })).await
    }

    pub async fn sign_up(&self, email: &str) {
        let (status, _) = self.post("/api/v1/shopper/sign-up", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(status, 202);
        assert_eq!(self.confirm(&self.code().await, PASSWORD).await.0, 204);
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> (u16, Value) {
        self.post("/api/v1/sessions", json!({ "email": email, "password": password })).await
    }

    pub async fn session(&self, email: &str) -> String {
        let (status, body) = self.sign_in(email, PASSWORD).await;
        assert_eq!(status, 201, "{body}");
        body["token"].as_str().unwrap().to_owned()
    }

    pub async fn operator(&self, role: Role) -> (String, String) {
        let id = accounts::operator(&self.server.app, role).await;
        (accounts::token(&self.server.app, Owner::Operator(id), TokenKind::Session).await.0, id.to_string())
    }

    pub async fn me(&self, token: &str) -> (u16, Value) {
        self.send(Method::GET, "/api/v1/me", token, Value::Null).await
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

/// The code that a letter carries.
pub fn code_in(text: &str) -> String {
    let code = text.split("code=").nth(1).expect("a link with a code");
    code.split_whitespace().next().unwrap().to_owned()
}

/// Takes the letters out of an outbox: headers and text of each, by the address.
pub fn letters_in(outbox: &Path) -> Vec<(String, String)> {
    let Ok(folder) = std::fs::read_dir(outbox.join("new")) else { return Vec::new() };
    let mut letters: Vec<_> = folder.map(|entry| read_letter(&entry.unwrap().path())).collect();
    letters.sort();
    letters
}

fn read_letter(path: &Path) -> (String, String) {
    let raw = std::fs::read_to_string(path).unwrap();
    std::fs::remove_file(path).unwrap();
    let (headers, body) = raw.split_once("\r\n\r\n").unwrap();
    let text = STANDARD.decode(body.replace("\r\n", "")).unwrap();
    // The address first, so that letters are sorted by it.
    let to = headers.lines().find(|line| line.starts_with("To: ")).unwrap();
    (format!("{to}\r\n{headers}"), String::from_utf8(text).unwrap())
}
