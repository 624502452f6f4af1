//! What tests share.

pub mod adapters;
pub mod accounts;
pub mod app;
pub mod db;
pub mod fixtures;
pub mod market;
