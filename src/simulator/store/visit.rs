//! What one visitor did at a store, and which message each button sends.

use super::Place;
use crate::base::Timestamp;
use crate::simulator::networks::{Message, Sale, Told};
use crate::text_enum;

text_enum! {
    /// The buttons.
    pub enum Action {
        /// Place the order.
        Buy = "buy",
        /// The store approves it.
        Confirm = "confirm",
        /// One item goes back.
        Return = "return",
        /// The order is off.
        Cancel = "cancel",
        /// The last message comes once more.
        Repeat = "repeat",
        /// Somebody who does not know the secret says that it was bought.
        Forge = "forge",
    }
}

/// A message that was sent, and what was answered.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The button.
    pub action: Action,
    /// What the network said.
    pub told: Told,
    /// How.
    pub method: &'static str,
    /// Where to, the secret left out.
    pub url: String,
    /// The body, where there is one.
    pub body: Option<String>,
    /// The status of the answer; 0 when there was none.
    pub status: u16,
    /// The answer.
    pub answer: String,
}

/// An order under way.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub at: Timestamp,
    pub told: Told,
    pub items: usize,
}

/// What a visitor did.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    pub(super) order: Option<Order>,
    /// The messages so far, oldest first.
    pub heard: Vec<Heard>,
}

/// A message on its way.
pub(super) struct Sent {
    pub message: Message,
    pub told: Told,
}

impl Visit {
    /// What a button would make the network say; `None` when it cannot be pressed now, or the network never says it.
    pub(super) fn next(&self, place: Place<'_>, action: Action, now: Timestamp) -> Option<Order> {
        let first = if place.network.tells(Told::Pending) { Told::Pending } else { Told::Confirmed };
        let fresh = Order { at: now, told: first, items: place.store.items.len() };
        let next = match (action, &self.order) {
            (Action::Buy, None) => fresh,
            (Action::Forge, order) => order.clone().unwrap_or(fresh),
            (Action::Confirm, Some(order)) if order.told != Told::Confirmed => {
                Order { told: Told::Confirmed, ..order.clone() }
            }
            (Action::Return, Some(order)) if order.items > 1 && order.told != Told::Declined => {
                Order { items: order.items - 1, ..order.clone() }
            }
            (Action::Cancel, Some(order)) if order.told != Told::Declined => {
                Order { told: Told::Declined, ..order.clone() }
            }
            (Action::Repeat, Some(order)) => order.clone(),
            (Action::Buy, Some(_)) | (Action::Confirm | Action::Return | Action::Cancel | Action::Repeat, _) => {
                return None;
            }
        };
        place.network.tells(next.told).then_some(next)
    }

    /// Presses a button: the visit afterwards, and the message.
    pub(super) fn step(&self, place: Place<'_>, click: &str, action: Action, now: Timestamp) -> Option<(Self, Sent)> {
        let order = self.next(place, action, now)?;
        let (sum, commission) = place.store.basket(order.items).ok()?;
        let sale = Sale {
            click: click.to_owned(),
            number: 0,
            store: place.store.name.clone(),
            sum,
            commission,
            at: order.at,
            reason: "customer cancelled the order".to_owned(),
        };
        let secret = if action == Action::Forge { "a-guess".to_owned() } else { place.partner.secret() };
        let message = place.network.message(&sale, order.told, &secret)?;
        let told = order.told;
        let next =
            if action == Action::Forge { self.clone() } else { Self { order: Some(order), heard: self.heard.clone() } };
        Some((next, Sent { message, told }))
    }
}
