//! What we send to Hyperswitch, and the filter of its list; what it answers is read in [`answers`].

mod answers;

use std::collections::BTreeMap;

use serde::Serialize;

pub(super) use self::answers::{Answer, Event, Listed, absent, event, listed, one, only, outcome};
use crate::base::Timestamp;
use crate::base::id::PayoutId;
use crate::config::rails;
use crate::domain::money::Currency;
use crate::domain::payout::MethodKind;
use crate::domain::payout::typed::Destination;
use crate::provider::Intent;

/// In front of our key it makes a `payout_id`: the 30 characters that the description wants.
const PREFIX: &str = "kpk_";
/// What our receivers are.
pub(super) const ENTITY: &str = "Individual";
/// What receivers can be. The list is asked for one at a time: money that nobody here asked for may have gone to any. The
/// description has a seventh word, `lowercase`, which is the name of a rule and no kind of receiver.
pub(super) const ENTITY_TYPES: [&str; 6] =
    [ENTITY, "Company", "NonProfit", "PublicSector", "NaturalPerson", "Personal"];
/// The most payouts of one page.
pub(super) const PAGE: u32 = 20;

/// The `payout_id` of a key: always the same.
pub(super) fn payout_id(key: &str) -> String {
    format!("{PREFIX}{key}")
}

/// The key of one of our own `payout_id`s.
fn key_of(payout_id: &str) -> Option<String> {
    payout_id.strip_prefix(PREFIX).filter(|key| PayoutId::from_reference(key).is_ok()).map(str::to_owned)
}

#[derive(Serialize)]
struct Request<'a> {
    payout_id: String,
    merchant_order_reference_id: &'a str,
    /// In minor units.
    amount: i64,
    currency: Currency,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    connector: &'a [String],
    payout_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_method_data: Option<Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_method_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing: Option<Billing>,
    customer_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Customer>,
    confirm: bool,
    auto_fulfill: bool,
    entity_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_id: Option<&'a str>,
    description: &'a str,
    metadata: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Data {
    Wallet(Wallet),
    Bank { iban: String },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Wallet {
    Paypal { email: String },
}

/// A customer that is not known there needs details, or the payout is refused.
#[derive(Serialize)]
struct Customer {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Who holds an account: banks want it.
#[derive(Serialize)]
struct Billing {
    address: Holder,
}

#[derive(Serialize)]
struct Holder {
    first_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<String>,
}

impl Billing {
    /// Hyperswitch joins the two with a space, so that it does not matter to which of them a word of the name belongs.
    fn of(name: &str) -> Self {
        let (first, last) = name.split_once(' ').map_or((name, None), |(first, last)| (first, Some(last.to_owned())));
        Self { address: Holder { first_name: first.to_owned(), last_name: last } }
    }
}

/// The body of a create call: always the same bytes for an intent. A customer is nobody's id here: each payout has one of its
/// own, but for a card, which belongs to the customer that it was saved for.
pub(super) fn request(settings: &rails::Hyperswitch, intent: &Intent) -> Result<Vec<u8>, String> {
    let (kept, own) = (intent.destination.expose(), payout_id(&intent.key));
    let mut request = Request {
        payout_id: own.clone(),
        merchant_order_reference_id: &intent.key,
        amount: intent.amount.minor(),
        currency: intent.amount.currency(),
        connector: &settings.connectors,
        payout_type: "wallet",
        payout_method_data: None,
        payout_method_id: None,
        billing: None,
        customer_id: &own,
        customer: None,
        confirm: true,
        auto_fulfill: true,
        entity_type: ENTITY,
        profile_id: settings.profile.as_deref(),
        description: &intent.description,
        metadata: [("key", intent.key.clone()), ("payout_id", intent.payout.to_string())].into(),
    };
    match intent.kind {
        MethodKind::Card => {
            let (customer, card) =
                kept.split_once('/').ok_or("the card's token is not customer_id/payout_method_id")?;
            request.payout_type = "card";
            (request.customer_id, request.payout_method_id) = (customer, Some(card));
        }
        MethodKind::PayPal | MethodKind::Iban => match Destination::open(kept)? {
            Destination::PayPal { email } => {
                request.customer = Some(Customer { id: own.clone(), name: None, email: Some(email.clone()) });
                request.payout_method_data = Some(Data::Wallet(Wallet::Paypal { email }));
            }
            Destination::Iban { iban, name } => {
                request.payout_type = "bank";
                request.customer = Some(Customer { id: own.clone(), name: Some(name.clone()), email: None });
                (request.payout_method_data, request.billing) = (Some(Data::Bank { iban }), Some(Billing::of(&name)));
            }
            Destination::Sbp { .. } | Destination::YooMoney { .. } | Destination::Account { .. } => {
                return Err("the destination is of another kind".to_owned());
            }
        },
        MethodKind::Wallet | MethodKind::Sbp | MethodKind::YooMoney | MethodKind::Account => {
            return Err(format!("it does not pay to a {}", intent.kind));
        }
    }
    serde_json::to_vec(&request).map_err(|cause| cause.to_string())
}

/// What the list is asked for.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Filter<'a> {
    currency: Currencies,
    pub(super) entity_type: &'static str,
    limit: u32,
    pub(super) offset: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) merchant_order_reference_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<Timestamp>,
}

/// One currency, as it is described or as it is read.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
enum Currencies {
    One(Currency),
    List([Currency; 1]),
}

impl<'a> Filter<'a> {
    /// The body of a question, with one currency or with a list of one.
    pub(super) fn bytes(&self, as_list: bool) -> Result<Vec<u8>, String> {
        let currency = match self.currency {
            Currencies::One(one) if as_list => Currencies::List([one]),
            as_it_is @ (Currencies::One(_) | Currencies::List(_)) => as_it_is,
        };
        serde_json::to_vec(&Self { currency, ..self.clone() }).map_err(|cause| cause.to_string())
    }

    /// All payouts in a currency to one kind of receiver.
    pub(super) fn new(settings: &'a rails::Hyperswitch, currency: Currency, entity_type: &'static str) -> Self {
        let currency = Currencies::One(currency);
        let (profile_id, merchant_order_reference_id) = (settings.profile.as_deref(), None);
        let (start_time, end_time) = (None, None);
        let (limit, offset) = (PAGE, 0);
        Self { currency, entity_type, limit, offset, profile_id, merchant_order_reference_id, start_time, end_time }
    }
}

/// Where a walk goes on: the part, and how much of it was read.
pub(super) fn cursor(part: usize, offset: u32) -> String {
    format!("{part}.{offset}")
}

/// Reads [`cursor`].
pub(super) fn read_cursor(text: &str) -> Option<(usize, u32)> {
    let (part, offset) = text.split_once('.')?;
    Some((part.parse().ok()?, offset.parse().ok()?))
}
