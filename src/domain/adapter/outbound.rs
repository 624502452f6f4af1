//! How our links carry the click to the partner, and whether a store's link does.

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::AdapterError;
use super::table::Table;

pub(crate) const OUTBOUND_KEYS: &[&str] = &["example", "click_param", "deep_link_param", "postback_example", "notes"];

/// How deep addresses may stand in the parameters of addresses.
const DEEPEST: usize = 3;

/// The `[outbound]` table: how our link carries the click to the partner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbound {
    /// A landing URL template with `{click}` and `{deep_link}`.
    pub example: Option<String>,
    /// The parameters that the click may be in, so that it comes back where the adapter reads it.
    pub click_params: Vec<String>,
    /// The parameter that carries the deep link.
    pub deep_link_param: Option<String>,
    /// The postback URL to enter at the partner, with its macros.
    pub postback_example: Option<String>,
    /// What to know.
    pub notes: Vec<String>,
}

impl Outbound {
    pub(crate) fn parse(table: &Table<'_>) -> Result<Self, AdapterError> {
        table.known(OUTBOUND_KEYS)?;
        Ok(Self {
            example: table.text("example")?,
            click_params: table.texts("click_param")?,
            deep_link_param: table.text("deep_link_param")?,
            postback_example: table.text("postback_example")?,
            notes: table.texts("notes")?,
        })
    }

    /// What is wrong with a landing template: where it carries the click instead. None when it is right, or when the
    /// adapter does not say where the click has to be.
    #[must_use]
    pub fn misplaced_click(&self, template: &str) -> Option<String> {
        let found = carriers(template, 0);
        if self.click_params.is_empty() || found.iter().any(|name| self.click_params.contains(name)) {
            return None;
        }
        let carried = if found.is_empty() { "its path".to_owned() } else { found.join(" in ") };
        Some(format!("carries {{click}} in {carried}, not in {}", self.click_params.join(" or ")))
    }
}

/// The names of what holds `{click}`: a parameter, also of an address inside a parameter, or a segment of the path
/// such as `pubref:{click}`.
fn carriers(template: &str, depth: usize) -> Vec<String> {
    let (address, fragment) = template.split_once('#').unwrap_or((template, ""));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut found = Vec::new();
    for segment in path.split('/').filter(|segment| segment.contains("{click}")) {
        let named = segment.split([';', ',']).filter(|part| part.contains("{click}"));
        found.extend(named.filter_map(|part| part.split_once([':', '='])).map(|(name, _)| name.to_owned()));
    }
    for text in [query, fragment] {
        for (name, value) in form_urlencoded::parse(text.as_bytes()).filter(|(_, value)| value.contains("{click}")) {
            found.push(name.into_owned());
            if value.contains(['?', '/']) && depth < DEEPEST {
                found.extend(carriers(&value, depth.saturating_add(1)));
            }
        }
    }
    // An address that is encoded as a whole in the path.
    if found.is_empty() && path.contains('%') && depth < DEEPEST {
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        if decoded != path {
            found.extend(carriers(&decoded, depth.saturating_add(1)));
        }
    }
    found
}
