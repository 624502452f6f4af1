//! What tests share.

pub mod accounts;
pub mod adapters;
pub mod app;
pub mod book;
pub mod db;
pub mod fixtures;
pub mod market;
pub mod nats;
