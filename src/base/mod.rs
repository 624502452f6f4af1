//! Floor 0: identifiers, time, secrets, text enums. Nothing here knows a business rule or does I/O
//! beyond reading the clock and the system's random source.

pub mod failpoint;
pub mod id;
pub mod secret;
pub mod text_enum;
pub mod time;

pub use failpoint::Failpoint;
pub use id::Id;
pub use secret::Secret;
pub use time::{Clock, Timestamp};
