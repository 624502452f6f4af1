//! Reading: a call taken apart becomes reports, or says why not.

use std::rc::Rc;

use rust_decimal::Decimal;
use serde_json::Value;

use super::amount::AmountFormat;
use super::call::Envelope;
use super::expr::{Expr, Scope};
use super::report::{Fault, Item, Reading, Report};
use super::schema::{Description, Flag, Items, ItemsFrom, KeyPart, Maker};
use super::status::{Meaning, Standing};
use super::value::{ItemAt, shortened};
use super::xml::Element;
use crate::domain::money::Currency;

/// Longest identifier, in bytes: they are keys of indexes.
const MAX_ID: usize = 512;
/// Most elements of a list in one call.
const MAX_ITEMS: usize = 1000;

/// Elements of a list: where each is found.
enum Elements<'a> {
    Json(Rc<Value>, Vec<String>),
    Xml(Vec<(&'a Element, Option<&'a Element>)>),
    Numbered(Vec<usize>),
}

impl Description {
    /// Reads a call.
    pub fn read(&self, envelope: &Envelope<'_>) -> Reading {
        // No text of a report may hold U+0000: one of the databases cannot keep it.
        if envelope.has_nul() {
            let detail = "a value holds a NUL character (U+0000), which no text may have".to_owned();
            return Reading::Unreadable { code: "nul_character", detail };
        }
        match self.try_read(envelope) {
            Ok(reading) => reading,
            Err(fault) => Reading::Unreadable { code: fault.code, detail: fault.detail },
        }
    }

    fn try_read(&self, envelope: &Envelope<'_>) -> Result<Reading, Fault> {
        let scope = Scope { envelope, item: None, status: None, amounts: &self.amounts.general, raw: false };
        if let Some(why) = self.not_a_sale(&scope)? {
            return Ok(Reading::Ignored { why });
        }
        match &self.items {
            Some(Items::Reports(from, maker)) => self.several(&scope, from, maker),
            Some(Items::Lines(_, _, _)) | None => match self.report(&scope, &self.maker)? {
                Ok(mut report) => {
                    report.items = self.lines(&scope, &report)?;
                    Ok(Reading::Reports(vec![report]))
                }
                Err(why) => Ok(Reading::Ignored { why }),
            },
        }
    }

    fn not_a_sale(&self, scope: &Scope<'_>) -> Result<Option<String>, Fault> {
        for (cond, why) in &self.ignore {
            if cond.holds(scope)? {
                return Ok(Some(why.clone()));
            }
        }
        if self.require.is_empty() {
            return Ok(None);
        }
        for expr in &self.require {
            if expr.eval(scope)?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some("the call carries nothing of a payment (see require)".to_owned()))
    }

    fn several(&self, scope: &Scope<'_>, from: &ItemsFrom, maker: &Maker) -> Result<Reading, Fault> {
        let mut reports = Vec::new();
        let mut why = "the list of payments is empty".to_owned();
        let Some(elements) = elements(scope, from)? else {
            return Err(Fault::new("items_missing", "the call carries no list where items.from says"));
        };
        for (index, item) in positions(&elements).enumerate() {
            let scope = Scope { item: Some(item), ..*scope };
            match self.report(&scope, maker).map_err(|fault| fault.at(&format!("element {index}")))? {
                Ok(report) => reports.push(report),
                Err(reason) => why = reason,
            }
        }
        Ok(if reports.is_empty() { Reading::Ignored { why } } else { Reading::Reports(reports) })
    }

    /// One report, or why it is none.
    fn report(&self, scope: &Scope<'_>, maker: &Maker) -> Result<Result<Report, String>, Fault> {
        let standing = match maker.status.read(scope).map_err(|fault| fault.at("status"))? {
            Meaning::Stands(standing) => standing,
            Meaning::Ignore(why) => return Ok(Err(why)),
            Meaning::Wait(why) => return Err(Fault::new("left_to_a_person", why)),
        };
        let scope = Scope { status: Some(standing.status), ..*scope };
        let mut report = self.values(&scope, maker, &standing)?;
        report.key = Some(self.key(&scope, maker, &report)?);
        for name in &self.must {
            if !present(&report, name) {
                let detail = format!("{name} is absent, and the adapter's must list asks for it");
                return Err(Fault::new("field_missing", detail));
            }
        }
        Ok(Ok(report))
    }

