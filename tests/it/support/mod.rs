//! What tests share.

pub mod book;
pub mod db;
pub mod fixtures;
