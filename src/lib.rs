//! Kopilka: a self-hosted cashback affiliate tracking service.

pub mod base;
pub mod domain;
pub mod provider;
pub mod simulator;
