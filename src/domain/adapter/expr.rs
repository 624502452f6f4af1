//! Expressions: how a value is made out of a call's fields.

use std::collections::BTreeMap;

use regex::Regex;
use rust_decimal::Decimal;
use toml::Value;

use super::AdapterError;
use super::amount::AmountFormat;
use super::call::Envelope;
use super::cond::{Cond, regex};
use super::report::{Fault, ReportStatus};
use super::table::{Names, Table, scalar_text};
use super::value::{FieldRef, ItemAt};

/// How a value is made.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Field(FieldRef),
    Const(String),
    NameAfter(FieldRef),
    First(Vec<Expr>),
    Concat { parts: Vec<Expr>, separator: String, skip_absent: bool },
    Calculated(Operation, Vec<Expr>),
    ByStatus { arms: Vec<(ReportStatus, Expr)>, otherwise: Option<Box<Expr>> },
    Case { arms: Vec<(Cond, Expr)>, otherwise: Option<Box<Expr>> },
    Changed { from: Box<Expr>, steps: Vec<Step> },
}

/// Arithmetic over numbers as the partner writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Mul,
    Add,
}

/// One change of a text.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    StripPrefix(String),
    StripSuffix(String),
    After(String),
    Before(String),
    Regex(Regex),
    Lower,
    Upper,
    Map(BTreeMap<String, String>),
    Default(String),
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub envelope: &'a Envelope<'a>,
    pub item: Option<ItemAt<'a>>,
    pub status: Option<ReportStatus>,
    /// How numbers in conditions and calculations are written.
    pub amounts: &'a AmountFormat,
    /// Values exactly as sent, for signatures.
    pub raw: bool,
}

/// A value: text, or a number that was calculated.
#[derive(Debug, Clone)]
pub(crate) struct Val {
    pub text: String,
    pub number: Option<Decimal>,
}

const SOURCES: &[&str] = &["from", "const", "first", "concat", "mul", "add", "by_status", "case", "name_after"];

pub(crate) const EXPR_KEYS: &[&str] = &[
    "from",
    "const",
    "first",
    "concat",
    "mul",
    "add",
    "by_status",
    "case",
    "name_after",
    "separator",
    "skip_absent",
    "else",
    "strip_prefix",
    "strip_suffix",
    "after",
    "before",
    "regex",
    "lower",
    "upper",
    "map",
    "default",
];

pub(crate) const CASE_KEYS: &[&str] = &["when", "then"];

impl Expr {
    /// Text is a field; a list is the first that is present; a table is anything else.
    pub fn parse(value: &Value, at: &str, names: &Names) -> Result<Self, AdapterError> {
        match value {
            Value::String(text) => FieldRef::parse(text, at, names).map(Self::Field),
            Value::Array(list) => Self::list(list, at, names).map(Self::First),
            Value::Table(inner) => Self::table(&Table::new(inner, at, names)),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => Err(AdapterError::new(
                at,
                format!("must name a field, not {}; a fixed value is {{ const = \"…\" }}", value.type_str()),
            )),
        }
    }

    pub fn list(list: &[Value], at: &str, names: &Names) -> Result<Vec<Self>, AdapterError> {
        list.iter().enumerate().map(|(index, value)| Self::parse(value, &format!("{at}[{index}]"), names)).collect()
    }

    fn table(table: &Table<'_>) -> Result<Self, AdapterError> {
        table.known(EXPR_KEYS)?;
        let given: Vec<&str> = SOURCES.iter().copied().filter(|key| table.has(key)).collect();
        let source = match given.as_slice() {
            [one] => *one,
            [] => {
                let problem = format!("needs one of: {}", SOURCES.join(", "));
                return Err(AdapterError::new(table.place(), problem));
            }
            several => {
                let problem =
                    format!("has {} at once; keep one (one may stand inside the other)", several.join(" and "));
                return Err(AdapterError::new(table.place(), problem));
            }
        };
        for (key, owners) in
            [("separator", &["concat"][..]), ("skip_absent", &["concat"]), ("else", &["by_status", "case"])]
        {
            if table.has(key) && !owners.contains(&source) {
                return Err(AdapterError::new(&table.at(key), format!("goes only with {}", owners.join(" or "))));
            }
        }
        let made = Self::source(table, source)?;
        let steps = steps(table)?;
        Ok(if steps.is_empty() { made } else { Self::Changed { from: Box::new(made), steps } })
    }

