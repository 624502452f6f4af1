//! The description as a whole: which tables and keys there are, parsed into what reading needs.

use std::collections::BTreeMap;

use toml::{Table as Toml, Value};

use super::AdapterError;
use super::age::SIGNED_AT_KEYS;
use super::amount::{AMOUNT_KEYS, AmountFormat};
use super::answer::{ANSWER_KEYS, ANSWER_ONE_KEYS, AnswerRule};
use super::auth::{AUTH_KEYS, AUTH_KINDS, AuthRule};
use super::call::{BodyKind, EnvelopeRule, Repeated};
use super::charset;
use super::cond::{COND_KEYS, Cond};
use super::expr::{CASE_KEYS, EXPR_KEYS, Expr};
use super::merge::lay_over;
use super::outbound::{OUTBOUND_KEYS, Outbound};
use super::report::Amounts;
use super::signature::{PAIRS_KEYS, SIGNATURE_KEYS};
use super::status::{MEANING_KEYS, STATUS_KEYS, StatusReader};
use super::table::{Names, Table};
use super::value::{FieldRef, Place};
use super::when::{TIME_KEYS, TimeFormat};
use crate::domain::money::Currency;

pub(crate) const TOP_KEYS: &[&str] = &[
    "name", "title", "source", "notes", "extends", "unset", "auth", "envelope", "names", "fields", "key", "status",
    "amounts", "currency", "time", "require", "must", "ignore", "items", "answer", "outbound",
];
pub(crate) const FIELD_KEYS: &[&str] = &[
    "transaction_id",
    "click_ref",
    "order_id",
    "order_amount",
    "order_currency",
    "commission",
    "currency",
    "customer_amount",
    "customer_currency",
    "occurred_at",
    "hold",
    "locked",
    "payable",
    "paid",
    "reason",
    "category",
    "kind",
    "user_ref",
    "promo_code",
    "reverses",
];
pub(crate) const ITEM_KEYS: &[&str] =
    &["sku", "name", "quantity", "unit_price", "amount", "commission", "group", "status"];
const ENVELOPE_KEYS: &[&str] = &["body", "repeated", "absent", "charset", "query_charset"];
const ITEMS_KEYS: &[&str] = &["from", "mode", "fields", "status", "key"];
const CURRENCY_KEYS: &[&str] = &["map", "numeric"];
const AMOUNTS_KEYS: &[&str] = &["kind", "order_amount", "commission", "customer_amount"];
const IGNORE_KEYS: &[&str] = &["when", "why"];

/// Every table of the language with the keys it accepts: for the documentation's test and for completion.
pub const KEYS: &[(&str, &[&str])] = &[
    ("the adapter", TOP_KEYS),
    ("auth", AUTH_KEYS),
    ("auth.kind", AUTH_KINDS),
    ("auth (digest, hmac)", SIGNATURE_KEYS),
    ("auth.parts", PAIRS_KEYS),
    ("auth.signed_at", SIGNED_AT_KEYS),
    ("envelope", ENVELOPE_KEYS),
    ("fields", FIELD_KEYS),
    ("expressions", EXPR_KEYS),
    ("case", CASE_KEYS),
    ("conditions", COND_KEYS),
    ("status", STATUS_KEYS),
    ("status.map", MEANING_KEYS),
    ("amounts", AMOUNTS_KEYS),
    ("amounts.commission", AMOUNT_KEYS),
    ("currency", CURRENCY_KEYS),
    ("time", TIME_KEYS),
    ("ignore", IGNORE_KEYS),
    ("items", ITEMS_KEYS),
    ("items.fields", ITEM_KEYS),
    ("answer", ANSWER_KEYS),
    ("answer.held", ANSWER_ONE_KEYS),
    ("outbound", OUTBOUND_KEYS),
];

/// What operators read about an adapter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The network's name.
    pub title: Option<String>,
    /// Where the facts come from.
    pub source: Vec<String>,
    /// What to know.
    pub notes: Vec<String>,
}

/// A flag: words of a field, or a condition.
#[derive(Debug, Clone)]
pub(crate) enum Flag {
    Words(Expr),
    When(Cond),
}

/// One part of the external id.
#[derive(Debug, Clone)]
pub(crate) enum KeyPart {
    Canonical(String),
    Made(Expr),
}