    fn values(&self, scope: &Scope<'_>, maker: &Maker, standing: &Standing) -> Result<Report, Fault> {
        let mut report = Report::new(standing.status);
        let id = |name: &str| identifier(maker, name, scope);
        let text = |name: &str| free_text(maker, name, scope);
        report.transaction_id = id("transaction_id")?;
        report.click_ref = id("click_ref")?;
        report.order_id = id("order_id")?;
        report.user_ref = id("user_ref")?;
        report.promo_code = id("promo_code")?;
        report.reverses = id("reverses")?;
        report.reason = text("reason")?.or_else(|| standing.reason.clone());
        report.category = text("category")?;
        report.kind = text("kind")?;
        report.currency = self.currency(maker, "currency", scope)?;
        report.order_currency = match maker.fields.contains_key("order_currency") {
            true => self.currency(maker, "order_currency", scope)?,
            false => report.currency,
        };
        report.customer_currency = self.currency(maker, "customer_currency", scope)?;
        report.order_amount = self.amount(maker, "order_amount", scope, report.order_currency)?;
        report.commission = self.amount(maker, "commission", scope, report.currency)?;
        report.customer_amount = self.amount(maker, "customer_amount", scope, report.customer_currency)?;
        if !maker.fields.contains_key("order_currency") && report.order_amount.is_none() {
            report.order_currency = None;
        }
        if let Some(value) = eval(maker, "occurred_at", scope)? {
            report.occurred_at = self.time.read(&value).map_err(|fault| fault.at("fields.occurred_at"))?;
        }
        report.amounts = self.amounts.kind;
        report.weight = standing.weight;
        report.hold = flag(maker, "hold", scope)?.or(standing.hold);
        report.locked = flag(maker, "locked", scope)?.or(standing.locked);
        report.payable = flag(maker, "payable", scope)?.or(standing.payable);
        report.paid = flag(maker, "paid", scope)?.or(standing.paid);
        Ok(report)
    }

    fn currency(&self, maker: &Maker, name: &str, scope: &Scope<'_>) -> Result<Option<Currency>, Fault> {
        let Some(text) = eval(maker, name, scope)? else { return Ok(None) };
        if let Some(known) = self.currencies.get(&text.to_lowercase()) {
            return Ok(Some(*known));
        }
        let numeric = (self.numeric_currency && text.len() == 3)
            .then(|| text.parse().ok().and_then(Currency::from_numeric))
            .flatten();
        let letters = || text.to_uppercase().parse::<Currency>().ok();
        numeric.or_else(letters).map(Some).ok_or_else(|| {
            let detail = format!("fields.{name}: {text:?} is no ISO 4217 currency; add it to currency.map");
            Fault::new("currency_unknown", detail)
        })
    }

    fn amount(
        &self,
        maker: &Maker,
        name: &str,
        scope: &Scope<'_>,
        currency: Option<Currency>,
    ) -> Result<Option<Decimal>, Fault> {
        let format = self.amounts.each.get(name).unwrap_or(&self.amounts.general);
        maker.fields.get(name).map_or(Ok(None), |expr| money(expr, format, scope, currency)).map_err(place(name))
    }

    /// The external id: the first alternative whose parts are all there.
    fn key(&self, scope: &Scope<'_>, maker: &Maker, report: &Report) -> Result<String, Fault> {
        for parts in &maker.key {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(match part {
                    KeyPart::Canonical(name) => canonical(report, name),
                    KeyPart::Made(expr) => expr.eval(scope)?.map(|value| value.text),
                });
            }
            if texts.len() == parts.len() {
                return limited(joined(&texts), "key");
            }
        }
        let wanted: Vec<String> = maker.key.iter().map(|parts| key_text(parts)).collect();
        Err(Fault::new(
            "key_missing",
            format!(
                "the call has nothing that makes the payment unique (key = {}): the fields are absent, empty, or hold a \
                 macro that the partner did not replace",
                wanted.join(" or ")
            ),
        ))
    }

    fn lines(&self, scope: &Scope<'_>, report: &Report) -> Result<Vec<Item>, Fault> {
        let Some(Items::Lines(from, fields, status)) = &self.items else { return Ok(Vec::new()) };
        let Some(elements) = elements(scope, from)? else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for (index, item) in positions(&elements).enumerate() {
            let scope = Scope { item: Some(item), ..*scope };
            let text = |name: &str| fields.get(name).map_or(Ok(None), |expr| expr.eval(&scope));
            let number = |name: &str, format: &AmountFormat, currency: Option<Currency>| {
                fields.get(name).map_or(Ok(None), |expr| money(expr, format, &scope, currency))
            };
            let line = || {
                Ok(Item {
                    sku: text("sku")?.map(|value| shortened(value.text)),
                    name: text("name")?.map(|value| shortened(value.text)),
                    quantity: number("quantity", &AmountFormat::default(), None)?,
                    unit_price: number("unit_price", &self.amounts.general, report.order_currency.or(report.currency))?,
                    amount: number("amount", &self.amounts.general, report.order_currency.or(report.currency))?,
                    commission: number("commission", &self.amounts.general, report.currency)?,
                    group: text("group")?.map(|value| shortened(value.text)),
                    status: match status.as_ref().map(|status| status.read(&scope)).transpose()? {
                        Some(Meaning::Stands(standing)) => Some(standing.status),
                        Some(Meaning::Wait(why)) => return Err(Fault::new("left_to_a_person", why)),
                        Some(Meaning::Ignore(_)) | None => None,
                    },
                })
            };
            lines.push(line().map_err(|fault: Fault| fault.at(&format!("items[{index}]")))?);
        }
        Ok(lines)
    }
}

