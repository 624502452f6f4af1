//! Floor 3: use cases. One file, one verb. The shape of every write is the same: load what is needed,
//! decide in pure code, write what was decided, in one transaction of one lane.

pub mod accounts;
pub mod error;
pub mod limits;
pub mod outbox;
pub mod password;

use std::sync::Arc;

use crate::base::Clock;
use crate::base::secret::MasterKey;
use crate::config::Config;
use crate::db::Db;

pub use error::{Outcome, ServiceError};

/// What every use case works with. Made once at the start and passed down; cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The configuration.
    pub config: Arc<Config>,
    /// Encrypts secrets at rest.
    pub master: MasterKey,
}
