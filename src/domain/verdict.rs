//! What became of a postback, in one word and one reason.

use crate::text_enum;

text_enum! {
    /// The outcome of one postback. The answer to the partner carries it.
    pub enum Verdict {
        /// Moved a conversion.
        Applied = "applied",
        /// The same as is known already: a repeat.
        Unchanged = "unchanged",
        /// Older than what is known.
        Superseded = "superseded",
        /// Not a sale: a test call, a programme's status. The adapter says so.
        Ignored = "ignored",
        /// Kept for an operator; moved nothing.
        Held = "held",
        /// Not authentic, or the partner is paused; moved nothing.
        Refused = "refused",
    }
}
