//! A partner's words, codes, flags and signs → our statuses. An unknown word is never guessed.

use std::collections::BTreeMap;

use toml::Value;

use super::AdapterError;
use super::cond::Cond;
use super::expr::{Expr, Scope};
use super::report::{Fault, ReportStatus, Weight};
use super::table::Table;

/// What a partner's status word means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A status of a payment.
    Stands(Standing),
    /// Not a sale; the text says why.
    Ignore(String),
    /// What it means for money is for a person to say; the text says why.
    Wait(String),
}

/// A status with what goes along with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The status.
    pub status: ReportStatus,
    /// Held back after approval.
    pub hold: Option<bool>,
    /// Closed for changes.
    pub locked: Option<bool>,
    /// Ready to be paid.
    pub payable: Option<bool>,
    /// Paid.
    pub paid: Option<bool>,
    /// How it competes without an event time.
    pub weight: Weight,
    /// Why, where the partner's word itself says it.
    pub reason: Option<String>,
}

pub(crate) const STATUS_KEYS: &[&str] = &["field", "constant", "default", "case_sensitive", "map", "rules", "pull"];
pub(crate) const MEANING_KEYS: &[&str] =
    &["status", "ignore", "wait", "hold", "locked", "payable", "paid", "reopens", "last", "reason"];

/// Words → meanings.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordMap {
    words: BTreeMap<String, Meaning>,
    case_sensitive: bool,
}

/// The `[status]` table.
#[derive(Debug, Clone)]
pub(crate) struct StatusReader {
    rules: Vec<(Cond, Meaning)>,
    field: Option<Expr>,
    map: WordMap,
    constant: Option<Meaning>,
    default: Option<Meaning>,
    pub pull: WordMap,
}

fn meaning(value: &Value, table: &Table<'_>, key: &str) -> Result<Meaning, AdapterError> {
    match value {
        Value::String(word) if word == "ignore" => Ok(Meaning::Ignore(format!("{key:?} is not a sale"))),
        Value::String(word) if word == "wait" => Ok(Meaning::Wait(format!("{key:?} is left to a person"))),
        Value::String(_) => Ok(Meaning::Stands(Standing::plain(table.word(key, ReportStatus::Pending)?))),
        Value::Table(inner) => {
            let inner = Table::new(inner, table.at(key), table.names);
            inner.known(MEANING_KEYS)?;
            meaning_of(&inner, None)
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) => {
            let known = "pending, confirmed, declined, reversed, ignore, wait";
            Err(AdapterError::new(&table.at(key), format!("must be one of {known}, or a table with status = \"…\"")))
        }
    }
}

/// A meaning out of a table with `status` or `ignore`.
fn meaning_of(table: &Table<'_>, fallback: Option<ReportStatus>) -> Result<Meaning, AdapterError> {
    if let Some(why) = table.text("ignore")? {
        return Ok(Meaning::Ignore(why));
    }
    if let Some(why) = table.text("wait")? {
        return Ok(Meaning::Wait(why));
    }
    if !table.has("status") && fallback.is_none() {
        let problem = "needs status = \"pending\", \"confirmed\", \"declined\" or \"reversed\", or ignore = \"why\", \
                       or wait = \"why\"";
        return Err(AdapterError::new(table.place(), problem.to_owned()));
    }
    let mut standing = Standing::plain(table.word("status", fallback.unwrap_or(ReportStatus::Pending))?);
    standing.hold = table.flag("hold")?;
    standing.locked = table.flag("locked")?;
    standing.payable = table.flag("payable")?;
    standing.paid = table.flag("paid")?;
    standing.reason = table.text("reason")?;
    let (reopens, last) = (table.flag("reopens")?.unwrap_or(false), table.flag("last")?.unwrap_or(false));
    if reopens && standing.status != ReportStatus::Pending {
        return Err(AdapterError::new(&table.at("reopens"), "goes only with status = \"pending\"".to_owned()));
    }
    if reopens {
        standing.weight = Weight::Settled;
    }
    if last {
        standing.weight = Weight::Last;
    }
    Ok(Meaning::Stands(standing))
}

