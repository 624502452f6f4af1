//! A bank on loopback with a client, and a receiver for its webhooks.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::FutureExt as _;
use kopilka::base::id::PayoutId;
use kopilka::base::{Clock, Secret, Timestamp};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::MethodKind;
use kopilka::provider::client::{ClientSettings, HttpClient, read_body};
use kopilka::provider::sandbox::{SIGNATURE_HEADER, Sandbox, SandboxSettings, sign};
use kopilka::provider::{
    Found, Intent, Lookup, Outcome, PayoutProvider as _, ProviderStatus, WebhookCall, WebhookEvent, WebhookRefusal,
};
use kopilka::simulator::{BankConfig, bank, card_number, wallet_number};
use serde_json::{Value, json};

/// What is on the bank's account at first, in kopecks.
pub const START: i64 = 100_000_000;

const WEBHOOK_SECRET: &str = "the webhook secret";

#[derive(Debug, Clone)]
pub struct Received {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub received_at: Timestamp,
}

pub struct Bench {
    pub sandbox: Sandbox,
    url: String,
    http: HttpClient,
    clock: Clock,
    calls: Arc<Mutex<Vec<Received>>>,
    servers: Vec<ServerHandle>,
}

fn http(allow_private: bool) -> HttpClient {
    // Short, so that the slow body is given up soon.
    HttpClient::new(&ClientSettings { timeout_ms: 2_500, allow_private, ..ClientSettings::default() }).unwrap()
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

impl Bench {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    pub async fn start_with(record: Option<PathBuf>) -> Self {
        let clock = Clock::manual(Timestamp::from_seconds(1_800_000_000).unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (hook_listener, hook_url) = listener();
        let data = web::Data::from(calls.clone());
        let time = web::Data::new(clock.clone());
        let receiver = HttpServer::new(move || {
            App::new().app_data(data.clone()).app_data(time.clone()).default_service(web::to(receive))
        })
        .workers(1)
        .disable_signals()
        .listen(hook_listener)
        .unwrap()
        .run();
        let (bank_listener, url) = listener();
        let config = BankConfig {
            balance: Amount::new(START, Currency::RUB),
            api_key: Secret::new("secret"),
            public_key: "public".to_owned(),
            webhook_url: Some(format!("{hook_url}hook")),
            webhook_secret: Secret::new(WEBHOOK_SECRET),
            record,
            clock: clock.clone(),
            tick: None,
            stall: Duration::from_secs(20),
        };
        let bank = bank(config, bank_listener).unwrap();
        let servers = vec![receiver.handle(), bank.handle()];
        actix_web::rt::spawn(receiver);
        actix_web::rt::spawn(bank);
        let sandbox = Sandbox::new(settings(&url, "secret"), http(true)).unwrap();
        Self { sandbox, url, http: http(true), clock, calls, servers }
    }

    pub async fn stop(self) {
        for server in &self.servers {
            server.stop(false).await;
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn client(&self, key: &str, allow_private: bool) -> Sandbox {
        Sandbox::new(settings(&self.url, key), http(allow_private)).unwrap()
    }

    pub fn client_at(&self, url: &str, allow_private: bool) -> Sandbox {
        Sandbox::new(settings(url, "secret"), http(allow_private)).unwrap()
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_as("secret", method, path, body).await
    }

    pub async fn call_as(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.url).parse().unwrap();
        let request = self.http.request(method.parse().unwrap(), url).unwrap().bearer_auth(key);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&read_body(response).await.unwrap()).unwrap())
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call("POST", path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub async fn token(&self, code: u8, kind: MethodKind) -> String {
        let number = match kind {
            MethodKind::Card => card_number(code),
            MethodKind::Wallet => wallet_number(code),
            other => panic!("the sandbox bank does not pay to a {other}"),
        };
        let (status, answer) =
            self.call("POST", "v1/destinations", Some(json!({"kind": kind, "number": number}))).await;
        assert_eq!(status, 201, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }

    pub async fn intent(&self, code: u8, kind: MethodKind) -> Intent {
        let token = self.token(code, kind).await;
        self.intent_to(&token, kind)
    }

    pub fn intent_to(&self, token: &str, kind: MethodKind) -> Intent {
        let payout = PayoutId::new();
        Intent {
            payout,
            key: payout.reference(),
            amount: Amount::new(1234, Currency::RUB),
            kind,
            destination: Secret::new(token),
            description: "Cashback".to_owned(),
        }
    }

    /// Creates what has to be accepted and gives its reference.
    pub async fn accepted(&self, intent: &Intent) -> String {
        match self.sandbox.create(intent).await {
            Outcome::Accepted { provider_ref, .. } => provider_ref,
            other @ (Outcome::Rejected { .. } | Outcome::Unknown { .. }) => panic!("{other:?}"),
        }
    }

    pub async fn status(&self, reference: &str) -> ProviderStatus {
        match self.sandbox.fetch(&Lookup::ProviderRef(reference.to_owned())).await {
            Found::Known(payout) => payout.status,
            other @ (Found::NotFound | Found::CannotTell { .. } | Found::Unknown { .. }) => panic!("{other:?}"),
        }
    }

    /// The oracle's line of this key; null when nothing moved.
    pub async fn moved(&self, key: &str) -> Value {
        let (_, answer) = self.call("GET", "v1/moved", None).await;
        let line = answer["keys"].as_array().unwrap().iter().find(|line| line["key"] == key);
        line.cloned().unwrap_or_default()
    }

    pub async fn times(&self, key: &str) -> u64 {
        self.moved(key).await["times"].as_u64().unwrap_or(0)
    }

    /// Takes the webhooks that came.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// Takes the webhooks that came, all of them authentic and about this payout, as status words.
    pub fn words_received(&self, reference: &str) -> Vec<&'static str> {
        let read = |call: &Received| {
            let event = self.read(call).unwrap();
            assert_eq!(event.payout.provider_ref, reference);
            match event.payout.status {
                ProviderStatus::Pending => "pending",
                ProviderStatus::Paid => "paid",
                ProviderStatus::Failed(_) => "failed",
                ProviderStatus::Returned(_) => "returned",
                ProviderStatus::Unheard(_) => "unheard",
            }
        };
        self.received().iter().map(read).collect()
    }

    pub fn read(&self, call: &Received) -> Result<WebhookEvent, WebhookRefusal> {
        let call = WebhookCall {
            headers: &call.headers,
            raw_body: &call.body,
            peer_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            received_at: call.received_at,
        };
        // It needs nobody else's answer: the future is ready at once.
        self.sandbox.read_webhook(call).now_or_never().unwrap()
    }

    /// A call with a good signature over any body.
    pub fn signed(&self, body: &[u8]) -> Received {
        let signature = sign(&Secret::new(WEBHOOK_SECRET), self.now().seconds(), body);
        let headers = vec![(SIGNATURE_HEADER.to_owned(), signature)];
        Received { headers, body: body.to_vec(), received_at: self.now() }
    }
}

fn settings(url: &str, key: &str) -> SandboxSettings {
    SandboxSettings {
        name: "sandbox".to_owned(),
        url: url.to_owned(),
        api_key: Secret::new(key),
        webhook_secret: Secret::new(WEBHOOK_SECRET),
        public_key: "public".to_owned(),
        webhook_peers: Vec::new(),
    }
}

async fn receive(
    request: HttpRequest,
    body: web::Bytes,
    calls: web::Data<Mutex<Vec<Received>>>,
    clock: web::Data<Clock>,
) -> HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let received = Received { headers: headers.collect(), body: body.to_vec(), received_at: clock.now() };
    calls.lock().unwrap().push(received);
    HttpResponse::Ok().finish()
}
