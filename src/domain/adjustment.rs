//! Corrections that one operator may not book alone.

use crate::text_enum;

text_enum! {
    /// Where a correction stands that was asked for.
    pub enum AdjustmentState {
        /// It waits for another operator.
        Open = "open",
        /// Another operator agreed, and it was booked.
        Approved = "approved",
        /// Another operator turned it down, or whoever asked called it back.
        Declined = "declined",
        /// Nobody decided in time.
        Expired = "expired",
    }
}
