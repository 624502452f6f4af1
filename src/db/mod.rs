//! Floor 2: the only place with diesel. One set of queries for SQLite and PostgreSQL, one function a
//! query, named noun first. Reads go through a pool; every write goes through a lane (`lane`), which
//! commits whatever is waiting as one transaction.

pub mod adjustments;
pub mod applications;
pub mod audit;
pub mod backup;
pub mod balances;
pub mod bench_reports;
mod bulk;
pub mod causes;
mod checkpoint;
pub mod claim_files;
pub mod claims;
pub mod click_retention;
pub mod clicks;
pub mod conn;
pub mod conversions;
pub mod days;
pub mod error;
pub mod extension;
pub mod figures;
pub mod health;
pub mod inbox;
pub mod jobs;
mod lane;
pub mod ledger;
pub mod marks;
pub mod methods;
pub mod migrate;
pub mod notices;
pub mod operators;
pub mod order_changes;
pub mod partners;
pub mod payouts;
pub mod people;
mod pool;
pub mod postbacks;
pub mod provider_events;
pub mod schema;
pub mod scores;
pub mod seals;
pub mod search;
pub mod second_factors;
mod set;
pub mod shoppers;
pub mod stores;
pub mod tokens;
mod types;

pub use conn::{Conn, snapshot};
pub use error::DbError;
pub use lane::{Lane, WriteError};
pub use pool::{Db, DbOptions, Kind};
pub use set::{Answers, SetWriter, WriteSet};
