//! What tests share.

pub mod accounts;
pub mod adapters;
pub mod app;
pub mod bank;
pub mod book;
pub mod browser;
pub mod db;
pub mod desk;
pub mod dice;
pub mod fixtures;
pub mod guard;
pub mod market;
pub mod nats;
pub mod paperwork;
pub mod receiver;
pub mod said;
pub mod site;
