//! Pages for shoppers.

pub(super) mod balance;
pub(super) mod claim_files;
pub(super) mod claims;
pub(super) mod clicks;
pub(super) mod freeze;
pub(super) mod method_new;
pub(super) mod methods;
pub(super) mod order;
pub(super) mod orders;
pub(super) mod payouts;
pub(super) mod store;
pub(super) mod stores;
pub(super) mod story;
pub(super) mod withdraw;
