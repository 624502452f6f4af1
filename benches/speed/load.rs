//! Runs wrk, and the two references that are not servers: pgbench, and one insert a transaction.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::process::Server;

/// How long each of the runs takes whose median is told.
const RUN: Duration = Duration::from_secs(4);
/// How long a server is warmed up before its first run.
const WARM_UP: Duration = Duration::from_secs(1);

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Answers a second.
    pub per_second: f64,
    /// Answers in all.
    pub answers: u64,
    /// The time that 99 of 100 answers came within, in milliseconds.
    pub p99_ms: f64,
    /// CPU time of the server for each answer, in microseconds.
    pub cpu_micros: f64,
}

/// What is sent, and over how many connections.
#[derive(Debug, Clone)]
pub struct Load {
    /// A path with its query a line.
    pub paths: PathBuf,
    /// Whether each request is one of its own.
    pub orders: bool,
    /// What makes the requests: a script beside this file.
    pub script: &'static str,
    /// How many connections wait for answers at any time.
    pub connections: u32,
}

/// Sends for as long as a run takes.
pub fn run(server: &Server, load: &Load, label: &str) -> Sample {
    let sample = send(server, load, label, RUN);
    assert!(sample.answers > 0, "{label}: no answer");
    sample
}

/// Sends for a moment, and tells only how many were answered: none, it may be, while the disk is still busy with what the world was
/// filled with.
pub fn warm_up(server: &Server, load: &Load) -> u64 {
    send(server, load, "warm", WARM_UP).answers
}

fn send(server: &Server, load: &Load, label: &str, time: Duration) -> Sample {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/speed").join(load.script);
    let mut command = Command::new("wrk");
    command.arg("-t1").arg(format!("-c{}", load.connections)).arg(format!("-d{}s", time.as_secs()));
    command.arg("--timeout").arg("10s").arg("-s").arg(script);
    command.arg(format!("http://{}", server.address)).arg("--").arg(&load.paths);
    if load.orders {
        command.arg(label);
    }
    let before = server.cpu();
    let output = command.output().expect("wrk could not be started");
    let cpu = server.cpu().saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap_or_default();
    let numbers: Vec<u64> = told.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [answers, micros, broken, refused, p99] = numbers.as_slice() else {
        panic!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr));
    };
    assert_eq!((*broken, *refused), (0, 0), "{label}: connections that broke, answers of 400 and above: {text}");
    Sample {
        per_second: *answers as f64 * 1e6 / *micros as f64,
        answers: *answers,
        p99_ms: *p99 as f64 / 1e3,
        cpu_micros: cpu.as_secs_f64() * 1e6 / *answers as f64,
    }
}

/// pgbench's own program: on the path, or beside a server that Debian installed.
fn pgbench_program() -> PathBuf {
    let beside = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = beside.map(|entry| entry.path().join("bin/pgbench")).collect();
    found.retain(|path| path.exists());
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from("pgbench"))
}

fn pgbench(url: &str, arguments: &[&str]) -> String {
    let output = Command::new(pgbench_program()).args(arguments).arg(url).output().expect("pgbench is missing");
    assert!(output.status.success(), "pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Fills a database for pgbench: scale 10, a million accounts.
pub fn tpcb_prepare(url: &str) {
    pgbench(url, &["-i", "-q", "-s", "10"]);
}

/// Transactions a second of pgbench's TPC-B.
pub fn tpcb(url: &str) -> f64 {
    let seconds = RUN.as_secs().to_string();
    let told = pgbench(url, &["-M", "prepared", "-c", "8", "-j", "2", "-T", &seconds]);
    let line = told.lines().find_map(|line| line.strip_prefix("tps = ")).expect("pgbench tells its tps");
    line.split(' ').next().and_then(|word| word.parse().ok()).expect("pgbench's tps is a number")
}

/// Inserts a second into a table of its own in this SQLite file, each in a transaction that waits for the disk.
pub fn lone_inserts(file: &Path) -> f64 {
    let mut conn = SqliteConnection::establish(&file.to_string_lossy()).expect("the SQLite file opens");
    let settings = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                    CREATE TABLE IF NOT EXISTS bench_lone (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;";
    conn.batch_execute(settings).expect("a table for the reference");
    let (started, mut done) = (Instant::now(), 0_u32);
    while started.elapsed() < RUN {
        conn.batch_execute("INSERT INTO bench_lone (body) VALUES ('a row of about the size of a click: a landing address, a browser, a network, a hash')")
            .expect("an insert");
        done += 1;
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}
