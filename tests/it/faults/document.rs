//! Schemathesis reads the published OpenAPI document and calls every operation with what fits it and what does not: nothing
//! may fail on our side. It is a program of its own, which scripts/tool gets.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kopilka::base::Clock;
use reqwest::StatusCode;

use super::process::client;
use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::market::Market;
use crate::support::said::tell;

on_both![no_call_that_the_document_suggests_fails_on_our_side];

/// Operations that would end the session that the calls are made with.
const ENDS_THE_SESSION: &str = "^/api/v1/(sessions|tokens)";

async fn no_call_that_the_document_suggests_fails_on_our_side(db: TestDb) {
    let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/tool");
    // Once, for both databases.
    static THERE: OnceLock<bool> = OnceLock::new();
    let get = || Command::new(tool).args(["schemathesis", "--install-only"]).stdin(Stdio::null()).status().unwrap();
    if !*THERE.get_or_init(|| get().success()) {
        tell("NOT TESTED: calls that the OpenAPI document suggests: schemathesis cannot be had");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Letters, too: whoever signs up gets one.
    let server =
        TestApp::start_with(&db.url, Clock::System, |config| config.mail.outbox = folder.path().join("outbox"));
    let market = Market::open(server.await, 0).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let callers = [
        ("nobody", None),
        ("a shopper", Some(&market.as_shopper)),
        ("a partner", Some(&market.as_partner)),
        ("an operator", Some(&market.as_admin)),
    ];
    let (phases, examples) = if long() { ("coverage,fuzzing", "25") } else { ("fuzzing", "3") };
    let seed = Dice::told().0.to_string();
    for (who, token) in callers {
        let mut command = Command::new(tool);
        command.env("SCHEMATHESIS_HOOKS", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faults/refusals.py"));
        command.args(["schemathesis", "run", "--checks", "not_a_server_error,refusals_are_problems"]);
        command.args(["--phases", phases, "--max-examples", examples]);
        command.args(["--seed", &seed, "--workers", "2", "--no-color", "--continue-on-failure"]);
        command.args(["--warnings", "off", "--suppress-health-check", "all"]);
        if let Some(token) = token {
            command.args(["--exclude-path-regex", ENDS_THE_SESSION]);
            command.args(["-H", &format!("Authorization: Bearer {}", token.0)]);
        }
        command.arg(format!("http://{}/api/openapi.json", market.server.address));
        // It keeps what it found in the folder it runs in.
        command.current_dir(folder.path()).stdin(Stdio::null());
        let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let complaints = String::from_utf8_lossy(&done.stderr);
        // Its own mishaps ("Runtime Error") are not ours.
        let clean = !said.contains("Server error")
            && !said.contains("Custom check failed")
            && !said.contains("Schema Error")
            && said.contains(" generated, ");
        assert!(clean, "as {who}, seed {seed}:\n{said}\n{complaints}");
        let summary = said.lines().find(|line| line.contains(" generated, ")).unwrap_or_default().trim();
        tell(&format!("{:?}: schemathesis as {who}: {summary}", db.kind()));
    }
    let alive = client().get(format!("http://{}/readyz", market.server.address)).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);
}
