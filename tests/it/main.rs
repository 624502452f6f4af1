//! All tests, in one program. One file a subject.
#![cfg(test)]
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::too_many_lines,
    reason = "whatever a test does not expect fails it, and a table is as long as what it tells"
)]
#![expect(clippy::inconsistent_digit_grouping, reason = "5_00 is five roubles and no kopecks")]
#![expect(clippy::string_slice, reason = "a test that cuts a text in the wrong place fails, which is what it is for")]

mod access;
mod account_changes;
mod accounts;
mod adapter;
mod adapter_age;
mod adapter_bodies;
mod adapter_language;
mod adapter_networks;
mod adapter_schemes;
mod adapter_shapes;
mod adjustments;
mod alarms;
mod api_account;
mod api_operator;
mod api_partner;
mod asked;
mod awaited_orders;
mod catalogue;
mod claim_files;
mod config;
mod conversion_properties;
mod conversion_table;
mod debts;
mod demo;
mod extension;
mod extension_operator;
mod faults;
mod histories;
mod hook_signatures;
mod hooks;
mod hot_queries;
mod kept_calls;
mod lanes;
mod leaving;
mod ledger_cli;
mod link_rules;
mod migrations;
mod money_rules;
mod notices;
mod order_items;
mod orders;
mod overload;
mod payout_freeze;
mod payout_review;
mod payout_rules;
mod postback_http;
mod rails;
mod reconciliation;
mod rerun_held;
mod reruns;
mod reseal;
mod retention;
mod sandbox;
mod second_factor;
mod server;
mod sets;
mod shopper_clicks;
mod site;
mod site_account;
mod site_money;
mod site_operator;
mod site_operator_find;
mod site_operator_keep;
mod site_orders;
mod site_partner;
mod site_partner_changes;
mod site_partner_work;
mod site_scores;
mod site_texts;
mod snapshots;
mod store_links;
mod stream;
mod stream_kill;
mod support;
mod test_databases;
mod tidy;
mod try_bench;
mod two_nodes;
mod unconfirmed;
mod verify;
mod withdrawals;
