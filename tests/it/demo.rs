//! The demonstration, run as a person runs it: every step as promised, the ledger clean, and a second one beside it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const STEPS: &[&str] = &[
    "sign_up",
    "altered_link",
    "follow_link",
    "order_pending",
    "repeats",
    "order_confirmed",
    "swapped",
    "partial_return",
    "forged_call",
    "beyond_limit",
    "second_currency",
    "order_declined",
    "changed_mind",
    "awin",
    "adtraction",
    "tradedoubler",
    "tune",
    "gdeslon",
    "actionpay",
    "seven_offers",
    "ayet_studios",
    "dub",
    "payout_card",
    "payout_too_much",
    "payout_wallet_failed",
    "payout_wallet_paid",
    "payout_most",
    "reversed_after_payout",
    "payout_in_debt",
    "debt_filled",
    "payout_phone",
    "bank_agrees",
    "ledger_verify",
];

fn demo(data: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kopilka"))
        .args(["demo", "--once", "--json", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn check(demo: Child) {
    let output = demo.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // One document and nothing beside it: serde_json refuses anything after it.
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|cause| panic!("{cause}: {said}"));
    let steps = told["steps"].as_array().unwrap();
    for step in steps {
        assert_eq!(step["ok"], true, "{}: {}", step["name"], step["detail"]);
        assert_ne!(step["detail"], "", "{} tells nothing", step["name"]);
    }
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, STEPS);
    assert_eq!((&told["ledger"], &told["ok"]), (&Value::from("clean"), &Value::from(true)));
    assert!(output.status.success(), "{said}");
}

#[test]
fn the_journey_is_as_promised_also_beside_another() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (demo(folder.path()), demo(folder.path()));
    check(first);
    check(second);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["kopilka-demo"], "each takes its own folder away");
}

/// Begins it on this data, reads how its journey went, and ends it without a warning.
fn told_before_it_is_killed(data: &Path) -> String {
    let mut running = Command::new(env!("CARGO_BIN_EXE_kopilka"))
        .args(["demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    let told = lines.find(|line| line.as_ref().unwrap().contains("as promised; the ledger")).unwrap().unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    told
}

#[test]
fn the_journey_is_as_promised_again_on_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let whole = format!("{0} of {0} steps were as promised; the ledger: clean", STEPS.len());
    assert_eq!(told_before_it_is_killed(folder.path()), whole);
    assert_eq!(told_before_it_is_killed(folder.path()), whole);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letters.txt"), "mine").unwrap();
    let output = demo(folder.path()).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--data"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
