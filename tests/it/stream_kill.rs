//! Nothing promised is lost: a redirect node and a worker as programs, three NATS servers, and kills in the midst of load.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel::prelude::*;
use kopilka::base::id::{ClickId, JobId};
use kopilka::config::Stream;
use kopilka::db::schema::clicks;
use kopilka::db::{Conn, DbError};
use reqwest::Client;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::stream::{link, promised};
use crate::support::app::{MASTER_KEY, TestApp};
use crate::support::db::{TestDb, on_postgres};
use crate::support::market::Market;
use crate::support::nats::{Cluster, PASSWORD, USER, until};
use crate::support::said::counted;

/// How many visitors click at the same time.
const VISITORS: usize = 24;

/// How many clicks are promised between one kill and the next.
fn clicks_between() -> usize {
    if crate::support::db::long() { 20_000 } else { 300 }
}

/// A running `kopilka`, killed when it is dropped.
struct Program {
    child: Child,
    /// The first line that it said.
    said: String,
}

impl Program {
    fn start(db: &TestDb, folder: &TempDir, settings: &Stream, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
        let complaints = folder.path().join(format!("{}.log", JobId::new()));
        let file = std::fs::File::create(&complaints).unwrap();
        command.current_dir(folder.path()).args(arguments).stdout(Stdio::piped()).stderr(file);
        command.env("KOPILKA_DATABASE_URL", &db.url).env("KOPILKA_SECRETS_MASTER_KEY", MASTER_KEY);
        command.env("KOPILKA_STREAM_SERVERS", settings.servers.join(",")).env("KOPILKA_STREAM_NAME", &settings.name);
        command.env("KOPILKA_STREAM_USER", USER).env("KOPILKA_STREAM_PASSWORD", PASSWORD);
        let mut child = command.env("KOPILKA_LOG_LEVEL", "error").spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let why = || std::fs::read_to_string(&complaints).unwrap();
        assert!(!said.is_empty(), "{arguments:?} ended at once: {}", why());
        Self { child, said: said.trim().to_owned() }
    }

    /// Sends SIGTERM, and waits for the end.
    fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{} did not stop gently", self.said);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that was stopped gently is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What visitors have seen.
#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    promised: AtomicUsize,
    asked: AtomicUsize,
}

/// Clicks until told to stop; gives the clicks that were promised.
async fn visit(client: Client, url: String, seen: Arc<Seen>) -> Vec<ClickId> {
    let mut clicks = Vec::new();
    while !seen.stop.load(Ordering::SeqCst) {
        seen.asked.fetch_add(1, Ordering::SeqCst);
        let Ok(answer) = client.get(&url).header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)").send().await else {
            continue;
        };
        match promised(&answer) {
            Some(click) => {
                clicks.push(click);
                seen.promised.fetch_add(1, Ordering::SeqCst);
            }
            None => {
                assert_eq!(answer.status(), 503);
                assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
            }
        }
    }
    clicks
}

async fn more(seen: &Seen, what: &str) {
    let enough = seen.promised.load(Ordering::SeqCst) + clicks_between();
    until(&format!("enough clicks were promised {what}"), async || seen.promised.load(Ordering::SeqCst) >= enough)
        .await;
}

fn all_clicks(conn: &mut Conn) -> Result<Vec<ClickId>, DbError> {
    Ok(clicks::table.select(clicks::id).load(conn)?)
}

#[test]
fn every_promised_click_outlives_kills_of_a_server_and_of_a_worker() {
    on_postgres(|db| async move {
        let Some(cluster) = Cluster::of_this_run() else { return };
        let market = Market::open(TestApp::start(&db.url).await, 0).await;
        let link = link(&market).await;
        let folder = TempDir::new().unwrap();
        let start = |arguments: &[&str]| Program::start(&db, &folder, &cluster.settings, arguments);
        let redirect = start(&["serve", "--role", "redirect", "--listen", "127.0.0.1:0"]);
        let worker = start(&["worker"]);
        let url = format!("{}{link}", redirect.said.trim_start_matches("listening on "));

        let seen = Arc::new(Seen::default());
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let mut visitors = JoinSet::new();
        for _ in 0..VISITORS {
            visitors.spawn(visit(client.clone(), url.clone(), Arc::clone(&seen)));
        }
        more(&seen, "before any kill").await;

        let eyes = cluster.client().await;
        let leader = cluster.leader(&eyes).await.unwrap();
        cluster.kill(&leader);
        more(&seen, "after the stream's leader was killed").await;

        // Killed as it is: with messages taken, written or not, and not acknowledged.
        drop(worker);
        more(&seen, "without a worker").await;
        let worker = start(&["worker"]);
        cluster.start(&leader);
        more(&seen, "with all of them again").await;

        seen.stop.store(true, Ordering::SeqCst);
        let promised: Vec<ClickId> = visitors.join_all().await.into_iter().flatten().collect();
        let wanted: HashSet<ClickId> = promised.iter().copied().collect();
        assert_eq!(wanted.len(), promised.len(), "each promise is a click of its own");
        let kept = async || market.server.app.db.read(all_clicks).await.unwrap();
        until("all promised clicks are stored", async || {
            let kept: HashSet<ClickId> = kept().await.into_iter().collect();
            wanted.is_subset(&kept)
        })
        .await;
        let kept = kept().await;
        assert_eq!(kept.iter().collect::<HashSet<_>>().len(), kept.len(), "none twice");
        // An answer of 503 leaves it open whether the click was kept, and nothing comes from nowhere.
        assert!(kept.len() <= seen.asked.load(Ordering::SeqCst), "{} kept", kept.len());

        let (answered, stored) = (promised.len(), kept.len());
        let lost = promised.iter().filter(|id| !kept.contains(id)).count();
        counted(&format!(
            "the stream's leader and a worker killed: clicks answered {answered}, stored {stored}; lost {lost}"
        ));

        worker.stop();
        redirect.stop();
        let aside = eyes.get_stream(format!("{}-aside", cluster.settings.name)).await.unwrap();
        assert_eq!(aside.cached_info().state.messages, 0);
    });
}
