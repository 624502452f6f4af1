//! Reading TOML tables so that every mistake is named with its key and the way to mend it.

use std::collections::BTreeMap;

use toml::Value;

use super::AdapterError;

/// Renamed fields of the whole adapter (`[names]`): vendor's name → the name in our calls.
pub(crate) type Names = BTreeMap<String, String>;

/// A table of the description, with its place in it.
#[derive(Clone)]
pub(crate) struct Table<'a> {
    inner: &'a toml::Table,
    at: String,
    pub names: &'a Names,
}

/// Text of a plain value.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

fn wrong(at: &str, wanted: &str, value: &Value) -> AdapterError {
    AdapterError::new(at, format!("must be {wanted}, not {}", value.type_str()))
}

impl<'a> Table<'a> {
    pub fn new(inner: &'a toml::Table, at: impl Into<String>, names: &'a Names) -> Self {
        Self { inner, at: at.into(), names }
    }

    /// The place of `key`, as in `fields.commission`.
    pub fn at(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    /// The place of the table itself.
    pub fn place(&self) -> &str {
        if self.at.is_empty() { "the adapter" } else { &self.at }
    }

    /// Refuses any key that is not listed.
    pub fn known(&self, keys: &[&str]) -> Result<(), AdapterError> {
        match self.inner.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                // Easily done in TOML: what stands below a [table] belongs to that table.
                let lost = !self.at.is_empty() && super::schema::TOP_KEYS.contains(&key.as_str());
                if lost {
                    let problem = format!("belongs to the adapter itself: write {key} above the first [table]");
                    return Err(AdapterError::new(&self.at(key), problem));
                }
                let hint = nearest(key, keys).map(|near| format!("did you mean {near:?}? ")).unwrap_or_default();
                Err(AdapterError::new(&self.at(key), format!("unknown key; {hint}known here: {}", keys.join(", "))))
            }
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a String> {
        self.inner.keys()
    }

    pub fn has(&self, key: &str) -> bool {
        self.inner.contains_key(key)
    }

    pub fn value(&self, key: &str) -> Option<&'a Value> {
        self.inner.get(key)
    }

    pub fn text(&self, key: &str) -> Result<Option<String>, AdapterError> {
        match self.inner.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(wrong(&self.at(key), "a text in quotes", other)),
        }
    }

    /// Text, a whole number or true/false, as text.
    pub fn scalar(&self, key: &str) -> Result<Option<String>, AdapterError> {
        self.inner
            .get(key)
            .map(|value| scalar_text(value).ok_or_else(|| wrong(&self.at(key), "a text or a whole number", value)))
            .transpose()
    }

    pub fn flag(&self, key: &str) -> Result<Option<bool>, AdapterError> {
        match self.inner.get(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(*flag)),
            Some(other) => Err(wrong(&self.at(key), "true or false", other)),
        }
    }

    /// A list of plain values; a single one counts as a list of one.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, AdapterError> {
        match self.inner.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list
                .iter()
                .map(|value| scalar_text(value).ok_or_else(|| wrong(&self.at(key), "a list of texts", value)))
                .collect(),
            Some(value) => {
                scalar_text(value).map(|text| vec![text]).ok_or_else(|| wrong(&self.at(key), "a list of texts", value))
            }
        }
    }

    pub fn table(&self, key: &str) -> Result<Option<Table<'a>>, AdapterError> {
        match self.inner.get(key) {
            None => Ok(None),
            Some(Value::Table(inner)) => Ok(Some(Table::new(inner, self.at(key), self.names))),
            Some(other) => Err(wrong(&self.at(key), "a table", other)),
        }
    }

    /// A list of tables; a single one counts as a list of one.
    pub fn tables(&self, key: &str) -> Result<Vec<Table<'a>>, AdapterError> {
        match self.inner.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Table(inner)) => Ok(vec![Table::new(inner, self.at(key), self.names)]),
            Some(Value::Array(list)) => list
                .iter()
                .enumerate()
                .map(|(index, value)| match value {
                    Value::Table(inner) => Ok(Table::new(inner, format!("{}[{index}]", self.at(key)), self.names)),
                    Value::String(_)
                    | Value::Integer(_)
                    | Value::Float(_)
                    | Value::Boolean(_)
                    | Value::Datetime(_)
                    | Value::Array(_) => Err(wrong(&self.at(key), "a list of tables", value)),
                })
                .collect(),
            Some(other) => Err(wrong(&self.at(key), "a list of tables", other)),
        }
    }

    /// A table of plain texts.
    pub fn map(&self, key: &str) -> Result<BTreeMap<String, String>, AdapterError> {
        let Some(table) = self.table(key)? else { return Ok(BTreeMap::new()) };
        let mut map = BTreeMap::new();
        for name in table.keys() {
            map.insert(name.clone(), table.scalar(name)?.unwrap_or_default());
        }
        Ok(map)
    }

    /// A word of a text enum.
    pub fn word<T>(&self, key: &str, default: T) -> Result<T, AdapterError>
    where
        T: std::str::FromStr<Err = crate::base::text_enum::UnknownWord>,
    {
        match self.scalar(key)? {
            None => Ok(default),
            Some(word) => word.parse().map_err(|cause| AdapterError::new(&self.at(key), format!("{cause}"))),
        }
    }
}

/// The known key that differs least, when it is near.
fn nearest<'k>(key: &str, keys: &[&'k str]) -> Option<&'k str> {
    let near = keys.iter().map(|known| (strsim::levenshtein(key, known), *known)).min()?;
    (near.0 <= 2).then_some(near.1)
}