/// How one report is made: of the message, or of an item of it.
#[derive(Debug, Clone)]
pub(crate) struct Maker {
    pub fields: BTreeMap<String, Expr>,
    pub flags: BTreeMap<String, Flag>,
    pub key: Vec<Vec<KeyPart>>,
    pub status: StatusReader,
}

/// Where the list is.
#[derive(Debug, Clone)]
pub(crate) enum ItemsFrom {
    /// A list; then, for each element, the list at a pointer inside it, and so on.
    Json(FieldRef, Vec<String>),
    /// All elements at a path; then, for each of them, all at a path inside it, and so on.
    Xml(FieldRef, Vec<String>),
    /// A field with `{n}`: items are there as long as the field is, counting from 0 or 1.
    Numbered(FieldRef),
}

/// The `[items]` table.
#[derive(Debug, Clone)]
pub(crate) enum Items {
    /// Each element is a payment.
    Reports(ItemsFrom, Box<Maker>),
    /// The elements are lines of the one report.
    Lines(ItemsFrom, BTreeMap<String, Expr>, Option<Box<StatusReader>>),
}

/// All amount formats.
#[derive(Debug, Clone)]
pub(crate) struct AmountRules {
    pub kind: Amounts,
    pub general: AmountFormat,
    pub each: BTreeMap<String, AmountFormat>,
}

/// The parsed description.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub name: String,
    pub about: About,
    pub outbound: Outbound,
    pub auth: AuthRule,
    pub envelope: EnvelopeRule,
    pub maker: Maker,
    pub items: Option<Items>,
    pub amounts: AmountRules,
    pub currencies: BTreeMap<String, Currency>,
    pub numeric_currency: bool,
    pub time: TimeFormat,
    pub require: Vec<Expr>,
    pub must: Vec<String>,
    pub ignore: Vec<(Cond, String)>,
    pub answer: AnswerRule,
}

impl Description {
    pub fn parse(root: &Toml) -> Result<Self, AdapterError> {
        let none = Names::new();
        let names = Table::new(root, "", &none).map("names")?;
        let table = Table::new(root, "", &names);
        table.known(TOP_KEYS)?;
        let name = table.text("name")?.filter(|name| !name.trim().is_empty()).ok_or_else(|| {
            AdapterError::new("name", "is missing: give the adapter a name, as in name = \"my-network\"".to_owned())
        })?;
        let auth = table.table("auth")?.ok_or_else(|| {
            let problem = "is missing: say how calls are authenticated; a network that signs nothing gets a secret in \
                           its URL: [auth] kind = \"path\"";
            AdapterError::new("auth", problem.to_owned())
        })?;
        let currency = table.table("currency")?;
        Ok(Self {
            name,
            about: About { title: table.text("title")?, source: table.texts("source")?, notes: table.texts("notes")? },
            outbound: table
                .table("outbound")?
                .map_or_else(|| Ok(Outbound::default()), |inner| Outbound::parse(&inner))?,
            auth: AuthRule::parse(&auth)?,
            envelope: envelope(&table)?,
            maker: Maker::parse(&table, root, false)?,
            items: items(&table, root)?,
            amounts: amounts(&table)?,
            currencies: currency.as_ref().map_or_else(|| Ok(BTreeMap::new()), currencies)?,
            numeric_currency: currency.as_ref().map_or(Ok(None), |table| table.flag("numeric"))?.unwrap_or(false),
            time: TimeFormat::parse(table.table("time")?.as_ref())?,
            require: require(&table)?,
            must: must(&table)?,
            ignore: ignore(&table)?,
            answer: AnswerRule::parse(table.table("answer")?.as_ref())?,
        })
    }
}

fn envelope(table: &Table<'_>) -> Result<EnvelopeRule, AdapterError> {
    let Some(table) = table.table("envelope")? else {
        return Ok(EnvelopeRule {
            body: BodyKind::Auto,
            repeated: Repeated::Refuse,
            absent: Vec::new(),
            charset: None,
            query_charset: None,
        });
    };
    table.known(ENVELOPE_KEYS)?;
    Ok(EnvelopeRule {
        body: table.word("body", BodyKind::Auto)?,
        repeated: table.word("repeated", Repeated::Refuse)?,
        absent: table.texts("absent")?,
        charset: charset::declared(&table, "charset")?,
        query_charset: charset::declared(&table, "query_charset")?,
    })
}

