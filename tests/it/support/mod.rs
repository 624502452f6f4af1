//! What tests share.

pub mod db;
pub mod fixtures;