fn place(name: &str) -> impl Fn(Fault) -> Fault + '_ {
    move |fault| fault.at(&format!("fields.{name}"))
}

fn eval(maker: &Maker, name: &str, scope: &Scope<'_>) -> Result<Option<String>, Fault> {
    let Some(expr) = maker.fields.get(name) else { return Ok(None) };
    expr.eval(scope).map(|value| value.map(|value| value.text)).map_err(place(name))
}

fn identifier(maker: &Maker, name: &str, scope: &Scope<'_>) -> Result<Option<String>, Fault> {
    eval(maker, name, scope)?.map(|text| limited(text, name)).transpose()
}

fn free_text(maker: &Maker, name: &str, scope: &Scope<'_>) -> Result<Option<String>, Fault> {
    Ok(eval(maker, name, scope)?.map(shortened))
}

fn limited(text: String, name: &str) -> Result<String, Fault> {
    if text.len() > MAX_ID {
        return Err(Fault::new("value_too_long", format!("{name} is longer than {MAX_ID} bytes")));
    }
    // Several unreadable identifiers would look alike, and two payments would become one.
    if text.contains(char::REPLACEMENT_CHARACTER) {
        let detail =
            format!("{name} has characters that are none in the charset that it was read in; see envelope.charset");
        return Err(Fault::new("charset_wrong", detail));
    }
    Ok(text)
}

fn money(
    expr: &Expr,
    format: &AmountFormat,
    scope: &Scope<'_>,
    currency: Option<Currency>,
) -> Result<Option<Decimal>, Fault> {
    let scope = Scope { amounts: format, ..*scope };
    let Some(value) = expr.eval(&scope)? else { return Ok(None) };
    let number = value.number.map_or_else(|| format.number(&value.text), Ok)?;
    format.major(number, currency).map(Some)
}

fn flag(maker: &Maker, name: &str, scope: &Scope<'_>) -> Result<Option<bool>, Fault> {
    let expr = match maker.flags.get(name) {
        None => return Ok(None),
        Some(Flag::When(cond)) => return cond.holds(scope).map(Some).map_err(place(name)),
        Some(Flag::Words(expr)) => expr,
    };
    let Some(value) = expr.eval(scope).map_err(place(name))? else { return Ok(None) };
    match value.text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "on" => Ok(Some(true)),
        "0" | "false" | "no" | "n" | "off" => Ok(Some(false)),
        other => {
            let detail = format!("fields.{name}: {other:?} is neither yes nor no; write {name} = {{ when = {{ … }} }}");
            Err(Fault::new("flag_unknown", detail))
        }
    }
}

/// A report's value by its canonical name, as text of a key.
fn canonical(report: &Report, name: &str) -> Option<String> {
    match name {
        "transaction_id" => report.transaction_id.clone(),
        "click_ref" => report.click_ref.clone(),
        "order_id" => report.order_id.clone(),
        "order_amount" => report.order_amount.map(|amount| amount.normalize().to_string()),
        "order_currency" => report.order_currency.map(|currency| currency.to_string()),
        "commission" => report.commission.map(|amount| amount.normalize().to_string()),
        "currency" => report.currency.map(|currency| currency.to_string()),
        "customer_amount" => report.customer_amount.map(|amount| amount.normalize().to_string()),
        "customer_currency" => report.customer_currency.map(|currency| currency.to_string()),
        "occurred_at" => report.occurred_at.map(|time| time.to_string()),
        "reason" => report.reason.clone(),
        "category" => report.category.clone(),
        "kind" => report.kind.clone(),
        "user_ref" => report.user_ref.clone(),
        "promo_code" => report.promo_code.clone(),
        "reverses" => report.reverses.clone(),
        "hold" => report.hold.map(|flag| flag.to_string()),
        "locked" => report.locked.map(|flag| flag.to_string()),
        "payable" => report.payable.map(|flag| flag.to_string()),
        "paid" => report.paid.map(|flag| flag.to_string()),
        _ => None,
    }
}

