//! A PostgreSQL server of a test's own, which can be stopped and started.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

use super::process::until;

/// How a server is stopped: the signals of PostgreSQL's documentation.
#[derive(Debug, Clone, Copy)]
pub enum Stop {
    /// Connections are ended and what they had begun is undone: SIGINT.
    Fast,
    /// As if it had crashed; it recovers at its next start: SIGQUIT.
    Immediate,
}

/// The server. Goes with this value.
pub struct Cluster {
    /// Its database `postgres`, which is empty.
    pub url: String,
    folder: PathBuf,
    keeper: Child,
    restarted: Option<Child>,
}

impl Cluster {
    /// Starts one; `None` where there is no PostgreSQL.
    pub fn start() -> Option<Self> {
        // The script makes it, and takes it away when its command ends, which it does with its standard input.
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgres");
        let mut command = Command::new(script);
        command.args(["--durable", "--no-install", "sh", "-c", "echo \"${TEST_DATABASE_URL:-none}\"; cat"]);
        command.env_remove("TEST_DATABASE_URL").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        if !url.starts_with("postgres://") {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
            return None;
        }
        let folder = setting(&url, "data_directory").into();
        Some(Self { url, folder, keeper, restarted: None })
    }

    /// The first line of a file of the server's, `None` while there is none.
    fn line(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(file)).ok()?.lines().next().map(str::to_owned)
    }

    /// Stops it and waits until it is gone.
    pub async fn stop(&mut self, how: Stop) {
        let process = self.line("postmaster.pid").unwrap();
        let signal = match how {
            Stop::Fast => "-INT",
            Stop::Immediate => "-QUIT",
        };
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
        until("the end of PostgreSQL", async || {
            if let Some(child) = &mut self.restarted {
                let _ = child.try_wait();
            }
            self.line("postmaster.pid").is_none()
        })
        .await;
        self.restarted = None;
    }

    /// Starts it again as it was started before, and waits until it takes connections.
    pub async fn start_again(&mut self) {
        let words = self.line("postmaster.opts").unwrap();
        let mut words = words.split('"').map(str::trim).filter(|word| !word.is_empty());
        let mut command = Command::new(words.next().unwrap());
        let owner = std::fs::metadata(&self.folder).unwrap();
        command.args(words).current_dir("/").uid(owner.uid()).gid(owner.gid());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.restarted = Some(command.spawn().unwrap());
        until("PostgreSQL to start again", async || PgConnection::establish(&self.url).is_ok()).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        if let Some(mut child) = self.restarted.take() {
            let _ = child.wait();
        }
    }
}

fn setting(url: &str, name: &str) -> String {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let mut connection = PgConnection::establish(url).unwrap();
    sql_query(format!("select current_setting('{name}') as value"))
        .get_result::<Setting>(&mut connection)
        .unwrap()
        .value
}
