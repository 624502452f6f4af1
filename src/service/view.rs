//! What several use cases and pages show in the same form: calls without their secrets, transfers, reasons in words.

use serde::Serialize;
use utoipa::ToSchema;

use super::catalogue::Partner;
use crate::domain::adapter::RawCall;
use crate::domain::ledger::{Account, Transfer};
use crate::domain::money::Amount;
use crate::domain::reason::{Language, Reason};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Words {
    /// English.
    pub en: String,
    /// Russian.
    pub ru: String,
}

impl Words {
    /// The sentence for a reason's code; `None` for codes of adapters, which explain themselves in a detail.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        code.parse::<Reason>().ok().map(Self::from)
    }
}

impl From<Reason> for Words {
    fn from(reason: Reason) -> Self {
        Self { en: reason.sentence(Language::En).to_owned(), ru: reason.sentence(Language::Ru).to_owned() }
    }
}

/// One header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeaderView {
    /// Its name in lower case.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A call as it came, with secrets and signatures replaced by `***`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CallView {
    /// `GET` or `POST`.
    pub method: String,
    /// The address as it was called.
    pub url: String,
    /// The headers.
    pub headers: Vec<HeaderView>,
    /// The body; what is not text is replaced.
    pub body: String,
}

impl CallView {
    /// Shows a call of `partner`; `None` when there is no usable adapter to say what is secret in it.
    #[must_use]
    pub fn of(partner: &Partner, call: &RawCall) -> Option<Self> {
        let adapter = partner.adapter.as_ref().ok()?;
        let shown = adapter.redact(call, &partner.secrets);
        let headers = shown.headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect();
        let body = String::from_utf8_lossy(&shown.body).into_owned();
        Some(Self { method: shown.method, url: shown.public_url, headers, body })
    }
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TransferView {
    /// Where it comes from.
    #[schema(example = "partner/0198c0de-0000-7000-8000-000000000001/owed")]
    pub debit: String,
    /// Where it goes.
    #[schema(example = "house/margin")]
    pub credit: String,
    /// How much, above zero.
    pub amount: Amount,
}

impl From<&Transfer> for TransferView {
    fn from(transfer: &Transfer) -> Self {
        let (debit, credit) = (transfer.debit.to_string(), transfer.credit.to_string());
        Self { debit, credit, amount: transfer.amount() }
    }
}

/// An id that tells one from another without naming it: the last four characters of its reference.
#[must_use]
pub fn masked(reference: &str) -> String {
    let cut = reference.chars().count().saturating_sub(4);
    format!("…{}", reference.chars().skip(cut).collect::<String>())
}

/// An account without whose it is, in a word that pages have a text for: `pending`, `partner-owed`, `house`;
/// `shopper` is what partners read in place of shoppers' accounts.
#[must_use]
pub fn account_word(path: &str) -> String {
    if path == "shopper" {
        return path.to_owned();
    }
    match path.parse::<Account>() {
        Ok(Account::Shopper(_, bucket)) => bucket.as_str().replace('_', "-"),
        Ok(Account::PartnerExpected(_)) => "partner-expected".to_owned(),
        Ok(Account::PartnerOwed(_)) => "partner-owed".to_owned(),
        Ok(Account::Bank(_)) => "bank".to_owned(),
        Ok(Account::Fees) => "fees".to_owned(),
        Ok(
            Account::MarginPending
            | Account::Margin
            | Account::Fx
            | Account::Budget(_)
            | Account::WriteOff
            | Account::Suspense(_),
        )
        | Err(_) => "house".to_owned(),
    }
}