fn present(report: &Report, name: &str) -> bool {
    canonical(report, name).is_some()
}

/// Parts joined so that different parts never make the same key; a single part stays as it is.
fn joined(texts: &[String]) -> String {
    match texts {
        [one] => one.clone(),
        several => {
            let escaped = several.iter().map(|text| text.replace('%', "%25").replace('/', "%2F"));
            escaped.collect::<Vec<_>>().join("/")
        }
    }
}

fn key_text(parts: &[KeyPart]) -> String {
    let texts = parts.iter().map(|part| match part {
        KeyPart::Canonical(name) => name.clone(),
        KeyPart::Made(Expr::Field(field)) => field.text().to_owned(),
        KeyPart::Made(_) => "an expression".to_owned(),
    });
    texts.collect::<Vec<_>>().join(" + ")
}

fn elements<'a>(scope: &Scope<'a>, from: &ItemsFrom) -> Result<Option<Elements<'a>>, Fault> {
    let found = match from {
        ItemsFrom::Json(field, inner) => {
            let Some(value) = field.read_json(scope.envelope)? else { return Ok(None) };
            if value.is_null() {
                return Ok(None);
            }
            let mut found = Vec::new();
            json_elements(&value, None, inner, &mut found)
                .map_err(|()| Fault::new("items_not_a_list", format!("{} is not a list", field.text())))?;
            (found.len(), Elements::Json(Rc::clone(&value), inner.clone()))
        }
        ItemsFrom::Xml(field, inner) => {
            let Some(root) = scope.envelope.body_xml()? else { return Ok(None) };
            let outermost = root.at_path(field.name());
            // Without its parent the list is not there; with it, it is empty.
            let parent = field.name().rsplit_once('/').map_or("", |(parent, _)| parent);
            if outermost.is_empty() && (parent.is_empty() || root.at_path(parent).is_empty()) {
                return Ok(None);
            }
            let mut found: Vec<(&Element, Option<&Element>)> = outermost.into_iter().map(|one| (one, None)).collect();
            for path in inner {
                let below = |(outer, _): (&'a Element, Option<&'a Element>)| {
                    outer.below(path).into_iter().map(move |one| (one, Some(outer)))
                };
                found = found.into_iter().flat_map(below).collect();
            }
            (found.len(), Elements::Xml(found))
        }
        ItemsFrom::Numbered(field) => {
            let there = |n: usize| field.read(scope.envelope, Some(ItemAt::Numbered(n))).map(|value| value.is_some());
            let start = usize::from(!there(0)?);
            let mut numbers = Vec::new();
            while numbers.len() <= MAX_ITEMS && there(start.saturating_add(numbers.len()))? {
                numbers.push(start.saturating_add(numbers.len()));
            }
            if numbers.is_empty() {
                return Ok(None);
            }
            (numbers.len(), Elements::Numbered(numbers))
        }
    };
    if found.0 > MAX_ITEMS {
        return Err(Fault::new("items_too_many", format!("more than {MAX_ITEMS} elements in one call")));
    }
    Ok(Some(found.1))
}

/// The elements of a list, or of the lists at `inner` in each of them, with the element that the list belongs to.
/// An inner list that is not there is empty; the error is for what is no list.
fn json_elements<'v>(
    list: &'v Value,
    outer: Option<&'v Value>,
    inner: &[String],
    found: &mut Vec<(&'v Value, Option<&'v Value>)>,
) -> Result<(), ()> {
    for element in list.as_array().ok_or(())? {
        match inner.split_first() {
            None => found.push((element, outer)),
            Some((path, rest)) => match element.pointer(path) {
                None | Some(Value::Null) => {}
                Some(list) => json_elements(list, Some(element), rest, found)?,
            },
        }
    }
    Ok(())
}

fn positions<'e>(elements: &'e Elements<'_>) -> Box<dyn Iterator<Item = ItemAt<'e>> + 'e> {
    match elements {
        Elements::Json(value, inner) => {
            let mut found = Vec::new();
            // What is no list was refused before.
            let _checked = json_elements(value, None, inner, &mut found);
            Box::new(found.into_iter().map(|(element, outer)| ItemAt::Json(element, outer)))
        }
        Elements::Xml(found) => Box::new(found.iter().map(|(element, outer)| ItemAt::Xml(element, *outer))),
        Elements::Numbered(numbers) => Box::new(numbers.iter().copied().map(ItemAt::Numbered)),
    }
}
