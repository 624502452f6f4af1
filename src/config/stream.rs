//! What one process does, and the replicated log of clicks that stands between redirects and the database.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Config, ConfigError};
use crate::base::secret::Secret;

crate::text_enum! {
    /// What a server does.
    pub enum ServerRole {
        /// Everything.
        All = "all",
        /// Tracking links alone; clicks go into the stream.
        Redirect = "redirect",
    }
}

/// `[stream]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stream {
    /// `nats://host:port` or `tls://host:port`, several of one cluster. Empty: there is no stream.
    pub servers: Vec<String>,
    /// Whom to sign in as.
    pub user: Option<String>,
    /// Its password; without a user it is sent as a token.
    pub password: Option<Secret>,
    /// Certificates (PEM) that the servers' TLS is checked with, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// What the stream is called.
    pub name: String,
    /// On how many servers each click is kept: 1 or 3.
    pub replicas: u8,
    /// Whether `serve --role all` moves clicks from the stream into the database too.
    pub consume: bool,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            user: None,
            password: None,
            ca_file: None,
            name: "kopilka-clicks".to_owned(),
            replicas: 3,
            consume: false,
        }
    }
}

impl Stream {
    /// What is wrong with it, if anything is.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let known = |server: &String| server.starts_with("nats://") || server.starts_with("tls://");
        if !self.servers.iter().all(known) {
            return Err("must be addresses that begin with nats:// or tls://");
        }
        // Such an address would stand in the log.
        if self.servers.iter().any(|server| server.contains('@')) {
            return Err("must be addresses without a password: it has the key stream.password");
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return Err("must be 1 to 64 letters, digits, - and _");
        }
        if self.replicas != 1 && self.replicas != 3 {
            return Err("must be 1 or 3");
        }
        Ok(())
    }
}

impl Config {
    /// The stream, for those who cannot do without.
    ///
    /// # Errors
    /// [`ConfigError`] that names `stream.servers` and says what asks for it.
    pub fn stream_for(&self, what: &str) -> Result<&Stream, ConfigError> {
        if self.stream.servers.is_empty() {
            return Err(ConfigError::key("stream.servers", format!("is empty, and {what} needs a stream of clicks")));
        }
        Ok(&self.stream)
    }
}
