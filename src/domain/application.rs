//! "We want to be your partner": how an application stands.

use crate::text_enum;

text_enum! {
    /// Where an application stands.
    pub enum ApplicationState {
        /// The address was not confirmed yet; nobody has to look.
        Unconfirmed = "unconfirmed",
        /// An operator has to decide.
        Waiting = "waiting",
        /// The partner's calls are taken.
        Approved = "approved",
        /// It was turned down; the partner stays paused.
        Declined = "declined",
    }
}
