//! `extends`: a description laid over its parent's, table by table.

use toml::{Table as Toml, Value};

use super::AdapterError;

/// How many parents a description may have above it.
const MAX_PARENTS: usize = 8;

/// Tables that are merged key by key. Everything else (an expression, `auth`, a list) replaces the parent's whole.
const MERGED: &[&str] = &[
    "envelope",
    "names",
    "fields",
    "status",
    "status.map",
    "status.pull",
    "amounts",
    "amounts.order_amount",
    "amounts.commission",
    "amounts.customer_amount",
    "currency",
    "currency.map",
    "time",
    "items",
    "items.fields",
    "items.status",
    "items.status.map",
    "answer",
    "answer.applied",
    "answer.unchanged",
    "answer.superseded",
    "answer.ignored",
    "answer.held",
    "answer.refused",
    "answer.because",
    "outbound",
];

/// The description with all its parents merged in.
pub(crate) fn resolve(text: &str, parent: &dyn Fn(&str) -> Option<String>) -> Result<Toml, AdapterError> {
    let mut chain = vec![parse(text)?];
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = chain.last().map(extends).transpose()?.flatten() {
        if seen.contains(&name) || chain.len() > MAX_PARENTS {
            return Err(AdapterError::new(
                "extends",
                format!("{name:?} comes round in a circle, or the chain is too long"),
            ));
        }
        let text = parent(&name).ok_or_else(|| {
            AdapterError::new("extends", format!("no adapter is called {name:?}; name a preset or another adapter"))
        })?;
        chain.push(parse(&text).map_err(|cause| cause.inside(&name))?);
        seen.push(name);
    }
    let mut merged = chain.pop().unwrap_or_default();
    while let Some(child) = chain.pop() {
        for path in unset(&child)? {
            remove(&mut merged, &path);
        }
        lay_over(&mut merged, child, "");
    }
    merged.remove("extends");
    merged.remove("unset");
    Ok(merged)
}

fn parse(text: &str) -> Result<Toml, AdapterError> {
    text.parse::<Toml>().map_err(|cause| AdapterError::new("the adapter", format!("is not TOML: {cause}")))
}

fn extends(table: &Toml) -> Result<Option<String>, AdapterError> {
    match table.get("extends") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err(AdapterError::new("extends", "must be the name of an adapter in quotes".to_owned())),
    }
}

fn unset(table: &Toml) -> Result<Vec<String>, AdapterError> {
    let problem = || AdapterError::new("unset", "must be a list of keys, as in [\"status.constant\"]".to_owned());
    match table.get("unset") {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => {
            list.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(problem)).collect()
        }
        Some(_) => Err(problem()),
    }
}

fn remove(table: &mut Toml, path: &str) {
    match path.split_once('.') {
        None => {
            table.remove(path);
        }
        Some((head, rest)) => {
            if let Some(Value::Table(inner)) = table.get_mut(head) {
                remove(inner, rest);
            }
        }
    }
}

/// Lays `over` upon `under`. Also merges an item's tables over the message's.
pub(crate) fn lay_over(under: &mut Toml, over: Toml, at: &str) {
    // A status is read from a field or is constant: whichever the child declares takes the other's place.
    if at == "status" || at == "items.status" {
        for (given, other) in [("field", "constant"), ("constant", "field")] {
            if over.contains_key(given) && !over.contains_key(other) {
                under.remove(other);
            }
        }
    }
    for (key, value) in over {
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match (under.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if MERGED.contains(&path.as_str()) => {
                lay_over(below, above, &path);
            }
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
