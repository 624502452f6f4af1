//! What tests share.

pub mod app;
pub mod db;
pub mod adapters;
pub mod fixtures;