fn amounts(table: &Table<'_>) -> Result<AmountRules, AdapterError> {
    let mut rules = AmountRules { kind: Amounts::Total, general: AmountFormat::default(), each: BTreeMap::new() };
    let Some(table) = table.table("amounts")? else { return Ok(rules) };
    let keys: Vec<&str> = AMOUNTS_KEYS.iter().chain(AMOUNT_KEYS).copied().collect();
    table.known(&keys)?;
    rules.kind = table.word("kind", Amounts::Total)?;
    rules.general = AmountFormat::parse(&table, &AmountFormat::default())?;
    for field in ["order_amount", "commission", "customer_amount"] {
        if let Some(one) = table.table(field)? {
            one.known(AMOUNT_KEYS)?;
            rules.each.insert(field.to_owned(), AmountFormat::parse(&one, &rules.general)?);
        }
    }
    Ok(rules)
}

fn currencies(table: &Table<'_>) -> Result<BTreeMap<String, Currency>, AdapterError> {
    table.known(CURRENCY_KEYS)?;
    let read = |(word, code): (String, String)| match code.parse::<Currency>() {
        Ok(currency) => Ok((word.to_lowercase(), currency)),
        Err(cause) => Err(AdapterError::new(&table.at(&format!("map.{word}")), cause.to_string())),
    };
    table.map("map")?.into_iter().map(read).collect()
}

fn require(table: &Table<'_>) -> Result<Vec<Expr>, AdapterError> {
    match table.value("require") {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => Expr::list(list, "require", table.names),
        Some(other) => Ok(vec![Expr::parse(other, "require", table.names)?]),
    }
}

fn must(table: &Table<'_>) -> Result<Vec<String>, AdapterError> {
    let list = table.texts("must")?;
    match list.iter().find(|name| !FIELD_KEYS.contains(&name.as_str())) {
        None => Ok(list),
        Some(name) => {
            let problem = format!("{name:?} is no field of a report; known: {}", FIELD_KEYS.join(", "));
            Err(AdapterError::new("must", problem))
        }
    }
}

fn ignore(table: &Table<'_>) -> Result<Vec<(Cond, String)>, AdapterError> {
    let mut rules = Vec::new();
    for rule in table.tables("ignore")? {
        rule.known(IGNORE_KEYS)?;
        let when = rule.table("when")?.ok_or_else(|| AdapterError::new(&rule.at("when"), "is missing".to_owned()))?;
        let why = rule.text("why")?.unwrap_or_else(|| "the adapter says that this is not a sale".to_owned());
        rules.push((Cond::parse(&when)?, why));
    }
    Ok(rules)
}

impl Maker {
    /// Of the root table, or of an item's table laid over it.
    fn parse(table: &Table<'_>, root: &Toml, item: bool) -> Result<Self, AdapterError> {
        let mut merged = Toml::new();
        for key in ["fields", "status", "key"] {
            if let Some(value) = root.get(key) {
                merged.insert(key.to_owned(), value.clone());
            }
        }
        if item && let Some(Value::Table(items)) = root.get("items") {
            let mut over = items.clone();
            over.retain(|key, _| ["fields", "status", "key"].contains(&key));
            lay_over(&mut merged, over, "");
        }
        let table = Table::new(&merged, if item { "items" } else { "" }, table.names);
        let mut maker = Self {
            fields: BTreeMap::new(),
            flags: BTreeMap::new(),
            key: key(&table)?,
            status: match table.table("status")? {
                Some(status) => StatusReader::parse(&status)?,
                None => {
                    let problem = "is missing: say how the status is read, or [status] constant = \"pending\"";
                    return Err(AdapterError::new(&table.at("status"), problem.to_owned()));
                }
            },
        };
        let Some(fields) = table.table("fields")? else {
            return Err(AdapterError::new(&table.at("fields"), "is missing: say which field is what".to_owned()));
        };
        fields.known(FIELD_KEYS)?;
        for name in FIELD_KEYS {
            let Some(value) = fields.value(name) else { continue };
            if matches!(*name, "hold" | "locked" | "payable" | "paid") {
                maker.flags.insert((*name).to_owned(), flag(value, &fields, name)?);
            } else {
                maker.fields.insert((*name).to_owned(), Expr::parse(value, &fields.at(name), fields.names)?);
            }
        }
        Ok(maker)
    }
}

