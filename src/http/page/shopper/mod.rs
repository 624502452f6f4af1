//! Pages for shoppers.

pub(super) mod clicks;
pub(super) mod order;
pub(super) mod orders;
pub(super) mod store;
pub(super) mod stores;
mod story;
