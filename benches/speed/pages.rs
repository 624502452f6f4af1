//! How long a reader waits for a page: one reader, one page after the other, in a catalogue of thousands of stores.

use std::process::Command;

use crate::payouts::requests;
use crate::process::Server;
use crate::report::{Goal, Row};
use crate::rows::Measured;
use crate::world::{EMPTY, Scale, World};

/// As many stores as a large service has, and a shopper with a few orders.
const SCALE: Scale = Scale { stores: 5_000, orders: 10_000, ..EMPTY };
/// How often each page is asked for.
const TIMES: &str = "200";
/// The pages. The search is one that finds a thousand stores.
const PAGES: [&str; 7] = ["/", "/stores", "/stores?q=store-4", "/stores/store-4999", "/orders", "/clicks", "/balance"];

/// The median of the slowest page. SQLite.
pub fn pages() -> Measured {
    let world = World::sqlite(SCALE);
    let requests = actix_web::rt::System::new().block_on(requests(&world.url));
    let token = requests.split_whitespace().next().expect("a token").to_owned();
    let server = Server::product(&world);
    let mut notes = Vec::new();
    let mut slowest = 0.0_f64;
    for page in PAGES {
        let Some((median, p95)) = ask(&format!("http://{}{page}", server.address), &token) else {
            return (Vec::new(), vec!["not measured: pages (hey is missing: apt-get install hey)".to_owned()]);
        };
        notes.push(format!("pages: {page} {median:.1} ms, 95 of 100 within {p95:.1} ms"));
        slowest = slowest.max(median);
    }
    (vec![Row::alone("pages", "ms", &[slowest], Goal::AtMost(50.0))], notes)
}

/// Asks as one reader; gives the median and the 95th percentile in milliseconds.
fn ask(url: &str, token: &str) -> Option<(f64, f64)> {
    let bearer = format!("Authorization: Bearer {token}");
    let mut command = Command::new("hey");
    command.args(["-n", TIMES, "-c", "1", "-H", &bearer, "-H", "Accept: text/html", url]);
    let told = String::from_utf8_lossy(&command.output().ok()?.stdout).into_owned();
    let within = |share: &str| {
        let line = told.lines().find(|line| line.contains(share)).expect("hey tells percentiles");
        line.split(share).nth(1)?.split_whitespace().next()?.parse::<f64>().ok()
    };
    assert!(told.contains("[200]") && !told.contains("Error distribution"), "every page is shown: {url}: {told}");
    Some((within("50% in")? * 1e3, within("95% in")? * 1e3))
}
