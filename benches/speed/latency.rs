//! How long an answer takes when the service is not driven to its limit. wrk sends the next request when the last was
//! answered, so its latency is that of a full house; hey's clients each send at a pace of their own.

use std::process::Command;

use crate::report::{Goal, Row, median};
use crate::rows::{Measure, Measured, ROUNDS, rates};
use crate::world::{EMPTY, World};

/// How many clients send.
const CLIENTS: u32 = 256;
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
    let runs: Option<Vec<(f64, f64)>> = (0..ROUNDS).map(|_| paced(&url, rate)).collect();
    let Some(runs) = runs else {
        return (Vec::new(), vec!["not measured: redirect_latency (hey is missing: apt-get install hey)".to_owned()]);
    };
    let (p99, sent): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
    let row = Row::alone("redirect_latency", "ms", &p99, Goal::AtMost(25.0));
    (vec![row], vec![format!("redirect_latency: {:.0}/s wanted, {:.0}/s sent", rate, median(&sent))])
}

/// Runs hey; gives the 99th percentile in milliseconds, and how many were answered a second.
fn paced(url: &str, rate: f64) -> Option<(f64, f64)> {
    let pace = format!("{:.3}", rate / f64::from(CLIENTS));
    let mut command = Command::new("hey");
    command.args(["-z", "5s", "-c", &CLIENTS.to_string(), "-q", &pace, "-disable-redirects", "-H", BROWSER, url]);
    let output = command.output().ok()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |before: &str, line: &str| line.split(before).nth(1)?.split_whitespace().next()?.parse::<f64>().ok();
    let p99 = told.lines().find_map(|line| number("99% in", line)).expect("hey tells percentiles");
    let sent = told.lines().find_map(|line| number("Requests/sec:", line)).expect("hey tells its rate");
    assert!(told.contains("[302]") && !told.contains("Error distribution"), "every click is answered: {told}");
    Some((p99 * 1e3, sent))
}
