//! Kopilka: a self-hosted cashback affiliate tracking service.
//!
//! The floors, each using only those below it:
//!
//! | floor | modules | what |
//! |---|---|---|
//! | 5 | `cli`, `simulator` | one file a command; stand-ins for the outside world |
//! | 4 | `http`, `job` | the outside world calling in; work that runs by itself |
//! | 3 | `service` | use cases: one file, one verb |
//! | 2 | `db`, `provider`, `stream` | the only place with diesel; that calls payout providers; with the replicated log of clicks |
//! | 1 | `domain` | pure rules: no I/O, no clock, no randomness, no async |
//! | 1 | `web` | templates, texts and static files of the pages; how money and times are written |
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
pub mod stream;
pub mod web;
