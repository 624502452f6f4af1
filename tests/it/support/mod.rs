//! What tests share.

pub mod adapters;
pub mod app;
pub mod db;
pub mod fixtures;
