//! Answers as it is told to, and remembers what it was asked.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use kopilka::provider::client::{ClientSettings, HttpClient};
use kopilka::provider::{PayoutProvider, list};
use kopilka::simulator::Simulated;
use serde_json::Value;

use crate::rails::settings;

/// What is answered to the calls of one path: the status, and the body.
type Answer = (&'static str, u16, Value);

#[derive(Default)]
struct Script {
    answers: Vec<Answer>,
    /// The calls: method and path, and the body.
    seen: Vec<(String, Value)>,
}

pub struct Stub {
    script: Arc<Mutex<Script>>,
    server: ServerHandle,
    pub provider: Arc<dyn PayoutProvider>,
}

impl Stub {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script::default()));
        let data = web::Data::from(script.clone());
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() }).unwrap();
        let provider = list::provider(&settings(Simulated::Hyperswitch, &url), http).unwrap();
        Self { script, server: handle, provider }
    }

    /// From now on, the calls that begin so are answered so; of the same beginning one after the other, the last for good.
    pub fn says(&self, answers: &[Answer]) {
        *self.script.lock().unwrap() = Script { answers: answers.to_vec(), seen: Vec::new() };
    }

    /// What was asked since.
    pub fn seen(&self) -> Vec<(String, Value)> {
        self.script.lock().unwrap().seen.clone()
    }

    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, script: web::Data<Mutex<Script>>) -> HttpResponse {
    let call = format!("{} {}", request.method(), request.path());
    let mut script = script.lock().unwrap();
    script.seen.push((call.clone(), serde_json::from_slice(&body).unwrap_or_default()));
    let fits: Vec<usize> = (0..script.answers.len()).filter(|at| call.starts_with(script.answers[*at].0)).collect();
    let Some(first) = fits.first().copied() else { return HttpResponse::NotImplemented().finish() };
    let (_, status, body) = if fits.len() > 1 { script.answers.remove(first) } else { script.answers[first].clone() };
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).json(body)
}