    fn source(table: &Table<'_>, source: &str) -> Result<Self, AdapterError> {
        let at = table.at(source);
        let value = table.value(source).ok_or_else(|| AdapterError::new(&at, "is missing".to_owned()))?;
        let otherwise = || {
            let value = table.value("else");
            value.map(|value| Self::parse(value, &table.at("else"), table.names).map(Box::new)).transpose()
        };
        let parts = || match value.as_array() {
            Some(list) => Self::list(list, &at, table.names),
            None => Err(AdapterError::new(&at, format!("must be a list, not {}", value.type_str()))),
        };
        match source {
            "const" => scalar_text(value)
                .map(Self::Const)
                .ok_or_else(|| AdapterError::new(&at, "must be a text or a whole number".to_owned())),
            "first" => parts().map(Self::First),
            "concat" => Ok(Self::Concat {
                parts: parts()?,
                separator: table.text("separator")?.unwrap_or_default(),
                skip_absent: table.flag("skip_absent")?.unwrap_or(false),
            }),
            "mul" => parts().map(|parts| Self::Calculated(Operation::Mul, parts)),
            "add" => parts().map(|parts| Self::Calculated(Operation::Add, parts)),
            "by_status" => Ok(Self::ByStatus { arms: by_status(table)?, otherwise: otherwise()? }),
            "case" => Ok(Self::Case { arms: case(table)?, otherwise: otherwise()? }),
            "name_after" => {
                let text = table.text("name_after")?.unwrap_or_default();
                FieldRef::parse(&format!("{text}*"), &at, table.names).map(Self::NameAfter)
            }
            _ => Self::parse(value, &at, table.names),
        }
    }

    /// The value; none when it is absent.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Option<Val>, Fault> {
        match self {
            Self::Field(field) if scope.raw => Ok(field.read_raw(scope.envelope)?.map(Val::text)),
            Self::Field(field) => Ok(field.read(scope.envelope, scope.item)?.map(Val::text)),
            Self::NameAfter(field) => {
                Ok(field.read_star(scope.envelope, scope.item)?.filter(|star| !star.is_empty()).map(Val::text))
            }
            Self::Const(text) => Ok(Some(Val::text(text.clone()))),
            Self::First(list) => first(list, scope),
            Self::Concat { parts, separator, skip_absent } => concat(parts, separator, *skip_absent, scope),
            Self::Calculated(operation, parts) => calculated(*operation, parts, scope),
            Self::ByStatus { arms, otherwise } => {
                let arm = arms.iter().find(|(status, _)| Some(*status) == scope.status).map(|(_, expr)| expr);
                arm.or(otherwise.as_deref()).map_or(Ok(None), |expr| expr.eval(scope))
            }
            Self::Case { arms, otherwise } => {
                for (cond, expr) in arms {
                    if cond.holds(scope)? {
                        return expr.eval(scope);
                    }
                }
                otherwise.as_deref().map_or(Ok(None), |expr| expr.eval(scope))
            }
            Self::Changed { from, steps } => {
                let mut value = from.eval(scope)?;
                for step in steps {
                    value = step.apply(value)?;
                }
                Ok(value.filter(|value| scope.raw || !value.text.is_empty()))
            }
        }
    }

    /// Every field that the expression may read, for hiding secrets.
    pub fn fields<'e>(&'e self, into: &mut Vec<&'e FieldRef>) {
        match self {
            Self::Field(field) | Self::NameAfter(field) => into.push(field),
            Self::Const(_) => {}
            Self::First(list) | Self::Calculated(_, list) | Self::Concat { parts: list, .. } => {
                list.iter().for_each(|expr| expr.fields(into));
            }
            Self::ByStatus { arms, otherwise } => {
                arms.iter().for_each(|(_, expr)| expr.fields(into));
                otherwise.iter().for_each(|expr| expr.fields(into));
            }
            Self::Case { arms, otherwise } => {
                arms.iter().for_each(|(_, expr)| expr.fields(into));
                otherwise.iter().for_each(|expr| expr.fields(into));
            }
            Self::Changed { from, .. } => from.fields(into),
        }
    }
}

fn by_status(table: &Table<'_>) -> Result<Vec<(ReportStatus, Expr)>, AdapterError> {
    let Some(arms) = table.table("by_status")? else { return Ok(Vec::new()) };
    let words: Vec<&str> = ReportStatus::ALL.iter().map(|status| status.as_str()).collect();
    arms.known(&words)?;
    let mut list = Vec::new();
    for status in ReportStatus::ALL {
        if let Some(value) = arms.value(status.as_str()) {
            list.push((*status, Expr::parse(value, &arms.at(status.as_str()), arms.names)?));
        }
    }
    Ok(list)
}

fn case(table: &Table<'_>) -> Result<Vec<(Cond, Expr)>, AdapterError> {
    let mut list = Vec::new();
    for arm in table.tables("case")? {
        arm.known(CASE_KEYS)?;
        let when = arm.table("when")?.ok_or_else(|| AdapterError::new(&arm.at("when"), "is missing".to_owned()))?;
        let then = arm.value("then").ok_or_else(|| AdapterError::new(&arm.at("then"), "is missing".to_owned()))?;
        list.push((Cond::parse(&when)?, Expr::parse(then, &arm.at("then"), arm.names)?));
    }
    Ok(list)
}

