//! Kopilka: a self-hosted cashback affiliate tracking service.
//!
//! The floors, each using only those below it:
//!
//! | floor | modules | what |
//! |---|---|---|
//! | 5 | `cli`, `simulator` | one file a command; stand-ins for the outside world |
//! | 4 | `http`, `job` | the outside world calling in; work that runs by itself |
//! | 3 | `service` | use cases: one file, one verb |
//! | 2 | `db`, `provider` | the only place with diesel; the only place that calls payout providers |
//! | 1 | `domain` | pure rules: no I/O, no clock, no randomness, no async |
//! | 0 | `base`, `config` | ids, time, secrets; the typed configuration |

pub mod base;
pub mod cli;
pub mod config;
pub mod db;
pub mod domain;
pub mod http;
pub mod job;
pub mod provider;
pub mod service;
pub mod simulator;
