//! The program as a process of its own.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};

/// How long anything may take before a test says that it never comes: the machine may be busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until `check` holds, or fails saying that `what` did not come.
pub async fn until(what: &str, mut check: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !check().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A client that follows no redirects and gives up in the end.
pub fn client() -> reqwest::Client {
    static CLIENT: OnceLock<()> = OnceLock::new();
    // Others may have installed it already.
    CLIENT.get_or_init(|| drop(rustls::crypto::ring::default_provider().install_default()));
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Sends a request, and again for as long as the service says that it has too much to do; gives its answer.
pub async fn answer_to(request: RequestBuilder) -> Response {
    let begun = Instant::now();
    loop {
        let answer = request.try_clone().unwrap().send().await.unwrap();
        if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
        assert!(begun.elapsed() < PATIENCE, "unavailable for too long: {}", answer.text().await.unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// An address that a server can take, and take again after it was killed: outside the range that outgoing connections
/// get their ports from.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(11_000 + number % 9_000).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// A running process, with what it says in a file. Killed when it is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it. What it says is added to `<folder>/<name>.log`.
    pub fn start(name: &str, mut command: Command, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), log }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// kill −9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until `url` answers 200.
    pub async fn answers(&mut self, url: &str) {
        let client = client();
        until(url, async || {
            assert_eq!(self.ended(), None, "it ended by itself:\n{}", self.said());
            client.get(url).bearer_auth(super::rig::BANK_KEY).send().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// The last lines of what it said.
    pub fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.said());
        }
    }
}
