//! Floor 2: the only place with diesel. One set of queries for SQLite and PostgreSQL, one function a
//! query, named noun first. Reads go through a pool; every write goes through a lane (`lane`), which
//! commits whatever is waiting as one transaction.

pub mod audit;
pub mod backup;
pub mod conn;
pub mod error;
pub mod health;
mod lane;
pub mod migrate;
pub mod operators;
mod pool;
pub mod schema;
pub mod shoppers;
pub mod tokens;
mod types;

pub use conn::Conn;
pub use error::DbError;
pub use lane::{Lane, WriteError};
pub use pool::{Db, DbOptions, Kind};
