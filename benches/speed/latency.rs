//! How long an answer takes when the service is not driven to its limit. wrk sends the next request when the last was
//! answered, so its latency is that of a full house; hey's clients each send at a pace of their own.

use std::process::Command;

use crate::report::{Goal, Row, median};
use crate::rows::{Measure, Measured, ROUNDS, rates};
use crate::world::{EMPTY, World};

/// How many clients send. With 1,024 hey itself is what takes time: a fifth of the rate is not sent.
const CLIENTS: u32 = 256;
/// Which part of the rate has to be reached: a client that still waits when it is to send leaves that one out, and with too many of
/// these it would be the latency of another rate.
const REACHED: f64 = 0.95;
const BROWSER: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// The time that 99 of 100 clicks are answered within, at half of the rate that the same server has just shown. SQLite.
pub fn at_half_the_peak() -> Measured {
    let mut measure = Measure::new(World::sqlite(EMPTY), false, CLIENTS);
    for round in 0..ROUNDS {
        measure.run(round);
    }
    let rate = median(&rates(&measure.samples)) / 2.0;
    let links = std::fs::read_to_string(&measure.world.links).expect("the links are there");
    let link = links.lines().next().expect("a link");
    let url = format!("http://{}{link}", measure.server.address);
    let runs: Option<Vec<Paced>> = (0..ROUNDS).map(|_| paced(&url, rate)).collect();
    let Some(runs) = runs else {
        return (Vec::new(), vec!["not measured: redirect_latency (hey is missing: apt-get install hey)".to_owned()]);
    };
    measure.answers += runs.iter().map(|run| run.answers).sum::<u64>();
    let sent = median(&runs.iter().map(|run| run.per_second).collect::<Vec<_>>());
    let mut notes = measure.notes("redirect_latency, before and at half the rate");
    notes.push(format!("redirect_latency: {rate:.0}/s wanted, {sent:.0}/s sent"));
    if sent < REACHED * rate {
        notes.push("not measured: redirect_latency (the rate was not reached)".to_owned());
        return (Vec::new(), notes);
    }
    let p99: Vec<f64> = runs.iter().map(|run| run.p99_ms).collect();
    (vec![Row::alone("redirect_latency", "ms", &p99, Goal::AtMost(25.0))], notes)
}

/// What hey tells.
struct Paced {
    p99_ms: f64,
    per_second: f64,
    answers: u64,
}

/// Runs hey.
fn paced(url: &str, rate: f64) -> Option<Paced> {
    let pace = format!("{:.3}", rate / f64::from(CLIENTS));
    let mut command = Command::new("hey");
    command.args(["-z", "5s", "-c", &CLIENTS.to_string(), "-q", &pace, "-disable-redirects", "-H", BROWSER, url]);
    let output = command.output().ok()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |before: &str, line: &str| line.split(before).nth(1)?.split_whitespace().next()?.parse::<f64>().ok();
    let find = |before: &str| told.lines().find_map(|line| number(before, line));
    let p99 = find("99% in").expect("hey tells percentiles");
    let per_second = find("Requests/sec:").expect("hey tells its rate");
    let answers = find("[302]").expect("hey tells how many were answered").round();
    assert!(told.contains("[302]") && !told.contains("Error distribution"), "every click is answered: {told}");
    Some(Paced { p99_ms: p99 * 1e3, per_second, answers: answers as u64 })
}