fn steps(table: &Table<'_>) -> Result<Vec<Step>, AdapterError> {
    let mut steps = Vec::new();
    steps.extend(table.text("strip_prefix")?.map(Step::StripPrefix));
    steps.extend(table.text("strip_suffix")?.map(Step::StripSuffix));
    steps.extend(table.text("after")?.map(Step::After));
    steps.extend(table.text("before")?.map(Step::Before));
    if let Some(pattern) = table.text("regex")? {
        steps.push(Step::Regex(regex(&pattern, &table.at("regex"))?));
    }
    steps.extend(table.flag("lower")?.filter(|on| *on).map(|_| Step::Lower));
    steps.extend(table.flag("upper")?.filter(|on| *on).map(|_| Step::Upper));
    if table.has("map") {
        steps.push(Step::Map(table.map("map")?));
    }
    steps.extend(table.scalar("default")?.map(Step::Default));
    Ok(steps)
}

fn first(list: &[Expr], scope: &Scope<'_>) -> Result<Option<Val>, Fault> {
    for expr in list {
        let value = expr.eval(scope)?;
        if value.is_some() {
            return Ok(value);
        }
    }
    Ok(None)
}

fn concat(parts: &[Expr], separator: &str, skip: bool, scope: &Scope<'_>) -> Result<Option<Val>, Fault> {
    let mut texts = Vec::new();
    for part in parts {
        match part.eval(scope)? {
            Some(value) => texts.push(value.text),
            None if skip => {}
            None => return Ok(None),
        }
    }
    Ok((!texts.is_empty()).then(|| Val::text(texts.join(separator))))
}

fn calculated(operation: Operation, parts: &[Expr], scope: &Scope<'_>) -> Result<Option<Val>, Fault> {
    let mut result: Option<Decimal> = None;
    for part in parts {
        let Some(value) = part.eval(scope)? else { return Ok(None) };
        let number = value.as_number(part, scope)?;
        let next = match (operation, result) {
            (_, None) => Some(number),
            (Operation::Mul, Some(so_far)) => so_far.checked_mul(number),
            (Operation::Add, Some(so_far)) => so_far.checked_add(number),
        };
        result = Some(next.ok_or_else(|| Fault::new("amount_too_long", "the calculated amount is too large"))?);
    }
    Ok(result.map(|number| Val { text: number.to_string(), number: Some(number) }))
}

impl Val {
    fn text(text: String) -> Self {
        Self { text, number: None }
    }

    /// The number: calculated, a constant (always with a point), or read by the scope's format.
    fn as_number(&self, from: &Expr, scope: &Scope<'_>) -> Result<Decimal, Fault> {
        match (self.number, from) {
            (Some(number), _) => Ok(number),
            (None, Expr::Const(_)) => AmountFormat::default().number(&self.text),
            (
                None,
                Expr::Field(_)
                | Expr::NameAfter(_)
                | Expr::First(_)
                | Expr::Concat { .. }
                | Expr::Calculated(_, _)
                | Expr::ByStatus { .. }
                | Expr::Case { .. }
                | Expr::Changed { .. },
            ) => scope.amounts.number(&self.text),
        }
    }
}

impl Step {
    fn apply(&self, value: Option<Val>) -> Result<Option<Val>, Fault> {
        let Some(value) = value else {
            return Ok(match self {
                Self::Default(text) => Some(Val::text(text.clone())),
                Self::StripPrefix(_)
                | Self::StripSuffix(_)
                | Self::After(_)
                | Self::Before(_)
                | Self::Regex(_)
                | Self::Lower
                | Self::Upper
                | Self::Map(_) => None,
            });
        };
        let text = value.text.as_str();
        Ok(match self {
            Self::StripPrefix(prefix) => text.strip_prefix(prefix.as_str()).map_or(Some(value.clone()), some),
            Self::StripSuffix(suffix) => text.strip_suffix(suffix.as_str()).map_or(Some(value.clone()), some),
            Self::After(mark) => text.split_once(mark.as_str()).and_then(|(_, rest)| some(rest)),
            Self::Before(mark) => text.split_once(mark.as_str()).map_or(Some(value.clone()), |(head, _)| some(head)),
            Self::Regex(pattern) => pattern.captures(text).and_then(|found| {
                let part = found.get(1).or_else(|| found.get(0));
                part.and_then(|part| some(part.as_str()))
            }),
            Self::Lower => some(&text.to_lowercase()),
            Self::Upper => some(&text.to_uppercase()),
            Self::Map(map) => match map.get(text) {
                Some(to) => some(to),
                None => {
                    let known = map.keys().cloned().collect::<Vec<_>>().join(", ");
                    let detail = format!("{text:?} is not in the map (known: {known}); add it to the adapter");
                    return Err(Fault::new("word_not_in_map", detail));
                }
            },
            Self::Default(_) => Some(value),
        })
    }
}

/// Text that a step left; none when nothing is left.
fn some(text: &str) -> Option<Val> {
    (!text.is_empty()).then(|| Val::text(text.to_owned()))
}
