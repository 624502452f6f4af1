//! What every template can call: `t("key", n=3)` for a text, `money(amount)`, `some(amount)` (is it more than nothing?), `number("12.5")`, `rate(rate)`,
//! `named("category", word)`, `day(time)`, `month(time)`, `moment(time)`, `plain_day(time)`, `asset("site.css")`; and `language` and `zone`.

use std::sync::Arc;

use fluent_bundle::FluentValue;
use minijinja::value::{Kwargs, Serde, Value, ValueKind};
use minijinja::{Error, ErrorKind, context};

use super::{Reader, Texts, format};
use crate::base::Timestamp;
use crate::domain::money::Amount;
use crate::domain::rate::Rate;

/// The functions, bound to one reader.
pub(super) fn helpers(texts: &Arc<Texts>, reader: Reader, version: &str) -> Value {
    let language = reader.language;
    let (texts, of_rates, of_names) = (Arc::clone(texts), Arc::clone(texts), Arc::clone(texts));
    let version = version.to_owned();
    context! {
        language => language.as_str(),
        zone => reader.zone.name(),
        named => Value::from_function(move |kind: &str, word: &str| named(&of_names, reader, kind, word)),
        t => Value::from_function(move |key: &str, values: Kwargs| text(&texts, reader, key, &values)),
        money => Value::from_function(move |amount: Serde<Amount>| format::money(amount.0, language)),
        some => Value::from_function(move |amount: Serde<Amount>| !amount.0.is_zero()),
        number => Value::from_function(move |plain: Value| format::number(&plain.to_string(), language)),
        rate => Value::from_function(move |rate: Serde<Rate>| rate_words(&of_rates, reader, &rate.0)),
        day => Value::from_function(move |at: &str| time(at, |at| format::day(at, reader))),
        month => Value::from_function(move |at: &str| time(at, |at| format::month(at, reader))),
        moment => Value::from_function(move |at: &str| time(at, |at| format::moment(at, reader))),
        plain_day => Value::from_function(move |at: &str| read_time(at).map(|at| format::plain_day(at, reader.zone))),
        asset => Value::from_function(move |name: &str| {
            Value::from_safe_string(format!("/static/{version}/{name}"))
        }),
    }
}

fn text(texts: &Texts, reader: Reader, key: &str, values: &Kwargs) -> Result<String, Error> {
    let mut args: Vec<(&str, FluentValue<'_>)> = Vec::new();
    for name in values.args() {
        let value: Value = values.get(name)?;
        let value = match (value.kind(), value.as_i64()) {
            (ValueKind::Number, Some(count)) => FluentValue::from(count),
            (_, _) => FluentValue::from(value.to_string()),
        };
        args.push((name, value));
    }
    Ok(texts.text(reader.language, key, &args))
}

/// The reader's word for a word of the data's: a category, a kind. The word itself when there is none.
fn named(texts: &Texts, reader: Reader, kind: &str, word: &str) -> String {
    let plain: String = word.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let key = format!("{kind}-{plain}");
    if texts.has(reader.language, &key) { texts.text(reader.language, &key, &[]) } else { word.to_owned() }
}

fn rate_words(texts: &Texts, reader: Reader, rate: &Rate) -> String {
    let percent = |percent: rust_decimal::Decimal| {
        FluentValue::from(format::number(&percent.normalize().to_string(), reader.language))
    };
    match rate {
        Rate::PercentOfOrder(of) => texts.text(reader.language, "rate-percent", &[("percent", percent(*of))]),
        Rate::ShareOfCommission(of) => texts.text(reader.language, "rate-share", &[("percent", percent(*of))]),
        Rate::Fixed(amount) => format::money(*amount, reader.language),
    }
}

fn read_time(at: &str) -> Result<Timestamp, Error> {
    at.parse().map_err(|cause| Error::new(ErrorKind::InvalidOperation, format!("{at:?} is no time: {cause}")))
}

/// A time as an element that says it to people and to programs.
fn time(at: &str, words: impl Fn(Timestamp) -> String) -> Result<Value, Error> {
    let shown = words(read_time(at)?);
    Ok(Value::from_safe_string(format!("<time datetime=\"{at}\">{shown}</time>")))
}
