//! Floor 1: the rules. Pure: no I/O, no clock, no randomness, no async; ids and times are arguments.

pub mod access;
pub mod adapter;
pub mod adjustment;
pub mod aging;
pub mod alarm;
pub mod application;
pub mod attribution;
pub mod bot;
pub mod call_file;
pub mod chain;
pub mod changes;
pub mod claim;
pub mod conversion;
pub mod email;
pub mod hand;
pub mod ledger;
pub mod link;
pub mod money;
pub mod month;
pub mod notice;
pub mod partner;
pub mod payout;
pub mod rate;
pub mod reason;
pub mod score;
pub mod verdict;
