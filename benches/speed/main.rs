//! The speeds that docs/PERFORMANCE.md speaks of: `make bench`. The program that was built for release is started as a
//! process of its own and measured through its door, beside a reference in the same run; what is told are ratios.
//!
//! Arguments: the rows that are wanted (`redirect`, `redirect_unbatched`, `redirect_latency`, `hot`, `postback`, `postback_sqlite`, `payout_request`,
//! `redirect_stream`, `ledger_verify`, `growth`, `pages`, `start`); without any, all. `BENCH_LONG=1` measures growth and verification at
//! their full size.
//! A goal that is not met is shown, and is no failure; an answer that was not stored is one.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "a measurement that cannot be made ends with why, and figures are for reading: no money is in them"
)]

mod growth;
mod latency;
mod ledger;
mod load;
mod pages;
mod past;
mod payouts;
mod process;
mod reference;
mod report;
mod rows;
mod stream;
mod world;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some((_, rest)) = arguments.split_first().filter(|(first, _)| *first == "reference") {
        return reference::serve(rest).expect("the reference serves");
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let postgres = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
    let mut notes = Vec::new();
    match &postgres {
        None => notes.push("not measured: PostgreSQL (TEST_DATABASE_URL is not set)".to_owned()),
        Some(server) if !world::is_durable(server) => {
            notes.push("WORTHLESS on PostgreSQL: this server does not wait for the disk".to_owned());
        }
        Some(_) => {}
    }
    let mut rows = Vec::new();
    let mut add = |(more, said): rows::Measured| {
        // At once: should a later row fail, these were measured all the same.
        said.iter().for_each(|note| println!("{note}"));
        rows.extend(more);
        notes.extend(said);
    };
    if wanted("redirect") {
        add(rows::redirects(postgres.as_deref()));
    }
    if let Some(server) = postgres.as_deref().filter(|_| wanted("redirect_stream")) {
        match stream::Cluster::of_this_run() {
            Some(cluster) => add(stream::redirect_stream(server, &cluster)),
            None => add((Vec::new(), vec!["not measured: the stream (TEST_NATS_SERVERS is not set)".to_owned()])),
        }
    }
    if let Some(server) = postgres.as_deref().filter(|_| wanted("postback")) {
        add(rows::postback(server));
    }
    if let Some(server) = postgres.as_deref().filter(|_| wanted("payout_request")) {
        add(payouts::request(server));
    }
    if wanted("postback_sqlite") {
        add(rows::postback_sqlite());
    }
    if wanted("redirect_unbatched") {
        add(rows::unbatched());
    }
    if wanted("redirect_latency") {
        add(latency::at_half_the_peak());
    }
    if wanted("hot") {
        add(growth::hot());
    }
    if wanted("growth") {
        add(growth::growth(postgres.as_deref()));
    }
    if wanted("ledger_verify") {
        add(ledger::verify());
    }
    if wanted("pages") {
        add(pages::pages());
    }
    if wanted("start") {
        add(rows::start());
    }
    let file = if arguments.is_empty() { "summary.json" } else { "summary-of-rows.json" };
    report::tell(&rows, &notes, &Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench").join(file));
}
