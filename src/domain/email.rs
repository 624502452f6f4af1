//! E-mail addresses as accounts are known by: read once, always written the same way.

use std::fmt;

/// A normalised address: trimmed, lower case, one `@`, nothing that could break out of a mail header.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The text is not an address that mail could be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address; it looks like name@example.com")]
pub struct BadEmail;

impl Email {
    /// Reads an address and brings it to its normal form.
    ///
    /// # Errors
    /// [`BadEmail`] when it has no single `@`, no dot in the host, parts longer than RFC 5321 allows (64 and 254
    /// bytes), or characters that need quoting.
    pub fn parse(text: &str) -> Result<Self, BadEmail> {
        let text = text.trim().to_lowercase();
        let (local, host) = text.split_once('@').ok_or(BadEmail)?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"@,;:<>()[]\\\"".contains(c);
        let lengths = (1..=64).contains(&local.len()) && host.len() >= 3 && text.len() <= 254;
        // What mail servers refuse without quotes (RFC 5321, 4.1.2): such a letter could never go out.
        let dots = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
        let labels = host.contains('.') && host.split('.').all(|label| !label.is_empty());
        if lengths && labels && dots && text.chars().filter(|c| *c != '@').all(plain) && !host.contains('@') {
            return Ok(Self(text));
        }
        Err(BadEmail)
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
/// Shows no address: it may stand in a log.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// An address with most of what stands before the `@` hidden: `a…a@example.com`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, host) = address.split_once('@').unwrap_or((address, ""));
    let ends = (local.chars().next(), local.chars().last().filter(|_| local.chars().count() > 2));
    let shown: String = ends.0.into_iter().chain(['…']).chain(ends.1).collect();
    format!("{shown}@{host}")
}
