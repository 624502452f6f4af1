//! Reading the configuration: the file, then the environment over it. Whatever is wrong is named by its key
//! and by where it stands.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::Config;
use super::keys::{FILE_VARIABLE, KEYS, Key, Kind, PREFIX};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In this file.
    File(PathBuf),
    /// In this environment variable.
    Variable(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// What is wrong with the configuration. The texts never show a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}: {problem}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The file is not TOML.
    #[error("the configuration file {path} is not valid TOML: {problem}", path = path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        problem: String,
    },
    /// A key or variable that does not exist.
    #[error("unknown key {key} in {source_of}{}", hint(.nearest))]
    Unknown {
        /// As it was written.
        key: String,
        /// Where.
        source_of: Source,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A value that cannot be.
    #[error("{key} in {source_of}: {problem}")]
    Value {
        /// The key.
        key: String,
        /// Where.
        source_of: Source,
        /// What is wrong.
        problem: String,
    },
    /// A value that was read and turned out to be of no use.
    #[error("{key}: {problem}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The file with the master key.
    #[error("the master key file {path} (secrets.master_key_file): {problem}", path = path.display())]
    MasterKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(|| "; see `kopilka config` for all of them".to_owned(), |name| format!("; did you mean {name}?"))
}

impl ConfigError {
    pub(super) fn key(key: &'static str, problem: impl fmt::Display) -> Self {
        Self::Key { key, problem: problem.to_string() }
    }
}

impl Config {
    /// Reads `path` (or, without one, what `KOPILKA_CONFIG` names, or `./kopilka.toml` when it exists), with
    /// `variables` over it. Only variables that begin with `KOPILKA_` are looked at.
    ///
    /// # Errors
    /// [`ConfigError`], which names the key and the file or variable.
    pub fn load<I>(path: Option<&Path>, variables: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (OsString, OsString)>,
    {
        let variables = ours(variables)?;
        let named = variables.iter().find(|(name, _)| name == FILE_VARIABLE).map(|(_, value)| PathBuf::from(value));
        let file = path.map(Path::to_path_buf).or(named);
        let default = PathBuf::from("kopilka.toml");
        let mut found = Vec::new();
        if let Some(file) = file.or_else(|| default.exists().then_some(default)) {
            read_file(&file, &mut found)?;
        }
        for (name, value) in variables.iter().filter(|(name, _)| name != FILE_VARIABLE) {
            found.push(read_variable(name, value)?);
        }
        build(found)
    }
}

/// One value that was found.
struct Found {
    key: &'static Key,
    value: toml::Value,
    source: Source,
}

fn ours<I>(variables: I) -> Result<Vec<(String, String)>, ConfigError>
where
    I: IntoIterator<Item = (OsString, OsString)>,
{
    let mut kept = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let value = value.into_string().map_err(|_not_utf8| ConfigError::Value {
            key: name.to_owned(),
            source_of: Source::Variable(name.to_owned()),
            problem: "is not UTF-8".to_owned(),
        })?;
        kept.push((name.to_owned(), value));
    }
    // The environment has no order; errors should.
    kept.sort();
    Ok(kept)
}

fn read_file(path: &Path, found: &mut Vec<Found>) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConfigError::Unreadable { path: path.to_path_buf(), problem: cause.to_string() })?;
    // Only the message and the place: the rendered form quotes the line, which may hold a secret.
    let table: toml::Table = text.parse().map_err(|cause: toml::de::Error| {
        let line =
            cause.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.lines().count().max(1));
        ConfigError::NotToml { path: path.to_path_buf(), problem: format!("line {line}: {}", cause.message()) }
    })?;
    flatten("", table, path, found)
}

fn flatten(prefix: &str, table: toml::Table, path: &Path, found: &mut Vec<Found>) -> Result<(), ConfigError> {
    for (name, value) in table {
        let full = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        let source = Source::File(path.to_path_buf());
        if let Some(key) = KEYS.iter().find(|key| key.path == full) {
            found.push(Found { key, value, source });
        } else if KEYS.iter().any(|key| key.path.strip_prefix(&full).is_some_and(|rest| rest.starts_with('.'))) {
            let toml::Value::Table(inner) = value else {
                let problem = format!("is a section: write [{full}] and its keys below");
                return Err(ConfigError::Value { key: full, source_of: source, problem });
            };
            flatten(&full, inner, path, found)?;
        } else {
            let nearest = nearest(&full, KEYS.iter().map(|key| key.path.to_owned()));
            return Err(ConfigError::Unknown { key: full, source_of: source, nearest });
        }
    }
    Ok(())
}

