//! A form as it comes back to its page: what was typed, and what is wrong with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::visitor::Visitor;
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;

/// What a form's page shows in its fields and beside them. A field that is not named is empty and right.
#[derive(Debug, Clone, Default, Serialize)]
pub(in crate::http) struct Fields {
    /// What was typed, by field. Never a password.
    values: BTreeMap<&'static str, String>,
    /// What is wrong, by field, in the reader's language.
    problems: BTreeMap<String, String>,
    /// What is wrong with the form as a whole.
    problem: Option<String>,
}

impl Fields {
    /// What was typed into these fields.
    pub fn typed<const N: usize>(values: [(&'static str, &str); N]) -> Self {
        let values = values.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Self { values, ..Self::default() }
    }

    /// Notes an error in the reader's language.
    ///
    /// # Errors
    /// The error itself when it is not about the form: those have a page of their own.
    pub(super) fn refuse(&mut self, visitor: &Visitor, error: &HttpError) -> HttpResult<()> {
        let HttpError::Service(error) = error else {
            self.problem = Some(visitor.text("refused-unreadable", &[])?);
            return Ok(());
        };
        match error {
            ServiceError::Invalid { field, problem } => {
                let key = format!("invalid-{}", field.to_lowercase().replace('_', "-"));
                let text = if visitor.has_text(&key) { visitor.text(&key, &[])? } else { problem.clone() };
                self.problems.insert(field.clone(), text);
            }
            ServiceError::Refused { code, detail } | ServiceError::Conflict { code, detail } => {
                let key = format!("refused-{}", code.replace('_', "-"));
                let text = if visitor.has_text(&key) { visitor.text(&key, &[])? } else { detail.clone() };
                self.problem = Some(text);
            }
            ServiceError::WrongCredentials => self.problem = Some(visitor.text("refused-wrong-credentials", &[])?),
            ServiceError::TooMany { retry_after_seconds } => {
                let seconds = ("seconds", (*retry_after_seconds).into());
                self.problem = Some(visitor.text("refused-too-many", &[seconds])?);
            }
            ServiceError::Db(_) | ServiceError::Stream(_) => {
                self.problem = Some(visitor.text("refused-unavailable", &[])?);
            }
            ServiceError::NotFound(_)
            | ServiceError::Unauthenticated
            | ServiceError::Forbidden
            | ServiceError::Internal(_) => {
                self.problem = Some(visitor.text("refused-unreadable", &[])?);
            }
        }
        Ok(())
    }
}
