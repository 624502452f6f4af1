//! The JSON API, one file a resource.

pub mod account;
pub mod operator;
pub mod payouts;
