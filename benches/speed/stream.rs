//! A node that hands its clicks to the stream. On one machine, which it shares with the stream, the database and the load, the rate
//! says little; what a click costs the node, the stream and the worker says how many of them a rate takes.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{Server, cpu_of};
use crate::report::{Goal, Row};
use crate::rows::{Measure, Measured, ROUNDS, each, rates};
use crate::world::{EMPTY, World};

/// How long the worker may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The cluster that scripts/with-nats has started.
pub struct Cluster {
    servers: String,
    folder: PathBuf,
}

impl Cluster {
    /// None, when there is none.
    pub fn of_this_run() -> Option<Self> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Some(Self { servers: set("TEST_NATS_SERVERS")?, folder: set("TEST_NATS_FOLDER")?.into() })
    }

    /// The CPU time that its three servers have used.
    fn cpu(&self) -> Duration {
        let process = |node| {
            let told = std::fs::read_to_string(self.folder.join(format!("n{node}.pid"))).expect("a server runs");
            told.trim().parse().expect("a process")
        };
        (1..=3).map(|node| cpu_of(process(node))).sum()
    }
}

/// Tracking links on a node with the role redirect, beside one that stores clicks itself, on PostgreSQL.
pub fn redirect_stream(server: &str, cluster: &Cluster) -> Measured {
    let keys = [
        ("KOPILKA_ROLE", "redirect"),
        ("KOPILKA_STREAM_SERVERS", &cluster.servers),
        ("KOPILKA_STREAM_USER", "kopilka"),
        ("KOPILKA_STREAM_PASSWORD", "throw-away"),
        ("KOPILKA_STREAM_NAME", "bench"),
    ];
    let mut whole = Measure::new(World::postgres(server, "kopilka_bench_whole", EMPTY), false, 256);
    let world = World::postgres(server, "kopilka_bench_stream", EMPTY);
    let node = Server::product_with(&world, &keys);
    let mut node = Measure::of(world, node, false, 256);
    let mut of_stream = Vec::new();
    for round in 0..ROUNDS {
        whole.run(round);
        let (before, answered) = (cluster.cpu(), node.answers);
        node.run(round);
        of_stream.push(micros_each(cluster.cpu().saturating_sub(before), node.answers - answered));
    }
    let (begun, worker) = (Instant::now(), Server::worker(&node.world, &keys[1..]));
    while !node.clicks_are_stored() {
        assert!(begun.elapsed() < PATIENCE, "the worker does not store what was answered");
        sleep(Duration::from_millis(200));
    }
    let (took, of_worker) = (begun.elapsed().as_secs_f64(), micros_each(worker.cpu(), node.answers));
    let reference = "redirect_pg";
    let cpu = |measure: &Measure| each(&measure.samples, |sample| sample.cpu_micros);
    let beside = (reference, &rates(&whole.samples)[..]);
    let mut notes = node.notes("redirect_stream");
    notes.push(format!(
        "redirect_stream: {of_worker:.0} µs of the worker a click, {:.0} clicks a second",
        node.answers as f64 / took
    ));
    notes.extend(whole.notes("beside redirect_stream"));
    let rows = vec![
        Row::beside("redirect_stream", "/s", &rates(&node.samples), beside, Goal::Shown),
        Row::beside("redirect_stream_cpu", "µs", &cpu(&node), (reference, &cpu(&whole)), Goal::Shown),
        Row::alone("redirect_stream_nats", "µs", &of_stream, Goal::Shown),
    ];
    (rows, notes)
}

fn micros_each(time: Duration, clicks: u64) -> f64 {
    time.as_secs_f64() * 1e6 / clicks as f64
}
