//! Stands between an adapter and its provider, hands everything on as it is, and remembers it.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use kopilka::provider::client::{HttpClient, read_body};

/// A call and its answer.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<String>,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    pub status: u16,
    pub answer: Vec<u8>,
}

pub struct Recorder {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    server: ServerHandle,
}

struct To {
    url: String,
    http: HttpClient,
}

impl Recorder {
    pub fn start(url: &str, http: HttpClient) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let own = format!("http://{}/", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, to) = (web::Data::from(seen.clone()), web::Data::new(To { url: url.to_owned(), http }));
        let server = HttpServer::new(move || {
            App::new().app_data(kept.clone()).app_data(to.clone()).default_service(web::to(hand_on))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url: own, seen, server: handle }
    }

    pub async fn stop(self) -> Vec<Seen> {
        self.server.stop(false).await;
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

async fn hand_on(
    request: HttpRequest,
    body: web::Bytes,
    seen: web::Data<Mutex<Vec<Seen>>>,
    to: web::Data<To>,
) -> HttpResponse {
    let url = format!("{}{}?{}", to.url.trim_end_matches('/'), request.path(), request.query_string());
    let mut onward = to.http.request(request.method().as_str().parse().unwrap(), url.parse().unwrap()).unwrap();
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host" && *name != "content-length") {
        onward = onward.header(name.as_str(), value.to_str().unwrap());
    }
    let Ok(response) = onward.body(body.to_vec()).send().await else { return HttpResponse::BadGateway().finish() };
    let status = response.status().as_u16();
    let answer = read_body(response).await.unwrap_or_default();
    let names = url::form_urlencoded::parse(request.query_string().as_bytes()).map(|(name, _)| name.into_owned());
    seen.lock().unwrap().push(Seen {
        method: request.method().to_string().to_lowercase(),
        path: request.path().to_owned(),
        query: names.collect(),
        headers: request.headers().keys().map(|name| name.to_string().to_lowercase()).collect(),
        body: body.to_vec(),
        status,
        answer: answer.clone(),
    });
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).content_type("application/json").body(answer)
}
