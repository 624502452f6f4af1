//! All tests, in one program. One file a subject.
#![cfg(test)]
#![expect(clippy::string_slice, reason = "a test that cuts a text in the wrong place fails, which is what it is for")]

mod adapter;
mod adapter_language;
mod conversion_properties;
mod conversion_table;
mod histories;
mod lanes;
mod link_rules;
mod migrations;
mod money_rules;
mod payout_rules;
mod sandbox;
mod support;
mod test_databases;
mod tidy;

#[test]
fn nothing() {}
