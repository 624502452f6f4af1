//! What the fields of a store and a partner may hold. Pure; each error names the field and how to mend it.

use std::collections::BTreeMap;

use url::{Host, Url};

use crate::domain::extension::StoreExtension;
use crate::domain::extension::pack::Pack;
use crate::domain::suffix::is_public_suffix;
use crate::service::{Outcome, ServiceError};

/// The most domains or categories that a store has.
const MOST_WORDS: usize = 50;

/// A name in URLs: 1 to 64 of a-z, 0-9 and `-`.
///
/// # Errors
/// [`ServiceError::Invalid`] for `field`.
pub fn check_slug(field: &str, slug: &str) -> Outcome<()> {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=64).contains(&slug.len()) && slug.bytes().all(known) {
        return Ok(());
    }
    Err(ServiceError::invalid(field, format!("{slug:?} must be 1 to 64 characters of a-z, 0-9 and -")))
}

/// A name for people: 1 to 100 characters, without blanks around it.
///
/// # Errors
/// [`ServiceError::Invalid`] for `name`.
pub fn check_name(name: &str) -> Outcome<String> {
    let name = name.trim();
    if (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(ServiceError::invalid("name", "must have 1 to 100 characters on one line"))
}

fn web_address(field: &str, text: &str) -> Outcome<Url> {
    let wrong =
        || ServiceError::invalid(field, format!("{text:?} must be an address that begins with https:// or http://"));
    if text.len() > 2000 {
        return Err(ServiceError::invalid(field, "must have at most 2000 characters"));
    }
    let url = Url::parse(text).map_err(|_cause| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if plain && url.host_str().is_some() { Ok(url) } else { Err(wrong()) }
}

/// The store's own home page.
pub(super) fn check_home_url(text: &str) -> Outcome<()> {
    web_address("home_url", text).map(drop)
}

/// The site of whoever wants to be a partner.
///
/// # Errors
/// [`ServiceError::Invalid`] for `site`.
pub fn check_site(text: &str) -> Outcome<()> {
    web_address("site", text).map(drop)
}

/// Host names of at least two labels, in lower case and in punycode; repeated ones are dropped.
pub(super) fn check_domains(domains: &[String]) -> Outcome<Vec<String>> {
    if domains.is_empty() || domains.len() > MOST_WORDS {
        return Err(ServiceError::invalid("domains", format!("give 1 to {MOST_WORDS} domains of the store")));
    }
    let mut checked: Vec<String> = Vec::new();
    for domain in domains {
        check_domain(domain)?;
        if !checked.contains(domain) {
            checked.push(domain.clone());
        }
    }
    Ok(checked)
}

fn check_domain(domain: &str) -> Outcome<()> {
    let wrong = |problem: String| Err(ServiceError::invalid("domains", problem));
    let normal = match Host::parse(domain) {
        Ok(Host::Domain(normal)) => normal,
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => {
            return wrong(format!(
                "{domain:?} is not a host name; write it as shop.example, without https:// and path"
            ));
        }
    };
    if normal != domain {
        return wrong(format!("{domain:?} must be written {normal:?}"));
    }
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(known);
    if domain.len() > 253 || domain.split('.').count() < 2 || !domain.split('.').all(label) {
        return wrong(format!("{domain:?} must have at least two parts, as in shop.example"));
    }
    if is_public_suffix(domain) {
        return wrong(format!(
            "{domain:?} is a public suffix: many sites that are not the store's; name the store's own"
        ));
    }
    Ok(())
}

/// Where a click leads: a template with `{click}` exactly once, and not in the host.
pub(super) fn check_landing_url(template: &str) -> Outcome<()> {
    check_template("landing_url", template, false)
}

/// Where a click with a deep link leads: a template with `{click}` and `{deep_link}`.
pub(super) fn check_deep_link_url(template: &str) -> Outcome<()> {
    check_template("deep_link_url", template, true)
}

fn check_template(field: &str, template: &str, deep: bool) -> Outcome<()> {
    let wrong = |problem: &str| Err(ServiceError::invalid(field, problem));
    if template.matches("{click}").count() != 1 {
        return wrong("must contain {click} exactly once, where the partner takes the sub-id");
    }
    if template.matches("{deep_link}").count() != usize::from(deep) {
        return wrong(if deep {
            "must contain {deep_link} exactly once, where the partner takes the page to open"
        } else {
            "must not contain {deep_link}: that belongs into deep_link_url"
        });
    }
    let filled = |click: &str| template.replace("{click}", click).replace("{deep_link}", click);
    if filled("").contains(['{', '}']) {
        return wrong("knows no placeholder but {click} and {deep_link}");
    }
    let (one, other) = (web_address(field, &filled("a"))?, web_address(field, &filled("b"))?);
    if one.origin() != other.origin() {
        return wrong("must not have a placeholder in the host");
    }
    Ok(())
}

/// Words for the catalogue: each 1 to 60 characters.
pub(super) fn check_categories(categories: &[String]) -> Outcome<Vec<String>> {
    let mut checked: Vec<String> = Vec::new();
    for category in categories.iter().map(|category| category.trim()) {
        if !(1..=60).contains(&category.chars().count()) || category.chars().any(char::is_control) {
            return Err(ServiceError::invalid("categories", "each must have 1 to 60 characters on one line"));
        }
        if !checked.iter().any(|known| known == category) {
            checked.push(category.to_owned());
        }
    }
    if checked.len() > MOST_WORDS {
        return Err(ServiceError::invalid("categories", format!("{MOST_WORDS} are the most")));
    }
    Ok(checked)
}

/// A list of words as the database keeps it.
pub(super) fn words(list: &[String]) -> Outcome<String> {
    serde_json::to_string(list).map_err(ServiceError::internal)
}

/// What the extension may do, checked against the packs that there are, as the database keeps it.
pub(super) fn extension(
    wanted: &StoreExtension,
    domains: &[String],
    packs: &BTreeMap<String, Pack>,
) -> Outcome<String> {
    wanted.check(domains, packs).map_err(|bad| ServiceError::invalid(bad.field, bad.problem))?;
    serde_json::to_string(wanted).map_err(ServiceError::internal)
}
