//! Adapters: a partner's calls described as data (TOML), read into normalised [`Report`]s.
//!
//! The language is described in `docs/ADAPTERS.md`; the adapters that come with the service are [`preset`]s.
//! Everything here is pure: a call in, a reading out.

mod age;
mod amount;
mod answer;
mod auth;
mod body;
mod call;
mod charset;
mod cond;
mod expr;
mod merge;
mod multipart;
mod outbound;
mod preset;
mod read;
mod redact;
mod report;
mod schema;
mod signature;
mod status;
mod table;
mod value;
mod when;
mod xml;

pub use amount::{AmountFormat, Mark, Scale, Sign};
pub use answer::Answer;
pub use auth::AuthFailure;
pub use call::{BodyKind, RawCall, Repeated};
pub use multipart::{file_text, uploaded_text};
pub use outbound::Outbound;
pub use preset::{preset, preset_names};
pub use report::{Amounts, EventTime, Item, Reading, Report, ReportStatus, Weight};
pub use schema::{About, KEYS};
pub use signature::{Algorithm, Encoding};
pub use status::{Meaning, Standing};
pub use when::in_zone;

use crate::base::{Secret, Timestamp};
use crate::domain::verdict::Verdict;
use call::Envelope;
use schema::Description;

/// Why a description cannot be used: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct AdapterError {
    /// The key, as in `fields.commission`.
    pub at: String,
    /// What is wrong and how to mend it.
    pub problem: String,
}

impl AdapterError {
    pub(crate) fn new(at: &str, problem: impl Into<String>) -> Self {
        Self { at: at.to_owned(), problem: problem.into() }
    }

    /// The same error, of the parent of that name.
    pub(crate) fn inside(self, parent: &str) -> Self {
        Self { at: format!("{parent}: {}", self.at), problem: self.problem }
    }
}

/// A description of one partner's calls, ready for use.
#[derive(Debug, Clone)]
pub struct Adapter {
    description: Description,
}

impl Adapter {
    /// Reads a description. `parent` gives the text of the adapter that `extends` names.
    ///
    /// # Errors
    /// [`AdapterError`] names the key and says how to mend it.
    pub fn parse(text: &str, parent: &dyn Fn(&str) -> Option<String>) -> Result<Self, AdapterError> {
        let merged = merge::resolve(text, parent)?;
        Description::parse(&merged).map(|description| Self { description })
    }

    /// One of the adapters that come with the service.
    #[must_use]
    pub fn of_preset(name: &str) -> Option<Result<Self, AdapterError>> {
        preset(name).map(|text| Self::parse(text, &|parent| preset(parent).map(str::to_owned)))
    }

    /// The adapter's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.description.name
    }

    /// What operators read about it.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.description.about
    }

    /// How our links carry the click to the partner.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &self.description.outbound
    }

    /// Is the call, which came at `now`, the partner's? Any of `secrets` will do, so that they can be rotated.
    ///
    /// # Errors
    /// [`AuthFailure`] with a stable code; it holds no secret.
    pub fn authenticate(&self, call: &RawCall, secrets: &[Secret], now: Timestamp) -> Result<(), AuthFailure> {
        let envelope = Envelope::new(call, &self.description.envelope);
        self.description.auth.check(&envelope, secrets, now)
    }

    /// How its calls are authenticated, in the words of `[auth]`.
    #[must_use]
    pub fn auth_kind(&self) -> String {
        self.description.auth.kind()
    }

    /// What the call says.
    #[must_use]
    pub fn read(&self, call: &RawCall) -> Reading {
        self.description.read(&Envelope::new(call, &self.description.envelope))
    }

    /// The call with secrets and signatures replaced by `***`, for showing to people.
    #[must_use]
    pub fn redact(&self, call: &RawCall, secrets: &[Secret]) -> RawCall {
        let mut sensitive = Vec::new();
        self.description.auth.sensitive(&mut sensitive);
        redact::redacted(&Envelope::new(call, &self.description.envelope), &sensitive, secrets)
    }

    /// What to answer. A body of `None` is the service's own JSON.
    #[must_use]
    pub fn answer(&self, verdict: Verdict, postback_id: &str, reason: Option<&str>) -> Answer {
        self.description.answer.answer(verdict, postback_id, reason)
    }

    /// What a status word of the partner's reporting API means (`[status.pull]`).
    #[must_use]
    pub fn pull_status(&self, word: &str) -> Option<&Meaning> {
        self.description.maker.status.pull.get(word)
    }
}
