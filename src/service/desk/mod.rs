//! What partners' people see and do on their pages. One verb a file.

pub mod bench_share;
pub mod by_hand;
pub mod checklist;
pub mod claim_accept;
pub mod conversion_rate;
pub mod order_changes;
pub mod overview;
pub mod statement;