fn flag(value: &Value, table: &Table<'_>, name: &str) -> Result<Flag, AdapterError> {
    if let Value::Table(inner) = value
        && inner.contains_key("when")
    {
        let inner = Table::new(inner, table.at(name), table.names);
        inner.known(&["when"])?;
        if let Some(when) = inner.table("when")? {
            return Cond::parse(&when).map(Flag::When);
        }
    }
    Expr::parse(value, &table.at(name), table.names).map(Flag::Words)
}

/// `["a", "b"]` is one key of two parts; `[["a"], ["b", "c"]]` are alternatives, the first complete one counts.
fn key(table: &Table<'_>) -> Result<Vec<Vec<KeyPart>>, AdapterError> {
    let part = |value: &Value, at: &str| match value.as_str() {
        Some(name) if FIELD_KEYS.contains(&name) => Ok(KeyPart::Canonical(name.to_owned())),
        Some(_) | None => Expr::parse(value, at, table.names).map(KeyPart::Made),
    };
    let at = table.at("key");
    let empty = || AdapterError::new(&at, "is empty: list what makes a payment unique".to_owned());
    match table.value("key") {
        None => Ok(vec![vec![KeyPart::Canonical("transaction_id".to_owned())]]),
        Some(Value::Array(list)) if list.is_empty() => Err(empty()),
        Some(Value::Array(list)) if list.iter().all(Value::is_array) => list
            .iter()
            .map(|parts| match parts.as_array() {
                Some(parts) if !parts.is_empty() => parts.iter().map(|value| part(value, &at)).collect(),
                Some(_) | None => Err(empty()),
            })
            .collect(),
        Some(Value::Array(list)) => Ok(vec![list.iter().map(|value| part(value, &at)).collect::<Result<_, _>>()?]),
        Some(other) => Ok(vec![vec![part(other, &at)?]]),
    }
}

fn items(root: &Table<'_>, raw: &Toml) -> Result<Option<Items>, AdapterError> {
    let Some(table) = root.table("items")? else { return Ok(None) };
    table.known(ITEMS_KEYS)?;
    let from = table.text("from")?.ok_or_else(|| {
        AdapterError::new(
            &table.at("from"),
            "is missing: where the list is, as in \"json:/items\" or \"xml:/orders/order\"".to_owned(),
        )
    })?;
    let mut lists = from.split("/*").map(str::to_owned);
    let outermost = lists.next().unwrap_or_default();
    let inner: Vec<String> = lists.collect();
    if inner.iter().any(|path| !path.is_empty() && !path.starts_with('/')) {
        let problem = "a * stands alone between slashes, as in \"json:/orders/*/items\"";
        return Err(AdapterError::new(&table.at("from"), problem.to_owned()));
    }
    let field = FieldRef::parse(&outermost, &table.at("from"), table.names)?;
    let from = match field.place() {
        _ if from.contains("{n}") => ItemsFrom::Numbered(field),
        Place::Xml if !field.is_nested() => ItemsFrom::Xml(field, inner),
        Place::Any
        | Place::Query
        | Place::Form
        | Place::Header
        | Place::Json
        | Place::Xml
        | Place::Item
        | Place::Outer
        | Place::Call => ItemsFrom::Json(field, inner),
    };
    match table.text("mode")?.as_deref() {
        Some("reports") => {
            let maker = Maker::parse(root, raw, true)?;
            Ok(Some(Items::Reports(from, Box::new(maker))))
        }
        Some("lines") => {
            let mut exprs = BTreeMap::new();
            if let Some(fields) = table.table("fields")? {
                let known: Vec<&str> = ITEM_KEYS.iter().copied().filter(|key| *key != "status").collect();
                fields.known(&known)?;
                for name in known {
                    if let Some(value) = fields.value(name) {
                        exprs.insert(name.to_owned(), Expr::parse(value, &fields.at(name), fields.names)?);
                    }
                }
            }
            let status = table.table("status")?.map(|status| StatusReader::parse(&status)).transpose()?;
            Ok(Some(Items::Lines(from, exprs, status.map(Box::new))))
        }
        _ => Err(AdapterError::new(
            &table.at("mode"),
            "must be \"reports\" (each element is a payment) or \"lines\" (elements of one payment)".to_owned(),
        )),
    }
}
