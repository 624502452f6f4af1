//! All tests, in one program. One file a subject.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "a test that cuts a text in the wrong place fails, which is what it is for")]

mod access;
mod accounts;
mod adapter;
mod adapter_language;
mod adapter_schemes;
mod adapter_shapes;
mod catalogue;
mod config;
mod demo;
mod payout_rules;
mod postback_http;
mod sandbox;
mod server;
mod support;
mod test_databases;
mod tidy;
mod withdrawals;
