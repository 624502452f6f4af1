//! A bank that takes files. It is never called: an operator exports the approved payouts, brings the file to the bank, and brings
//! in what the bank says became of each. Exporting is the sending, and happens once.

use chrono::TimeDelta;

use super::{
    Call, CallError, Debtor, Entry, Found, Intent, Lookup, Outcome, Page, PayoutProvider, RejectClass, Way,
    WebhookCall, WebhookEvent, WebhookRefusal,
};
use crate::base::Timestamp;
use crate::config::rails;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::MethodKind;

/// A bank.
#[derive(Debug)]
pub struct BankFile {
    settings: rails::BankFile,
    debtor: Debtor,
}

impl BankFile {
    /// The bank of these settings.
    #[must_use]
    pub fn new(settings: rails::BankFile) -> Self {
        let rails::BankFile { debtor, account, bank, .. } = settings.clone();
        Self { settings, debtor: Debtor { name: debtor, account, bank } }
    }

    fn error(&self) -> CallError {
        CallError { provider: self.settings.name.clone(), why: "a bank that takes files is not called".to_owned() }
    }
}

impl PayoutProvider for BankFile {
    fn name(&self) -> &str {
        &self.settings.name
    }

    /// Nothing may be sent a second time.
    fn key_window(&self) -> TimeDelta {
        TimeDelta::zero()
    }

    fn ways(&self) -> Vec<Way> {
        let typed = |kind: &&MethodKind| matches!(kind, MethodKind::Iban | MethodKind::Account);
        let kinds = self.settings.kinds.iter().filter(typed);
        kinds.map(|kind| Way { kind: *kind, entry: Entry::Typed }).collect()
    }

    fn pays_in(&self, currency: Currency) -> bool {
        self.settings.currencies.contains(&currency)
    }

    fn request_bytes(&self, _intent: &Intent) -> Result<Vec<u8>, CallError> {
        Err(self.error())
    }

    fn create<'a>(&'a self, _intent: &'a Intent) -> Call<'a, Outcome> {
        let (code, detail) = ("by_file".to_owned(), self.error().why);
        Box::pin(std::future::ready(Outcome::Rejected { code, detail, class: RejectClass::Ours }))
    }

    fn fetch<'a>(&'a self, _lookup: &'a Lookup) -> Call<'a, Found> {
        let why = "the bank tells by its files: bring in the newest".to_owned();
        Box::pin(std::future::ready(Found::CannotTell { why }))
    }

    fn list<'a>(
        &'a self,
        _from: Timestamp,
        _until: Timestamp,
        _cursor: Option<&'a str>,
    ) -> Call<'a, Result<Page, CallError>> {
        Box::pin(std::future::ready(Err(self.error())))
    }

    fn has_list(&self) -> bool {
        false
    }

    fn read_webhook<'a>(&'a self, _call: WebhookCall<'a>) -> Call<'a, Result<WebhookEvent, WebhookRefusal>> {
        let refusal = WebhookRefusal::NotAuthentic("a bank that takes files does not call");
        Box::pin(std::future::ready(Err(refusal)))
    }

    fn balance(&self) -> Call<'_, Result<Amount, CallError>> {
        Box::pin(std::future::ready(Err(self.error())))
    }

    fn drawn_on(&self) -> Option<&Debtor> {
        Some(&self.debtor)
    }
}
