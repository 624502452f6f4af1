//! Floor 1: the rules. Pure: no I/O, no clock, no randomness, no async; ids and times are arguments.

pub mod money;
pub mod payout;
pub mod verdict;
