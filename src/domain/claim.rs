//! "This order is missing": what a shopper claims and how it is answered.

use crate::text_enum;

text_enum! {
    /// Where a claim stands.
    pub enum ClaimState {
        /// Nobody has answered yet.
        Open = "open",
        /// The partner or an operator agrees; the order itself comes as a postback.
        Accepted = "accepted",
        /// It was looked into and turned down.
        Declined = "declined",
    }
}
