//! Kopilka: a self-hosted cashback affiliate tracking service.

pub mod base;
pub mod db;
pub mod domain;