impl Standing {
    fn plain(status: ReportStatus) -> Self {
        let weight = super::Report::new(status).weight;
        Self { status, hold: None, locked: None, payable: None, paid: None, weight, reason: None }
    }
}

impl WordMap {
    fn parse(table: Option<&Table<'_>>, case_sensitive: bool) -> Result<Self, AdapterError> {
        let mut words = BTreeMap::new();
        let Some(table) = table else { return Ok(Self { words, case_sensitive }) };
        for word in table.keys() {
            if let Some(value) = table.value(word) {
                let meaning = meaning(value, table, word)?;
                let key = if case_sensitive { word.clone() } else { word.to_lowercase() };
                if words.insert(key, meaning).is_some() {
                    let problem = "stands twice when case is ignored; remove one or set status.case_sensitive = true";
                    return Err(AdapterError::new(&table.at(word), problem.to_owned()));
                }
            }
        }
        Ok(Self { words, case_sensitive })
    }

    /// The meaning of a word, surrounding blanks aside.
    pub fn get(&self, word: &str) -> Option<&Meaning> {
        let word = word.trim();
        if self.case_sensitive { self.words.get(word) } else { self.words.get(&word.to_lowercase()) }
    }

    fn known(&self) -> String {
        self.words.keys().cloned().collect::<Vec<_>>().join(", ")
    }
}

impl StatusReader {
    pub fn parse(table: &Table<'_>) -> Result<Self, AdapterError> {
        table.known(STATUS_KEYS)?;
        let case_sensitive = table.flag("case_sensitive")?.unwrap_or(false);
        let mut rules = Vec::new();
        for rule in table.tables("rules")? {
            let mut keys = MEANING_KEYS.to_vec();
            keys.push("when");
            rule.known(&keys)?;
            let when =
                rule.table("when")?.ok_or_else(|| AdapterError::new(&rule.at("when"), "is missing".to_owned()))?;
            rules.push((Cond::parse(&when)?, meaning_of(&rule, None)?));
        }
        let field =
            table.value("field").map(|value| Expr::parse(value, &table.at("field"), table.names)).transpose()?;
        let fixed = |key: &str| table.value(key).map(|value| meaning(value, table, key)).transpose();
        let reader = Self {
            rules,
            field,
            map: WordMap::parse(table.table("map")?.as_ref(), case_sensitive)?,
            constant: fixed("constant")?,
            default: fixed("default")?,
            pull: WordMap::parse(table.table("pull")?.as_ref(), case_sensitive)?,
        };
        reader.checked(table)
    }

    fn checked(self, table: &Table<'_>) -> Result<Self, AdapterError> {
        let problem = match (&self.field, &self.constant) {
            (Some(_), Some(_)) => {
                "has field and constant at once; keep one (unset = [\"status.constant\"] drops the parent's)"
            }
            (Some(_), None) if self.map.words.is_empty() => {
                "names a field but no status.map that says what its words mean"
            }
            (None, None) if self.rules.is_empty() => "needs a field with a map, rules, or constant = \"pending\"",
            (Some(_) | None, Some(_) | None) => return Ok(self),
        };
        Err(AdapterError::new(table.place(), problem.to_owned()))
    }

    /// The status of a message: the first rule that holds, else the field's word, else the constant.
    pub fn read(&self, scope: &Scope<'_>) -> Result<Meaning, Fault> {
        for (cond, meaning) in &self.rules {
            if cond.holds(scope)? {
                return Ok(meaning.clone());
            }
        }
        if let Some(constant) = &self.constant {
            return Ok(constant.clone());
        }
        let word = self.field.as_ref().map_or(Ok(None), |field| field.eval(scope))?;
        match (word, &self.default) {
            (Some(word), _) => self.map.get(&word.text).cloned().ok_or_else(|| {
                let known = self.map.known();
                let detail = format!("{:?} is not in status.map (known: {known}); add it there", word.text);
                Fault::new("status_unknown", detail)
            }),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(Fault::new(
                "status_missing",
                "no rule holds and no status word is there; declare status.default if the partner leaves it out",
            )),
        }
    }
}
