//! Conditions: `{ field = "is_chargeback", eq = "1" }`.

use regex::Regex;
use rust_decimal::Decimal;

use super::AdapterError;
use super::expr::{Expr, Scope};
use super::report::Fault;
use super::table::Table;

/// A question about a call.
#[derive(Debug, Clone)]
pub(crate) enum Cond {
    All(Vec<Cond>),
    Any(Vec<Cond>),
    Not(Box<Cond>),
    Test(Expr, Test),
}

/// A question about one value.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Equals(Vec<String>),
    Differs(Vec<String>),
    Prefix(String),
    Suffix(String),
    Contains(String),
    Matches(Regex),
    Present(bool),
    Number(Comparison, Decimal),
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

pub(crate) const COND_KEYS: &[&str] = &[
    "field", "eq", "ne", "in", "not_in", "prefix", "suffix", "contains", "regex", "present", "absent", "negative",
    "positive", "zero", "lt", "le", "gt", "ge", "all", "any", "not",
];

/// A regular expression of bounded size; matching takes linear time.
pub(crate) fn regex(pattern: &str, at: &str) -> Result<Regex, AdapterError> {
    regex::RegexBuilder::new(pattern)
        .size_limit(200_000)
        .build()
        .map_err(|cause| AdapterError::new(at, format!("is not a regular expression: {cause}")))
}

impl Cond {
    /// Every key of the table must hold.
    pub fn parse(table: &Table<'_>) -> Result<Self, AdapterError> {
        table.known(COND_KEYS)?;
        let mut all = Vec::new();
        for inner in table.tables("all")? {
            all.push(Self::parse(&inner)?);
        }
        let any = table.tables("any")?.iter().map(Self::parse).collect::<Result<Vec<_>, _>>()?;
        if table.has("any") {
            all.push(Self::Any(any));
        }
        if let Some(inner) = table.table("not")? {
            all.push(Self::Not(Box::new(Self::parse(&inner)?)));
        }
        let tests = tests(table)?;
        match table.value("field") {
            Some(value) => {
                let field = Expr::parse(value, &table.at("field"), table.names)?;
                if tests.is_empty() {
                    let problem = "says which field but not what about it; add eq, ne, in, prefix, present …";
                    return Err(AdapterError::new(table.place(), problem.to_owned()));
                }
                all.extend(tests.into_iter().map(|test| Self::Test(field.clone(), test)));
            }
            None if !tests.is_empty() => {
                return Err(AdapterError::new(table.place(), "has a test but no field = \"…\"".to_owned()));
            }
            None => {}
        }
        match all.len() {
            0 => Err(AdapterError::new(table.place(), "is an empty condition".to_owned())),
            1 => Ok(all.swap_remove(0)),
            _ => Ok(Self::All(all)),
        }
    }

    /// True when it holds.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, Fault> {
        match self {
            Self::All(list) => every(list, scope, true),
            Self::Any(list) => every(list, scope, false).map(|none| !none),
            Self::Not(inner) => inner.holds(scope).map(|holds| !holds),
            Self::Test(field, test) => {
                let value = field.eval(scope)?;
                test.holds(value.as_ref().map(|value| value.text.as_str()), scope)
            }
        }
    }
}

/// With `wanted` true: do all hold? With false: does none hold?
fn every(list: &[Cond], scope: &Scope<'_>, wanted: bool) -> Result<bool, Fault> {
    for cond in list {
        if cond.holds(scope)? != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

fn tests(table: &Table<'_>) -> Result<Vec<Test>, AdapterError> {
    let mut tests = Vec::new();
    for key in ["eq", "in"] {
        if table.has(key) {
            tests.push(Test::Equals(table.texts(key)?));
        }
    }
    for key in ["ne", "not_in"] {
        if table.has(key) {
            tests.push(Test::Differs(table.texts(key)?));
        }
    }
    tests.extend(table.text("prefix")?.map(Test::Prefix));
    tests.extend(table.text("suffix")?.map(Test::Suffix));
    tests.extend(table.text("contains")?.map(Test::Contains));
    if let Some(pattern) = table.text("regex")? {
        tests.push(Test::Matches(regex(&pattern, &table.at("regex"))?));
    }
    tests.extend(table.flag("present")?.map(Test::Present));
    tests.extend(table.flag("absent")?.map(|absent| Test::Present(!absent)));
    for (key, comparison) in
        [("negative", Comparison::Less), ("positive", Comparison::Greater), ("zero", Comparison::Equal)]
    {
        match table.flag(key)? {
            None => {}
            Some(true) => tests.push(Test::Number(comparison, Decimal::ZERO)),
            Some(false) => {
                return Err(AdapterError::new(&table.at(key), "can only be true; use not = { … }".to_owned()));
            }
        }
    }
    let comparisons = [
        ("lt", Comparison::Less),
        ("le", Comparison::LessOrEqual),
        ("gt", Comparison::Greater),
        ("ge", Comparison::GreaterOrEqual),
    ];
    for (key, comparison) in comparisons {
        if let Some(text) = table.scalar(key)? {
            let number = Decimal::from_str_exact(&text).map_err(|_cause| {
                AdapterError::new(&table.at(key), format!("{text:?} is not a number; write \"0.5\" in quotes"))
            })?;
            tests.push(Test::Number(comparison, number));
        }
    }
    Ok(tests)
}

impl Test {
    fn holds(&self, value: Option<&str>, scope: &Scope<'_>) -> Result<bool, Fault> {
        Ok(match (self, value) {
            (Self::Present(wanted), value) => value.is_some() == *wanted,
            (Self::Differs(words), value) => !value.is_some_and(|value| words.iter().any(|word| word == value)),
            (
                Self::Equals(_)
                | Self::Prefix(_)
                | Self::Suffix(_)
                | Self::Contains(_)
                | Self::Matches(_)
                | Self::Number(_, _),
                None,
            ) => false,
            (Self::Equals(words), Some(value)) => words.iter().any(|word| word == value),
            (Self::Prefix(prefix), Some(value)) => value.starts_with(prefix.as_str()),
            (Self::Suffix(suffix), Some(value)) => value.ends_with(suffix.as_str()),
            (Self::Contains(part), Some(value)) => value.contains(part.as_str()),
            (Self::Matches(pattern), Some(value)) => pattern.is_match(value),
            (Self::Number(comparison, other), Some(value)) => {
                let number = scope.amounts.number(value).map_err(|fault| fault.at("a condition"))?;
                match comparison {
                    Comparison::Less => number < *other,
                    Comparison::LessOrEqual => number <= *other,
                    Comparison::Greater => number > *other,
                    Comparison::GreaterOrEqual => number >= *other,
                    Comparison::Equal => number == *other,
                }
            }
        })
    }
}
