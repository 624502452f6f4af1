//! What a create call asks for: read as strictly as the service does, which refuses fields that it does not know.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::words::Problem;
use crate::domain::money::{Amount, Currency};
use crate::simulator::book::Book;
use crate::simulator::fault::{TestDestination, by_code, by_email, by_iban};

/// The fields that the description has, and `payout_id`, which it has in its answers only.
const FIELDS: [&str; 32] = [
    "payout_id",
    "merchant_order_reference_id",
    "amount",
    "currency",
    "routing",
    "connector",
    "confirm",
    "payout_type",
    "payout_method_data",
    "billing",
    "auto_fulfill",
    "customer_id",
    "customer",
    "return_url",
    "business_country",
    "business_label",
    "description",
    "entity_type",
    "recurring",
    "metadata",
    "payout_token",
    "profile_id",
    "priority",
    "payout_link",
    "payout_link_config",
    "session_expiry",
    "email",
    "name",
    "phone",
    "phone_country_code",
    "payout_method_id",
    "browser_info",
];
/// The connectors that it has.
const CONNECTORS: [&str; 14] = [
    "adyen",
    "adyenplatform",
    "cybersource",
    "ebanx",
    "gigadat",
    "loonio",
    "nomupay",
    "nuvei",
    "payone",
    "paypal",
    "stripe",
    "wise",
    "worldpay",
    "worldpayxml",
];

#[derive(Deserialize)]
struct Body {
    payout_id: Option<String>,
    merchant_order_reference_id: Option<String>,
    amount: i64,
    currency: Currency,
    connector: Option<Vec<String>>,
    #[serde(default)]
    confirm: bool,
    #[serde(default)]
    auto_fulfill: bool,
    payout_type: Option<String>,
    payout_method_data: Option<Value>,
    payout_method_id: Option<String>,
    customer_id: Option<String>,
    customer: Option<Value>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// What a create call asks for.
pub(super) struct Wanted {
    body: Body,
    /// All of it, as it was sent.
    pub(super) sent: Value,
}

impl Wanted {
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        let unreadable = |cause: serde_json::Error| Problem::unreadable(format!("Json deserialize error: {cause}"));
        let sent: Map<String, Value> = serde_json::from_slice(body).map_err(unreadable)?;
        if let Some(name) = sent.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(Problem::unreadable(format!("Json deserialize error: unknown field `{name}`")));
        }
        for name in ["amount", "currency"] {
            if !sent.contains_key(name) {
                return Err(Problem::missing(name));
            }
        }
        let sent = Value::Object(sent);
        let wanted = Self { body: Body::deserialize(&sent).map_err(unreadable)?, sent };
        wanted.check()?;
        Ok(wanted)
    }

    fn check(&self) -> Result<(), Problem> {
        let body = &self.body;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if body.payout_id.as_ref().is_some_and(|id| id.len() != 30 || !id.bytes().all(plain)) {
            return Err(Problem::new(
                400,
                "IR_05",
                "payout_id contains invalid data. Expected format is 30 characters",
            ));
        }
        if body.connector.iter().flatten().any(|name| !CONNECTORS.contains(&name.as_str())) {
            return Err(Problem::invalid("connector"));
        }
        let long = |(key, value): (&String, &String)| key.chars().count() > 40 || value.chars().count() > 500;
        if body.metadata.len() > 50 || body.metadata.iter().any(long) {
            return Err(Problem::invalid("metadata"));
        }
        // No customer is known here but those whose cards were saved.
        let known = body.payout_method_id.is_some() || body.customer_id.is_none();
        let given = |name: &str| body.customer.as_ref()?.get(name);
        let detail = |name: &str| given(name).is_some_and(Value::is_string);
        if !known && !["name", "email", "phone"].into_iter().any(detail) {
            let id = body.customer_id.as_deref().unwrap_or_default();
            return Err(Problem::unreadable(format!("customer for id - {id} not found")));
        }
        if body.confirm && body.payout_type.is_none() {
            return Err(Problem::missing("payout_type"));
        }
        Ok(())
    }

    pub(super) fn amount(&self) -> Amount {
        Amount::new(self.body.amount, self.body.currency)
    }

    /// Its id, which is made here when none was sent.
    pub(super) fn id(&self) -> Option<&str> {
        self.body.payout_id.as_deref()
    }

    /// By what the merchant knows it: the record of money counts by it, whatever the id.
    pub(super) fn reference(&self) -> Option<&str> {
        self.body.merchant_order_reference_id.as_deref()
    }

    /// Whether money moves without anybody doing more.
    pub(super) fn goes_by_itself(&self) -> bool {
        self.body.confirm && self.body.auto_fulfill
    }

    pub(super) fn into_texts(self) -> (String, BTreeMap<String, String>) {
        (self.body.description, self.body.metadata)
    }

    /// The test destination that it goes to.
    pub(super) fn destination(&self, book: &Book) -> Result<&'static TestDestination, Problem> {
        let text = |path: &str| self.body.payout_method_data.as_ref()?.pointer(path)?.as_str();
        let found = match self.body.payout_type.as_deref() {
            Some("wallet") => text("/wallet/paypal/email").and_then(by_email),
            Some("bank") => text("/bank/iban").and_then(by_iban),
            Some("card") => self.card().and_then(|token| by_code(book.destination(&token)?.code)),
            Some(_) | None => None,
        };
        let named = if self.body.payout_method_id.is_some() { "payout_method_id" } else { "payout_method_data" };
        found.ok_or_else(|| Problem::invalid(named))
    }

    /// A saved card belongs to one customer.
    fn card(&self) -> Option<String> {
        Some(format!("{}/{}", self.body.customer_id.as_ref()?, self.body.payout_method_id.as_ref()?))
    }
}
