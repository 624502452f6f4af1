//! A PostgreSQL server of a test's own, which can be stopped and started.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};

use super::process::until;
use super::small_disk::Disk;

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
    /// What its programs are run inside of, if they are.
    inside: Vec<String>,
    keeper: Child,
    restarted: Option<Child>,
}

impl Cluster {
    /// Starts one; `None` where there is no PostgreSQL.
    pub fn start() -> Option<Self> {
        Self::start_in(Vec::new(), &std::env::temp_dir(), Path::new("/"))
    }

    /// Starts one with all that it writes on this disk; `None` where there is no PostgreSQL.
    pub fn start_on(disk: &Disk) -> Option<Self> {
        Self::start_in(disk.inside.clone(), disk.place(), &disk.root())
    }

    fn start_in(inside: Vec<String>, place: &Path, root: &Path) -> Option<Self> {
        // The script makes it, and takes it away when its command ends, which it does with its standard input.
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgres");
        let mut command = program(&inside, script);
        command.args(["--durable", "--no-install", "sh", "-c", "echo \"${TEST_DATABASE_URL:-none}\"; cat"]);
        command.env_remove("TEST_DATABASE_URL").env("TMPDIR", place).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        if !url.starts_with("postgres://") {
            drop(keeper.stdin.take());
            keeper.wait().unwrap();
            return None;
        }
        let data = PathBuf::from(setting(&url, "data_directory"));
        let folder = root.join(data.strip_prefix("/").unwrap());
        Some(Self { url, folder, inside, keeper, restarted: None })
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
        self.begin();
        until("PostgreSQL to start again", async || PgConnection::establish(&self.url).is_ok()).await;
    }

    /// Waits until it takes connections; where it has ended by itself it is started, and true is given.
    pub async fn comes_back(&mut self) -> bool {
        let mut ended = false;
        until("PostgreSQL to come back", async || {
            if PgConnection::establish(&self.url).is_ok() {
                return true;
            }
            // One that was begun just now may not have written it yet.
            let begun = self.restarted.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none());
            if !begun && self.line("postmaster.pid").is_none() {
                ended = true;
                self.begin();
            }
            false
        })
        .await;
        ended
    }

    fn begin(&mut self) {
        let words = self.line("postmaster.opts").unwrap();
        let mut words = words.split('"').map(str::trim).filter(|word| !word.is_empty());
        let owner = std::fs::metadata(&self.folder).unwrap();
        let mut command = if self.inside.is_empty() {
            let mut command = Command::new(words.next().unwrap());
            command.uid(owner.uid()).gid(owner.gid());
            command
        } else {
            // Only root goes inside, and PostgreSQL does not run as root.
            let mut command = program(&self.inside, "setpriv");
            command.args([format!("--reuid={}", owner.uid()), format!("--regid={}", owner.gid())]);
            command.arg("--clear-groups");
            command
        };
        command.args(words).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.restarted = Some(command.spawn().unwrap());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
        if let Some(mut child) = self.restarted.take() {
            // The script has stopped it, unless it had not come so far as to say which process it is.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A program, run inside of something or not.
fn program(inside: &[String], name: &str) -> Command {
    let words: Vec<&str> = inside.iter().map(String::as_str).chain([name]).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
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
