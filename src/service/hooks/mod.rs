//! Outgoing webhooks: partners and operators are told what happened. What happened is read from what was committed (`feed`), so
//! nothing is lost and no click or postback waits for it; messages are rows that are sent, and tried again, by a job (`send`).

mod body;
mod feed;
mod manage;
mod send;

pub use feed::{feed_hooks, hooks_purge, late_clicks};
pub use manage::{
    Made, NewHook, hook_add, hook_change, hook_get, hook_list, hook_messages, hook_remove, hook_resend, hook_rotate,
    hook_test, owner_of,
};
pub use send::send_hooks;

/// For how many days messages are kept that were delivered or given up.
pub const KEPT_DAYS: i64 = 30;
