//! The real server on a port of its own, for tests that go through the front door.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use kopilka::base::Clock;
use kopilka::base::secret::MasterKey;
use kopilka::config::Config;
use kopilka::db::{Db, DbOptions};
use kopilka::http;
use kopilka::service::App;
use reqwest::{Client, Method, RequestBuilder, Response};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// What the tests' secrets are sealed with.
pub const MASTER_KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A running server. Stops, and waits for its requests to end, when it is dropped.
pub struct TestApp {
    /// What the server works with: for services that have no route, and for looking into the database.
    pub app: App,
    /// Where it listens.
    pub address: SocketAddr,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    /// Where letters go that no test reads; gone with the server.
    outbox: Option<TempDir>,
}

impl TestApp {
    /// Starts a server on the database at `db_url` with the default configuration.
    pub async fn start(db_url: &str) -> Self {
        Self::start_with(db_url, Clock::System, |_config| {}).await
    }

    /// Starts a server with a clock and a changed configuration.
    pub async fn start_with(db_url: &str, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config { listen: address, ..Config::default() };
        config.public_url = format!("http://{address}").parse().unwrap();
        let outbox = TempDir::new().unwrap();
        config.mail.outbox = outbox.path().to_owned();
        // What a test finds must not depend on the machine's disk.
        config.alarms.watch_disks = false;
        change(&mut config);
        let options = DbOptions { url: db_url.to_owned(), readers: 2, exclusive: true, ..Default::default() };
        let master = MasterKey::from_hex(MASTER_KEY).unwrap();
        let app = App::start(Db::open(&options).unwrap(), clock, Arc::new(config), master).await.unwrap();
        let mut server = Self::serve(app, listener);
        server.outbox = Some(outbox);
        server
    }

    /// Starts a server of this application.
    pub fn serve(app: App, listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = app.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let stopped = async { stopped.await.unwrap_or(()) };
            runtime.block_on(http::serve(served, listener, stopped))
        });
        // Other tests may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { app, address, client, stop: Some(stop), thread: Some(thread), outbox: None }
    }

    /// A request to a path of the server. Redirects are not followed.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Sends a POST with a JSON body.
    pub async fn post(&self, path: &str, body: &serde_json::Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().unwrap().unwrap();
        }
        drop(self.outbox.take());
    }
}
