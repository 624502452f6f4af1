//! Names that nobody owns alone: `com`, `co.uk`, `github.io` (the Public Suffix List, with its private part).

/// The label before the public suffix: `amazon` of `www.amazon.co.uk`.
#[must_use]
pub fn own_label(host: &str) -> Option<&str> {
    psl::domain_str(host)?.split('.').next()
}

/// Whether a host name, in lower case and punycode, is a public suffix. A store cannot be recognised by one: it would be
/// every site below it.
#[must_use]
pub fn is_public_suffix(host: &str) -> bool {
    psl::suffix_str(host) == Some(host)
}
