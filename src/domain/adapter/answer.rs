//! What the partner reads in answer to its call.

use std::collections::BTreeMap;

use super::AdapterError;
use super::table::Table;
use crate::domain::reason::Reason;
use crate::domain::verdict::Verdict;

/// An HTTP answer. `None` as body is the service's own JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content-Type.
    pub content_type: String,
    /// The body, or none for the service's own JSON.
    pub body: Option<String>,
}

/// One answer as declared; what is not declared comes from the general one.
#[derive(Debug, Clone, Default)]
struct Declared {
    status: Option<u16>,
    content_type: Option<String>,
    body: Option<String>,
}

/// The `[answer]` table.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswerRule {
    general: Declared,
    each: BTreeMap<Verdict, Declared>,
    because: BTreeMap<String, Declared>,
}

pub(crate) const ANSWER_KEYS: &[&str] =
    &["status", "body", "content_type", "applied", "unchanged", "superseded", "ignored", "held", "refused", "because"];
pub(crate) const ANSWER_ONE_KEYS: &[&str] = &["status", "body", "content_type"];

fn declared(table: &Table<'_>, refused: bool) -> Result<Declared, AdapterError> {
    let status = match table.scalar("status")? {
        None => None,
        Some(_) if refused => {
            let problem = "a call that is not authentic is always answered 401; only body and content_type can be set";
            return Err(AdapterError::new(&table.at("status"), problem.to_owned()));
        }
        Some(text) => match text.parse::<u16>() {
            Ok(status) if (200..=299).contains(&status) => Some(status),
            Ok(_) | Err(_) => {
                let problem = "must be from 200 to 299: partners repeat calls answered otherwise, then switch them off";
                return Err(AdapterError::new(&table.at("status"), problem.to_owned()));
            }
        },
    };
    Ok(Declared { status, content_type: table.text("content_type")?, body: table.scalar("body")? })
}

impl AnswerRule {
    pub fn parse(table: Option<&Table<'_>>) -> Result<Self, AdapterError> {
        let Some(table) = table else { return Ok(Self::default()) };
        table.known(ANSWER_KEYS)?;
        let mut each = BTreeMap::new();
        for verdict in Verdict::ALL {
            if let Some(one) = table.table(verdict.as_str())? {
                one.known(ANSWER_ONE_KEYS)?;
                each.insert(*verdict, declared(&one, *verdict == Verdict::Refused)?);
            }
        }
        let mut because = BTreeMap::new();
        if let Some(table) = table.table("because")? {
            // A call that is not authentic is answered as refused, whatever else.
            let words =
                Reason::ALL.iter().filter(|reason| !matches!(reason, Reason::NotAuthentic | Reason::PartnerPaused));
            table.known(&words.map(|reason| reason.as_str()).collect::<Vec<_>>())?;
            for reason in table.keys() {
                if let Some(one) = table.table(reason)? {
                    one.known(ANSWER_ONE_KEYS)?;
                    because.insert(reason.clone(), declared(&one, false)?);
                }
            }
        }
        Ok(Self { general: declared(table, false)?, each, because })
    }

    pub fn answer(&self, verdict: Verdict, postback_id: &str, reason: Option<&str>) -> Answer {
        let refused = verdict == Verdict::Refused;
        let of_reason = reason.filter(|_| !refused).and_then(|reason| self.because.get(reason));
        let of_verdict = self.each.get(&verdict).cloned().unwrap_or_default();
        // What the reason's answer leaves open, the verdict's says.
        let own = &of_reason.map_or(of_verdict.clone(), |first| Declared {
            status: first.status.or(of_verdict.status),
            content_type: first.content_type.clone().or(of_verdict.content_type),
            body: first.body.clone().or(of_verdict.body),
        });
        let body = own.body.as_ref();
        // The body that means "taken" must not be read by a partner whose call was refused.
        let body = if refused { body } else { body.or(self.general.body.as_ref()) };
        let body = body.map(|body| {
            body.replace("{id}", postback_id)
                .replace("{verdict}", verdict.as_str())
                .replace("{reason}", reason.unwrap_or_default())
        });
        let content_type = own.content_type.clone().or_else(|| self.general.content_type.clone());
        let fallback = if body.is_some() { "text/plain; charset=utf-8" } else { "application/json" };
        let content_type = match &body {
            Some(_) => content_type.unwrap_or_else(|| fallback.to_owned()),
            None => fallback.to_owned(),
        };
        let status = own.status.or(self.general.status).unwrap_or(200);
        Answer { status: if refused { 401 } else { status }, content_type, body }
    }
}
