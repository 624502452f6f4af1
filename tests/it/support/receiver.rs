//! A receiver of webhooks: keeps what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A message as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What it tells.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether the independent library believes it.
    pub fn verified_by(&self, secret: &str) -> bool {
        standardwebhooks::Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// What is answered next; 200 when nothing is said.
    answers: VecDeque<(u16, Option<&'static str>)>,
    always: Option<u16>,
}

#[derive(Clone)]
pub struct Receiver {
    state: Arc<Mutex<State>>,
    pub url: String,
    handle: ServerHandle,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let kept = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || App::new().app_data(kept.clone()).default_service(web::to(take)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { state, url, handle }
    }

    /// Answers so from now on; 200 again with `None`.
    pub fn always(&self, status: Option<u16>) {
        self.state.lock().unwrap().always = status;
    }

    /// Answers the next message so.
    pub fn next(&self, status: u16, retry_after: Option<&'static str>) {
        self.state.lock().unwrap().answers.push_back((status, retry_after));
    }

    /// What came since this was asked last.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.state.lock().unwrap().received)
    }

    /// What was told since this was asked last.
    pub fn kinds(&self) -> Vec<String> {
        self.take().iter().map(Received::kind).collect()
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn take(state: web::Data<Mutex<State>>, request: HttpRequest, body: String) -> HttpResponse {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        let name: reqwest::header::HeaderName = name.as_str().parse().unwrap();
        headers.append(name, value.to_str().unwrap().parse().unwrap());
    }
    let mut state = state.lock().unwrap();
    state.received.push(Received { headers, body });
    let always = state.always.map(|status| (status, None));
    let (status, wait) = state.answers.pop_front().or(always).unwrap_or((200, None));
    let mut answer = HttpResponse::build(status.try_into().unwrap());
    if let Some(wait) = wait {
        answer.insert_header(("retry-after", wait));
    }
    if (300..400).contains(&status) {
        answer.insert_header(("location", "/elsewhere"));
    }
    answer.finish()
}
