//! Places at which a test ends the process, as a cut of power would: no destructor runs, nothing is flushed. Tests name one with
//! the variable `FAILPOINT`; builds without debug assertions have none of this.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

crate::text_enum! {
    /// A step on a payout's way, passed by the process that takes it.
    pub enum Failpoint {
        /// A request is stored with its reserve, and not answered.
        RequestStored = "request_stored",
        /// The job that sends a payout is claimed.
        SendClaimed = "send_claimed",
        /// The intent to send is stored, and the call not made.
        SendStored = "send_stored",
        /// The provider has answered the call, and nothing of that is stored.
        Answered = "answered",
        /// The provider's answer is stored.
        AnswerStored = "answer_stored",
        /// A provider's message is found authentic, and not stored.
        WebhookRead = "webhook_read",
        /// A provider's message is stored, and not answered.
        WebhookStored = "webhook_stored",
        /// The provider has told how a payout stands, and nothing of that is stored.
        Told = "told",
        /// What the provider told is stored.
        ToldStored = "told_stored",
        /// Payouts, money and jobs are written, and the transaction is not committed.
        Written = "written",
    }
}

/// The variable: a failpoint's word, a colon, and which time it is passed, from 1.
pub const VARIABLE: &str = "FAILPOINT";

impl Failpoint {
    /// Ends the process if a test wants it to end here.
    pub fn pass(self) {
        if cfg!(debug_assertions) {
            self.end_if_wanted();
        }
    }

    fn end_if_wanted(self) {
        static WANTED: OnceLock<Option<(Failpoint, u32)>> = OnceLock::new();
        static PASSED: AtomicU32 = AtomicU32::new(0);
        let read = || {
            let text = std::env::var(VARIABLE).ok()?;
            let (word, time) = text.split_once(':')?;
            Some((word.parse().ok()?, time.parse().ok()?))
        };
        let wanted = WANTED.get_or_init(read);
        if wanted.is_some_and(|(place, time)| {
            place == self && PASSED.fetch_add(1, Ordering::Relaxed).saturating_add(1) == time
        }) {
            tracing::error!(at = self.as_str(), "the process ends here, as a test wants");
            std::process::abort();
        }
    }
}