fn read_variable(name: &str, text: &str) -> Result<Found, ConfigError> {
    let source = Source::Variable(name.to_owned());
    let Some(key) = KEYS.iter().find(|key| key.variable() == name) else {
        let known = KEYS.iter().map(Key::variable).chain([FILE_VARIABLE.to_owned()]);
        return Err(ConfigError::Unknown { key: name.to_owned(), source_of: source, nearest: nearest(name, known) });
    };
    let as_toml = || format!("value = {text}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("value"));
    let value = match key.kind {
        Kind::Text => Some(toml::Value::String(text.to_owned())),
        Kind::Plain => as_toml(),
        Kind::List => as_toml().filter(toml::Value::is_array).or_else(|| Some(comma_separated(text))),
    };
    let problem = "is neither a number nor true or false".to_owned();
    let value =
        value.ok_or_else(|| ConfigError::Value { key: key.path.to_owned(), source_of: source.clone(), problem })?;
    Ok(Found { key, value, source })
}

fn comma_separated(text: &str) -> toml::Value {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    toml::Value::Array(parts.map(|part| toml::Value::String(part.to_owned())).collect())
}

/// Each value is tried alone first, so that the one that is wrong can be named.
fn build(found: Vec<Found>) -> Result<Config, ConfigError> {
    let mut whole = toml::Table::new();
    for Found { key, value, source } in found {
        let wrong =
            |problem: String| ConfigError::Value { key: key.path.to_owned(), source_of: source.clone(), problem };
        let mut alone = toml::Table::new();
        put(&mut alone, key.path, value.clone());
        let config = alone.try_into::<Config>().map_err(|cause| wrong(cause.message().trim().to_owned()))?;
        check(&config).map_err(|problem| wrong(problem.to_owned()))?;
        put(&mut whole, key.path, value);
    }
    whole.try_into().map_err(|cause| ConfigError::key("configuration", cause))
}

fn put(table: &mut toml::Table, path: &str, value: toml::Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// What a type alone does not say. Only one value differs from its default here.
fn check(config: &Config) -> Result<(), &'static str> {
    let url = &config.public_url;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("must be an http:// or https:// address");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("must be an address without a path: https://cashback.example");
    }
    let database = config.database.url.expose();
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| database.starts_with(scheme)) {
        return Err("must begin with sqlite: or postgres://, for example sqlite:kopilka.db");
    }
    if !(1..=256).contains(&config.database.readers) {
        return Err("must be from 1 to 256");
    }
    if !(1..=8192).contains(&config.database.batch) {
        return Err("must be from 1 to 8192");
    }
    if !(1..=16).contains(&config.database.click_writers) {
        return Err("must be from 1 to 16");
    }
    if config
        .secrets
        .master_key
        .as_ref()
        .is_some_and(|key| crate::base::secret::MasterKey::from_hex(key.expose()).is_err())
    {
        return Err("must be 64 hexadecimal digits (32 bytes)");
    }
    let counts = [
        config.links.ttl_hours,
        config.clicks.retention_days,
        config.limits.sign_in_per_minute,
        config.claims.answer_days,
    ];
    let more = [config.limits.links_per_minute, config.limits.payouts_per_hour, config.limits.refused_kept_per_minute];
    if counts.iter().chain(&more).any(|count| *count == 0) {
        return Err("must be 1 or more");
    }
    if config.accounts.unconfirmed_days < 2 {
        return Err("must be 2 or more");
    }
    config.stream.check()?;
    let smtp = config.mail.smtp.as_ref().map(|server| server.expose());
    if smtp.is_some_and(|server| !["smtp://", "smtps://"].iter().any(|scheme| server.starts_with(scheme))) {
        return Err("must begin with smtps:// or smtp://, for example smtps://user:password@mail.example");
    }
    if config.mail.from.as_ref().is_some_and(|from| from.parse::<lettre::message::Mailbox>().is_err()) {
        return Err("must be a name and an address: Kopilka <cashback@example.org>");
    }
    if config.log.level.parse::<tracing_subscriber::filter::Targets>().is_err() {
        return Err("must be error, warn, info, debug or trace, or a list such as info,kopilka::http=debug");
    }
    Ok(())
}

/// The known name that takes the fewest changes of a letter, unless that is most of it.
fn nearest(written: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let scored = known.map(|name| (strsim::levenshtein(&written.to_lowercase(), &name.to_lowercase()), name));
    scored.min().filter(|(changes, name)| *changes * 3 <= name.len()).map(|(_, name)| name)
}
