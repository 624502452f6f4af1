//! NATS servers: the cluster that scripts/with-nats has started, or one server of a test's own.

use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use async_nats::jetstream::{self, Context};
use kopilka::base::Secret;
use kopilka::base::id::JobId;
use kopilka::config::Stream;
use tempfile::{NamedTempFile, TempDir};

/// How long anything may take that a test waits for. Generous: the machine may be busy with much else.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What the cluster's servers are signed in with.
pub const USER: &str = "kopilka";
pub const PASSWORD: &str = "throw-away";

/// Waits until `holds` does; a failure names what was waited for.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let waited = tokio::time::timeout(PATIENCE, async {
        loop {
            looks.tick().await;
            if holds().await {
                return;
            }
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited in vain until {what}"));
}

/// The cluster of three servers; `None`, said aloud, where there is none.
pub struct Cluster {
    /// Settings with a stream of the test's own.
    pub settings: Stream,
    folder: PathBuf,
    program: String,
}

impl Cluster {
    pub fn of_this_run() -> Option<Self> {
        let Ok(servers) = env::var("TEST_NATS_SERVERS") else {
            println!("NOT TESTED: the stream of clicks (TEST_NATS_SERVERS is not set)");
            return None;
        };
        let settings = Stream {
            servers: servers.split(',').map(str::to_owned).collect(),
            user: Some(USER.to_owned()),
            password: Some(Secret::new(PASSWORD)),
            name: format!("test-{}", JobId::new()),
            ..Stream::default()
        };
        let folder = env::var("TEST_NATS_FOLDER").unwrap_or_default().into();
        Some(Self { settings, folder, program: env::var("TEST_NATS_PROGRAM").unwrap_or_default() })
    }

    /// A client past the application, to look into streams or to spoil them.
    pub async fn client(&self) -> Context {
        let options = async_nats::ConnectOptions::new().user_and_password(USER.to_owned(), PASSWORD.to_owned());
        jetstream::new(options.connect(self.settings.servers.clone()).await.unwrap())
    }

    /// The server that leads the stream: n1, n2 or n3.
    pub async fn leader(&self, client: &Context) -> Option<String> {
        let stream = client.get_stream(&self.settings.name).await.ok()?;
        stream.cached_info().cluster.as_ref()?.leader.clone()
    }

    /// Kills a server as a loss of power would.
    pub fn kill(&self, node: &str) {
        let pid = std::fs::read_to_string(self.folder.join(format!("{node}.pid"))).unwrap();
        let killed = Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap();
        assert!(killed.success());
    }

    /// Starts a server again. It ends with the cluster.
    pub fn start(&self, node: &str) {
        drop(spawn(&self.program, &self.folder.join(format!("{node}.conf"))));
    }
}

fn spawn(program: &str, configuration: &Path) -> Child {
    let mut command = Command::new(program);
    command.arg("-c").arg(configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// One server that belongs to a test.
pub struct Lone {
    pub settings: Stream,
    folder: TempDir,
    program: String,
    child: Option<Child>,
    /// Files that it reads.
    kept: Vec<NamedTempFile>,
}

impl Lone {
    /// Starts it; `None`, said aloud, where the program is not at hand.
    pub fn start() -> Option<Self> {
        Self::start_with("nats", "", None)
    }

    /// The same behind TLS, with a certificate that only this test trusts.
    pub fn start_with_tls() -> Option<Self> {
        let pair = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let (certificate, key) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        std::fs::write(certificate.path(), pair.cert.pem()).unwrap();
        std::fs::write(key.path(), pair.signing_key.serialize_pem()).unwrap();
        let paths = (certificate.path().display(), key.path().display());
        let tls = format!("tls {{ cert_file: \"{}\", key_file: \"{}\" }}\n", paths.0, paths.1);
        let mut lone = Self::start_with("tls", &tls, Some(certificate.path().to_owned()))?;
        lone.kept = vec![certificate, key];
        Some(lone)
    }

    fn start_with(scheme: &str, more: &str, ca_file: Option<PathBuf>) -> Option<Self> {
        let Ok(program) = env::var("TEST_NATS_PROGRAM") else {
            println!("NOT TESTED: the stream of clicks (TEST_NATS_PROGRAM is not set)");
            return None;
        };
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\", sync_interval: always }}\n{more}",
            folder.path().join("data").display()
        );
        std::fs::write(folder.path().join("lone.conf"), text).unwrap();
        let servers = vec![format!("{scheme}://127.0.0.1:{port}")];
        let settings = Stream { servers, replicas: 1, ca_file, ..Stream::default() };
        let mut lone = Self { settings, folder, program, child: None, kept: Vec::new() };
        lone.again();
        Some(lone)
    }

    pub fn again(&mut self) {
        self.child = Some(spawn(&self.program, &self.folder.path().join("lone.conf")));
    }

    /// Lets it hear everything and answer nothing, as a machine does that has lost its disk.
    pub fn silence(&self) {
        let child = self.child.as_ref().unwrap();
        assert!(Command::new("kill").args(["-STOP", &child.id().to_string()]).status().unwrap().success());
    }

    /// Kills it.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Whether it takes connections.
    pub fn listens(&self) -> bool {
        let address = self.settings.servers[0].trim_start_matches("nats://");
        std::net::TcpStream::connect(address).is_ok()
    }
}

impl Drop for Lone {
    fn drop(&mut self) {
        self.kill();
    }
}
