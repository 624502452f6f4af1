//! What a use case can answer instead of its result. Knows nothing of HTTP: `http::error` does that.

use crate::db::{DbError, WriteError};
use crate::domain::money::MoneyError;
use crate::stream::StreamError;

/// The result of a use case.
pub type Outcome<T> = Result<T, ServiceError>;

/// Why a use case did not do what was asked. Texts are fit for outsiders, save for `Db`, `Stream` and `Internal`.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such thing, or it is not the asker's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A field of the request is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field.
        field: String,
        /// What is wrong with it, and how to mend it.
        problem: String,
    },
    /// A rule stands against it; nothing was changed.
    #[error("{detail}")]
    Refused {
        /// A stable word, `insufficient_funds` and the like.
        code: &'static str,
        /// The rule in words.
        detail: String,
    },
    /// It collides with what is there: a taken name, the same key with other content, a state that moved on.
    #[error("{detail}")]
    Conflict {
        /// A stable word.
        code: &'static str,
        /// What it collides with.
        detail: String,
    },
    /// Nobody is signed in, or the token is not valid.
    #[error("sign in first: send a valid token as Authorization: Bearer …")]
    Unauthenticated,
    /// Somebody tried to sign in and may not; deliberately vague.
    #[error("the e-mail address or the password is wrong, or the address is not confirmed yet")]
    WrongCredentials,
    /// Signed in, but not allowed.
    #[error("this is not allowed to you")]
    Forbidden,
    /// Too many tries.
    #[error("too many requests: try again in {retry_after_seconds} s")]
    TooMany {
        /// When to come back.
        retry_after_seconds: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The stream of clicks failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// A defect of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ServiceError {
    /// A field that is wrong.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }
    /// The same about a field of another name: a form need not call it as the service does.
    #[must_use]
    pub fn renamed(mut self, from: &str, to: &str) -> Self {
        if let Self::Invalid { field, .. } = &mut self
            && field == from
        {
            to.clone_into(field);
        }
        self
    }
    /// A rule that stands against it.
    pub fn refused(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Refused { code, detail: detail.into() }
    }
    /// A collision.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }
    /// A defect of ours; the text is for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}

impl WriteError for ServiceError {
    fn db(&self) -> Option<&DbError> {
        match self {
            Self::Db(error) => Some(error),
            Self::NotFound(_)
            | Self::Invalid { .. }
            | Self::Refused { .. }
            | Self::Conflict { .. }
            | Self::Unauthenticated
            | Self::WrongCredentials
            | Self::Forbidden
            | Self::TooMany { .. }
            | Self::Stream(_)
            | Self::Internal(_) => None,
        }
    }
}

impl From<MoneyError> for ServiceError {
    fn from(error: MoneyError) -> Self {
        Self::invalid("amount", error.to_string())
    }
}
