//! The browser extension: which stores it may speak of, when it stands down, and the list that tells it so.

pub mod list;
pub mod pack;
pub mod sign;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use pack::Pack;

/// The most prompts of one store in one session.
pub const MOST_PROMPTS: u8 = 10;
/// The most cart paths of one store.
const MOST_PATHS: usize = 20;

crate::text_enum! {
    /// Whether the service has the click of an activation.
    pub enum ActivationState {
        /// Not yet.
        Waiting = "waiting",
        /// It is stored.
        Recorded = "recorded",
    }
}

/// What the extension may do at one store. Nothing, unless somebody said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreExtension {
    /// It may remind of the store at all.
    pub ext: bool,
    /// It may remind on pages of the cart.
    pub cart: bool,
    /// It may mark the store in search results.
    pub serp: bool,
    /// How often it may remind in one session, 0 to 10.
    pub max_prompts: u8,
    /// The stand-down pack of the network that the store is reached through.
    pub network: Option<String>,
    /// Where paths of the cart begin, as in `/cart`.
    pub cart_paths: Vec<String>,
}

impl Default for StoreExtension {
    fn default() -> Self {
        Self { ext: false, cart: false, serp: false, max_prompts: 1, network: None, cart_paths: Vec::new() }
    }
}

/// What to change in a [`StoreExtension`]; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtensionChange {
    /// It may remind of the store at all.
    pub ext: Option<bool>,
    /// It may remind on pages of the cart.
    pub cart: Option<bool>,
    /// It may mark the store in search results.
    pub serp: Option<bool>,
    /// How often it may remind in one session, 0 to 10.
    pub max_prompts: Option<u8>,
    /// The network's stand-down pack; an empty text takes it away.
    pub network: Option<String>,
    /// Where paths of the cart begin.
    pub cart_paths: Option<Vec<String>>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadField {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and how to mend it.
    pub problem: String,
}

impl BadField {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

impl ExtensionChange {
    /// The settings after the change.
    #[must_use]
    pub fn on(&self, old: StoreExtension) -> StoreExtension {
        let network = match &self.network {
            Some(id) => Some(id.clone()).filter(|id| !id.is_empty()),
            None => old.network,
        };
        StoreExtension {
            ext: self.ext.unwrap_or(old.ext),
            cart: self.cart.unwrap_or(old.cart),
            serp: self.serp.unwrap_or(old.serp),
            max_prompts: self.max_prompts.unwrap_or(old.max_prompts),
            network,
            cart_paths: self.cart_paths.clone().unwrap_or(old.cart_paths),
        }
    }
}

impl StoreExtension {
    /// Checks it against the packs that there are.
    ///
    /// # Errors
    /// [`BadField`].
    pub fn check(&self, domains: &[String], packs: &BTreeMap<String, Pack>) -> Result<(), BadField> {
        if self.max_prompts > MOST_PROMPTS {
            return Err(BadField::new("max_prompts", format!("{MOST_PROMPTS} are the most")));
        }
        if self.cart_paths.len() > MOST_PATHS {
            return Err(BadField::new("cart_paths", format!("{MOST_PATHS} are the most")));
        }
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
        for path in &self.cart_paths {
            if !path.starts_with('/') || path.len() < 2 || path.len() > 200 || path.contains(odd) {
                return Err(BadField::new(
                    "cart_paths",
                    format!("{path:?} must be the beginning of a path, as in /cart"),
                ));
            }
        }
        if let Some(pack) = packs.values().find(|pack| self.ext && pack.never_activate && pack.owns(domains)) {
            return Err(BadField::new("ext", format!("{} forbids extensions; leave ext off", pack.id)));
        }
        let Some(id) = &self.network else { return Ok(()) };
        let pack = packs.get(id).ok_or_else(|| {
            let known: Vec<&str> = packs.keys().map(String::as_str).collect();
            BadField::new("network", format!("there is no stand-down pack {id:?}; known: {}", known.join(", ")))
        })?;
        if self.ext && pack.never_activate {
            return Err(BadField::new("network", format!("{id} forbids extensions; leave ext off")));
        }
        Ok(())
    }

    /// Whether the extension may remind of the store, by the store and by its network.
    #[must_use]
    pub fn allows(&self, domains: &[String], packs: &BTreeMap<String, Pack>) -> bool {
        if packs.values().any(|pack| pack.never_activate && pack.owns(domains)) {
            return false;
        }
        let pack = self.network.as_ref().and_then(|id| packs.get(id));
        self.ext && pack.is_none_or(|pack| !pack.never_activate)
    }
}
