//! What several test files share.

pub mod adapters;
pub mod fixtures;
