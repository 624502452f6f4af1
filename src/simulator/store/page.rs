//! The stores' pages.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use serde::Serialize;
use serde_json::json;

use super::visit::{Action, Visit};
use super::{Place, Stores};
use crate::base::Timestamp;
use crate::domain::rate::Rate;
use crate::domain::reason::Language;
use crate::simulator::networks::Told;
use crate::simulator::shops::DemoStore;

const INDEX: &str = include_str!("../../web/templates/demo_index.html");
const STORE: &str = include_str!("../../web/templates/demo_store.html");
const STYLE: &str = include_str!("../../web/templates/demo_style.css");

fn environment(lang: Language) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_name| AutoEscape::Html);
    environment.add_function("t", move |en: String, ru: String| match lang {
        Language::En => en,
        Language::Ru => ru,
    });
    environment
}

fn either(lang: Language, en: &str, ru: &str) -> String {
    match lang {
        Language::En => en.to_owned(),
        Language::Ru => ru.to_owned(),
    }
}

/// A rate in a few words.
fn promise(store: &DemoStore, lang: Language) -> String {
    match &store.terms.rate {
        Rate::PercentOfOrder(percent) => {
            format!("{percent}\u{a0}% {}", either(lang, "of the order", "от заказа"))
        }
        Rate::ShareOfCommission(percent) => {
            format!("{percent}\u{a0}% {}", either(lang, "of the commission", "от комиссии"))
        }
        Rate::Fixed(amount) => amount.to_string(),
    }
}

#[derive(Serialize)]
struct Line {
    slug: String,
    name: String,
    partner: String,
    network: String,
    categories: String,
    promise: String,
}

/// The list of stores.
pub(super) fn index(stores: &Stores, lang: Language) -> Result<String, Error> {
    let shops = &stores.config.shops;
    let lines: Vec<Line> = shops
        .stores
        .iter()
        .map(|store| Line {
            slug: store.slug.clone(),
            name: store.name.clone(),
            partner: store.partner.clone(),
            network: shops.partner(&store.partner).map_or_else(String::new, |partner| partner.name.clone()),
            categories: store.categories.join(", "),
            promise: promise(store, lang),
        })
        .collect();
    let values = json!({
        "lang": lang, "style": STYLE, "stores": lines, "service": stores.config.service,
        "links": stores.config.shopper_token.is_some(),
    });
    environment(lang).render_str(INDEX, Serde(values))
}

#[derive(Serialize)]
struct Goods {
    name: String,
    price: String,
    gone: bool,
}

#[derive(Serialize)]
struct Button {
    action: &'static str,
    label: String,
    /// `main`, `plain` or `danger`.
    look: &'static str,
    enabled: bool,
}

#[derive(Serialize)]
struct Shown {
    title: String,
    method: &'static str,
    url: String,
    body: Option<String>,
    status: String,
    good: bool,
    verdict: String,
    answer: String,
}

/// A store, with what the visitor did so far.
pub(super) fn store(place: Place<'_>, click: &str, visit: &Visit, lang: Language) -> Result<String, Error> {
    let store = place.store;
    let kept = visit.order.as_ref().map_or(store.items.len(), |order| order.items);
    let goods: Vec<Goods> = store
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| Goods {
            name: either(lang, &item.en, &item.ru),
            price: format!("{} {}", item.price, store.currency),
            gone: index >= kept,
        })
        .collect();
    let total = store.basket(kept).map_or_else(|_cause| String::new(), |(sum, _)| sum.to_string());
    let mut heard: Vec<Shown> = visit.heard.iter().map(|heard| shown(heard, lang)).collect();
    heard.reverse();
    let values = json!({
        "lang": lang, "style": STYLE, "name": store.name, "slug": store.slug,
        "network": place.partner.name, "partner": place.partner.slug, "categories": store.categories.join(", "),
        "promise": promise(store, lang), "click": click, "goods": goods, "total": total,
        "state": state(visit, lang), "buttons": buttons(place, click, visit, lang), "heard": heard,
        "speechless": silent(place, lang),
    });
    environment(lang).render_str(STORE, Serde(values))
}

fn state(visit: &Visit, lang: Language) -> Option<String> {
    let order = visit.order.as_ref()?;
    Some(match order.told {
        Told::Pending => either(lang, "Ordered", "Заказано"),
        Told::Confirmed => either(lang, "Confirmed", "Подтверждено"),
        Told::Declined => either(lang, "Cancelled", "Отменено"),
    })
}

fn buttons(place: Place<'_>, click: &str, visit: &Visit, lang: Language) -> Vec<Button> {
    let all = [
        (Action::Buy, "main", "Buy", "Купить"),
        (Action::Confirm, "main", "Confirm the order", "Подтвердить заказ"),
        (Action::Return, "plain", "Return one item", "Вернуть один товар"),
        (Action::Cancel, "plain", "Cancel the order", "Отменить заказ"),
        (Action::Repeat, "plain", "Send the last message again", "Повторить сообщение"),
        (Action::Forge, "danger", "Forge a message", "Подделать сообщение"),
    ];
    all.into_iter()
        .map(|(action, look, en, ru)| Button {
            action: action.as_str(),
            label: either(lang, en, ru),
            look,
            enabled: !click.is_empty() && visit.next(place, action, Timestamp::EPOCH).is_some(),
        })
        .collect()
}

/// What the network never tells by a call.
fn silent(place: Place<'_>, lang: Language) -> Option<String> {
    let words = [
        (Told::Pending, "new orders", "о новых заказах"),
        (Told::Confirmed, "confirmations", "о подтверждениях"),
        (Told::Declined, "cancellations", "об отменах"),
    ];
    let missing: Vec<String> = words
        .into_iter()
        .filter(|(told, _, _)| !place.network.tells(*told))
        .map(|(_, en, ru)| either(lang, en, ru))
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// The verdict in an answer; empty where the network gets an answer without one.
fn verdict(answer: &str) -> String {
    let answer: Option<serde_json::Value> = serde_json::from_str(answer).ok();
    let word = answer.as_ref().and_then(|answer| answer.pointer("/verdict")).and_then(serde_json::Value::as_str);
    word.unwrap_or_default().to_owned()
}

fn shown(heard: &super::Heard, lang: Language) -> Shown {
    let title = match heard.action {
        Action::Buy => either(lang, "Bought", "Куплено"),
        Action::Confirm => either(lang, "Confirmed", "Подтверждено"),
        Action::Return => either(lang, "One item returned", "Возвращён один товар"),
        Action::Cancel => either(lang, "Cancelled", "Отменено"),
        Action::Repeat => either(lang, "Sent again", "Отправлено повторно"),
        Action::Forge => either(lang, "Forged", "Подделка"),
    };
    Shown {
        title,
        method: heard.method,
        // A field a line, as far as a browser breaks lines there.
        url: heard.url.replace('&', "\n  &"),
        body: heard.body.clone(),
        status: heard.status.to_string(),
        good: heard.status == 200,
        verdict: verdict(&heard.answer),
        answer: heard.answer.clone(),
    }
}
