//! All tests, in one program. One file a subject.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "a test that cuts a text in the wrong place fails, which is what it is for")]

mod adapter;
mod adapter_language;
mod config;
mod payout_rules;
mod sandbox;
mod server;
//! One test binary: every test file is a module here.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail loudly, too"
)]

mod adapter;
mod adapter_language;
mod adapter_schemes;
mod adapter_shapes;
mod support;
mod test_databases;
mod tidy;
mod withdrawals;

#[test]
fn nothing() {}
